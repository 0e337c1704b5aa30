"""Ranking speed and memory beside other engines: ./run.sh bench ranking [READERS].

A thousand papers for up to a million readers, from the texts to everybody's list. The baselines are
loops over the same readers in the same run. READERS limits the largest size, for a quick look.
"""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from math import log
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

from benchmarks.ranking_engine import (
    STAGES,
    THREADS,
    Measured,
    Spent,
    Stages,
    growth,
    measure,
    total,
)
from benchmarks.ranking_load import DAY, missing
from benchmarks.ranking_rivals import LIBRARIES, Loop, loops

ROUNDS = 3
SMALL, MEDIUM, LARGE = 10_000, 100_000, 1_000_000
PAPERS, READERS_OF_PAPERS = (125, 1_000, 8_000), 200_000
PATIENCE = 40  # seconds of fan-out; what would take longer without numba is left out

P = ParamSpec("P")
T = TypeVar("T")


def main() -> None:
    """Print one table of all engines, and which targets are met."""
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    problem = missing() or _lacking()
    if problem:
        sys.exit(problem)
    sizes = sorted({size for size in (SMALL, MEDIUM) if size < largest} | {largest // 10, largest})
    ours = {size: _apart(measure, size, ROUNDS, remembering=ROUNDS) for size in sizes}
    print_ours(ours)
    rivals = _apart(loops)
    print_rivals(rivals, ours[largest])
    by_papers = _apart(growth, min(largest, READERS_OF_PAPERS), PAPERS, ROUNDS)
    exponents = print_growth(by_papers, ours, min(largest, READERS_OF_PAPERS))
    print_plain(plain_runs(sizes), ours)
    print_targets(ours[largest], rivals, exponents)


def _lacking() -> str:
    """Return a sentence on the libraries that are not installed, "" if all are."""
    lacking = [name for name in (*LIBRARIES, "numba") if find_spec(name) is None]
    if not lacking:
        return ""
    return (
        f"Install the extras bench and scale: without {', '.join(lacking)} half the table is empty."
    )


def _apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a function does in a new process, whose peak memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def plain_runs(sizes: list[int]) -> list[Measured]:
    """Return the same runs without numba, from the smallest size on, while they take no ages."""
    found: list[Measured] = []
    os.environ["DIGEST_COMPILED"] = "off"
    try:
        for size in sizes:
            one = found[-1].stages["fan-out"].cpu / found[-1].readers if found else 0
            if size > MEDIUM or size * one > PATIENCE:
                break
            found.append(_apart(measure, size, 1))
    finally:
        del os.environ["DIGEST_COMPILED"]
    return found


def print_ours(ours: dict[int, Measured]) -> None:
    """Print what every size takes, stage by stage."""
    most = ours[max(ours)]
    print(
        f"{DAY} papers, {most.expressions:,} expressions; {THREADS} threads in the fan-out, "
        f"medians of {ROUNDS} rounds; seconds / processor seconds"
    )
    print(
        f"{most.met:.0f} papers meet a reader's interests, {most.full:.0%} fill a list, "
        f"{most.empty:.1%} get none; without likes and closeness\n"
    )
    print(_row("readers", ["text to lists", *STAGES, "peak memory", "the load"]))
    for size, found in ours.items():
        spent = [found.whole, *(found.stages[name] for name in STAGES)]
        cells = [f"{found.megabytes:.0f} MiB", f"{found.building:.1f} s"]
        print(_row(f"{size:,}", [*map(_spent, spent), *cells]))
    spent = [total(most.remembered), *(most.remembered[name] for name in STAGES)]
    print(_row("  words known", [*map(_spent, spent)]))
    print(
        "Words known: a worker that has met the words and expressions before. "
        f"Loading what is compiled took {most.warm_up:.2f} s, before the clock.\n"
    )


def print_rivals(rivals: list[Loop], most: Measured) -> None:
    """Print what a reader costs every engine."""
    print(_row("CPU us a reader", ["cost", "of fan-out", "of whole", f"{most.readers:,} in"]))
    fan_out, whole = most.stages["fan-out"], most.whole
    for name, spent in (("our fan-out", fan_out), ("our whole way", whole)):
        cost = f"{spent.cpu / most.readers * 1e6:.2f}"
        print(
            _row(name, [cost, _times(spent, fan_out), _times(spent, whole), f"{spent.wall:.1f} s"])
        )
    for each in rivals:
        spent = Spent(each.wall * most.readers, each.cpu * most.readers)
        cells = [f"{each.cpu * 1e6:.1f}", _times(spent, fan_out), _times(spent, whole)]
        print(_row(each.name, [*cells, f"({spent.wall:.0f} s)", f"({each.readers:,} run)"]))
    print()


def print_growth(
    by_papers: dict[int, Stages], ours: dict[int, Measured], readers: int
) -> tuple[float, float]:
    """Print how the fan-out grows, and return the exponents in readers and in papers."""
    print(_row("papers", ["text to lists", *STAGES, f"{readers:,} readers"]))
    for count, stages in by_papers.items():
        spent = [total(stages), *(stages[name] for name in STAGES)]
        print(_row(f"{count:,}", [*map(_spent, spent)]))
    sizes = {size: each.stages["fan-out"] for size, each in ours.items()}
    last_two = {size: sizes[size] for size in sorted(sizes)[-2:]}
    in_readers = _exponent(last_two)
    in_papers = _exponent({count: stages["fan-out"] for count, stages in by_papers.items()})
    whole = _exponent({count: total(stages) for count, stages in by_papers.items()})
    print(
        f"The processor time of the fan-out grows with readers ^ {in_readers:.2f} "
        f"({' to '.join(f'{size:,}' for size in last_two)}) and papers ^ {in_papers:.2f}; "
        f"of the whole, with papers ^ {whole:.2f}.\n"
    )
    return in_readers, in_papers


def print_plain(runs: list[Measured], ours: dict[int, Measured]) -> None:
    """Print what it takes without numba, and whether the lists are the same."""
    print(_row("without numba", ["text to lists", *STAGES, "peak memory", "lists"]))
    for found in runs:
        spent = [found.whole, *(found.stages[name] for name in STAGES)]
        same = "the same" if found.lists == ours[found.readers].lists else "OTHER LISTS"
        print(_row(f"{found.readers:,}", [*map(_spent, spent), f"{found.megabytes:.0f} MiB", same]))
    fan_out = runs[-1].stages["fan-out"].wall * LARGE / runs[-1].readers
    print(_row(f"({LARGE:,})", ["", "", "", "", f"({fan_out:.0f} s)"]) + "\n")


def print_targets(most: Measured, rivals: list[Loop], exponents: tuple[float, float]) -> None:
    """Print which of the targets are met; those of a million are scaled from fewer in brackets."""
    more = LARGE / most.readers
    fan_out = most.stages["fan-out"]
    whole = most.whole.wall - fan_out.wall + fan_out.wall * more
    tantivy = rivals[0].cpu / (fan_out.cpu / most.readers)
    rows = [
        ("seconds from text to lists", whole, "at most", 3.0),
        ("seconds of fan-out", fan_out.wall * more, "at most", 1.0),
        ("MiB of memory at the peak", most.megabytes, "at most", 1536.0),
        ("times less CPU than Tantivy's loop", tantivy, "at least", 50.0),
        ("exponent of the fan-out in readers", exponents[0], "at most", 1.0),
        ("exponent of the fan-out in papers", exponents[1], "at most", 0.8),
    ]
    scaled = "" if more == 1 else f", of {most.readers:,} readers scaled linearly"
    print(f"Targets at {LARGE:,} readers{scaled}:")
    for what, value, bound, target in rows:
        is_met = value <= target if bound == "at most" else value >= target
        verdict = "met" if is_met else "MISSED"
        print(f"  {verdict:7}{value:9.2f} {what}, {bound} {target:g}")


def _exponent(spent: dict[int, Spent]) -> float:
    """Return the slope of processor time over sizes, both as logarithms, from first to last."""
    (small, little), *_, (large, much) = sorted(spent.items())
    return log(much.cpu / little.cpu) / log(large / small)


def _row(name: str, cells: list[str]) -> str:
    return f"{name:18}" + "".join(f"{cell:>16}" for cell in cells)


def _spent(spent: Spent) -> str:
    return f"{spent.wall:.3f} / {spent.cpu:.3f}"


def _times(spent: Spent, other: Spent) -> str:
    return f"{spent.cpu / other.cpu:.1f} x"


if __name__ == "__main__":
    main()
