"""The pieces of benchmarks/sources.py, over a few papers: that it measures what it says it does."""

import pytest

from benchmarks import sources
from benchmarks.sources_load import ANSWERS
from digest.sources.registry import KINDS


def test_every_kind_of_source_has_a_big_answer() -> None:
    assert set(ANSWERS) == set(KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ANSWERS)
def test_a_kind_is_read_beside_the_bare_parser(kind: str) -> None:
    if kind not in KINDS:
        pytest.skip(f"{kind} is no kind of source")
    assert "times its CPU" in sources.reading(kind, 20, 1)


@pytest.mark.slow
def test_a_long_list_is_read_over_http_to_its_end() -> None:
    with sources.serving() as url:
        taken = sources.stream(url, 2_000)
    assert taken.done["records"] == 2_000
    assert round(taken.megabytes) >= taken.done["MiB at a tenth"] > 10
