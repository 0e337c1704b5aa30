"""Digest's own ranking, stage by stage, for benchmarks/ranking.py; each call in a process of its own.

The clock starts with the texts of the papers and ends with everybody's list. Before it: profiles as
arrays (the product makes them by the block: benchmarks of composing count that); the archive, frozen
once a month; compilation and imports.
"""

import gc
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import chain
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks.ranking_load import DAY, LIMIT, papers, wishes
from digest.model.papers import Paper
from digest.ranking import analysis, elements
from digest.ranking.archive import Archive
from digest.ranking.arrays import Ints
from digest.ranking.batch import Batch
from digest.ranking.chosen import Asked, Chosen, Scored
from digest.ranking.fanout import choose_all, warm
from digest.ranking.hits import Hits
from digest.ranking.query import parse
from digest.ranking.similar import groups_of
from tests.ranking.reader_wishes import build_readers

THREADS = 2
ARCHIVE = 3_000
PRIOR = 1 << 10  # of a paper that is neither trending nor new
STAGES = ("analysis", "expressions", "matching", "fan-out")
_REMEMBERED = (parse, analysis.fold, analysis.stem, elements.words_of)


class Spent(NamedTuple):
    """Seconds, and seconds of processor time of all threads."""

    wall: float
    cpu: float


Stages = dict[str, Spent]


class Measured(NamedTuple):
    """One size: medians of rounds that start from nothing, and of some that remember words.

    `building` is what it took to make the load and its profiles, in processor seconds. `lists` is a
    checksum of everybody's list; `met` papers met an interest of a reader in the mean, `full` and
    `empty` are shares of the lists.
    """

    readers: int
    papers: int
    expressions: int
    stages: Stages
    remembered: Stages
    warm_up: float
    building: float
    megabytes: float
    lists: str
    met: float
    full: float
    empty: float

    @property
    def whole(self) -> Spent:
        """From the texts to the lists."""
        return total(self.stages)


def total(stages: Stages) -> Spent:
    """Return what all stages took together."""
    return Spent(
        sum(each.wall for each in stages.values()), sum(each.cpu for each in stages.values())
    )


class _Stopwatch:
    def __init__(self) -> None:
        self.rounds: list[Stages] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.rounds[-1][name] = Spent(time.perf_counter() - wall, time.process_time() - cpu)

    def medians(self) -> Stages:
        return {
            name: Spent(
                median(each[name].wall for each in self.rounds),
                median(each[name].cpu for each in self.rounds),
            )
            for name in (self.rounds[0] if self.rounds else ())
        }


class _Bench:
    """A worker that has loaded what it keeps, and is ready for the papers of a day."""

    def __init__(self, count: int) -> None:
        background = papers(DAY + ARCHIVE)
        self.archive = Archive.of((each.title, each.abstract) for each in background)
        before = time.process_time()
        self.readers = build_readers(chain.from_iterable(wishes(count)))
        self.building = time.process_time() - before
        before = time.perf_counter()
        warm()
        few = Batch(background[:2], self.archive)
        few.hits([parse("neural networks").key])
        self.warm_up = time.perf_counter() - before
        gc.collect()
        gc.freeze()  # as a long-lived worker does with what it has loaded

    def batch(self, day: list[Paper]) -> tuple[Batch, Ints]:
        """Return the papers analysed, and the group of near-duplicates of each."""
        batch = Batch(day, self.archive)
        return batch, groups_of(batch.index, self.archive)

    def hits(self, batch: Batch, watch: _Stopwatch) -> Hits:
        with watch.stage("expressions"):
            keys = [parse(text).key for text in self.readers.expressions]
        with watch.stage("matching"):
            return batch.hits(keys)

    def choose(self, hits: Hits, groups: Ints) -> Chosen:
        priors = np.full(len(groups), PRIOR, np.int32)
        asked = Asked.of(np.arange(len(self.readers.rows)), LIMIT)
        return choose_all(Scored(hits, priors, groups), self.readers, asked, threads=THREADS)


def measure(readers: int, rounds: int, *, remembering: int = 0) -> Measured:
    """Return what a day of papers takes for so many readers."""
    day = papers(DAY)
    bench = _Bench(readers)
    afresh, again = _Stopwatch(), _Stopwatch()
    chosen = Chosen.empty(0, 0)
    for number in range(rounds + remembering):
        watch = afresh if number < rounds else again
        if watch is afresh:
            forget()
        chosen = Chosen.empty(0, 0)
        gc.collect()
        watch.rounds.append({})
        with watch.stage("analysis"):
            batch, groups = bench.batch(day)
        hits = bench.hits(batch, watch)
        with watch.stage("fan-out"):
            chosen = bench.choose(hits, groups)
        del batch, hits
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return Measured(
        len(bench.readers.rows),
        len(day),
        len(bench.readers.expressions),
        afresh.medians(),
        again.medians(),
        bench.warm_up,
        bench.building,
        peak,
        sha256(chosen.papers.tobytes() + chosen.values.tobytes()).hexdigest(),
        float(chosen.matched.mean()),
        float((chosen.papers[:, -1] >= 0).mean()),
        float((chosen.papers[:, 0] < 0).mean()),
    )


def growth(readers: int, counts: tuple[int, ...], rounds: int) -> dict[int, Stages]:
    """Return what batches of several sizes take for the same readers; all but the fan-out once."""
    bench = _Bench(readers)
    found = {}
    for count in counts:
        day = papers(count)
        once, often = _Stopwatch(), _Stopwatch()
        once.rounds.append({})
        forget()
        gc.collect()
        with once.stage("analysis"):
            batch, groups = bench.batch(day)
        hits = bench.hits(batch, once)
        for _ in range(rounds):
            often.rounds.append({})
            with often.stage("fan-out"):
                bench.choose(hits, groups)
        found[count] = once.medians() | often.medians()
    return found


def forget() -> None:
    """Empty the memories of words and expressions, as in a worker that has just started."""
    for each in _REMEMBERED:
        each.cache_clear()
