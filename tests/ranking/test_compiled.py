import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from digest.ranking.bisection import first_from
from digest.ranking.compiled import COMPILED, column, compiled, plain, results, scratch, shared
from digest.ranking.fanout import warm
from digest.ranking.picking import choose_range

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
needs_numba = pytest.mark.skipif(not COMPILED, reason="numba is not installed")


@needs_numba
def test_a_plain_kernel_calls_only_plain_kernels() -> None:
    called: list[Callable[..., object]] = [plain(choose_range)]
    for kernel in called:
        assert not hasattr(kernel, "py_func")
        names = [kernel.__globals__.get(name) for name in kernel.__code__.co_names]
        assert not any(hasattr(value, "py_func") for value in names)
        called += [
            value
            for value in names
            if callable(value) and value not in called and hasattr(value, "__code__")
        ]
    assert len(called) > 10


def test_a_kernel_takes_arrays_compiled_and_lists_plain() -> None:
    papers = np.array([1, 3, 7], np.uint32)
    for paper, place in [(0, 0), (1, 0), (2, 1), (7, 2), (8, 3)]:
        assert first_from(shared(papers, fast=COMPILED), 0, 3, paper) == place
        assert plain(first_from)(shared(papers, fast=False), 0, 3, paper) == place


def test_columns_are_no_copies_and_results_are_written_through() -> None:
    numbers = np.arange(6)
    view = column(numbers[::2], fast=False)
    numbers[2] = 40
    assert [view[at] for at in range(len(view))] == [0, 40, 4]
    results(numbers, fast=False)[0] = 7
    assert numbers[0] == 7
    zeros = scratch(2, np.int32, fast=False)
    zeros[1:][0] = 3
    assert [zeros[0], zeros[1]] == [0, 3]


@needs_numba
def test_what_is_shared_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        column(np.arange(3), fast=True)[0] = 1


def test_a_function_works_where_there_is_nowhere_to_keep_it() -> None:
    # Of a function made from a string, numba cannot tell which file its code would lie beside.
    names: dict[str, Callable[[int], int]] = {}
    exec("def twice(n):\n    return 2 * n", names)  # noqa: S102
    assert compiled(names["twice"])(21) == 42


@pytest.mark.slow
def test_without_compiling_everything_still_works() -> None:
    script = (
        "from digest.ranking.fanout import warm; warm(); import sys;"
        "from digest.ranking.compiled import COMPILED; print(COMPILED, 'numba' in sys.modules)"
    )
    env = os.environ | {"DIGEST_COMPILED": "off"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False False\n"


@needs_numba
@pytest.mark.slow
def test_a_warm_worker_compiles_nothing_more() -> None:
    warm()
    before = len(choose_range.signatures)  # type: ignore[attr-defined]
    warm()
    assert len(choose_range.signatures) == before == 1  # type: ignore[attr-defined]
