"""What the fan-out is asked, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digest.ranking.desk import PAPER_BITS
from digest.ranking.hits import Hits
from digest.ranking.readers import Readers

# No list is longer.
MOST = 255
# With more papers or larger priors, values might not fit into their 64 bits (desk.py).
PAPERS_END = (1 << PAPER_BITS) + 1
PRIOR_END = (4 << 10) + 1
# What is added to a paper's sum for a reader, [reader asked for, paper]; it may be negative.
Extras = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Scored:
    """The papers: what met them, and what their worth is multiplied by (in 1/1024, to 4 at most).

    Papers of one group, 0 or more, are near-duplicates; those of group -1 stand alone.
    """

    hits: Hits
    priors: NDArray[np.int32]
    groups: NDArray[np.int32]

    @property
    def paper_count(self) -> int:
        """How many papers there are; their numbers are below."""
        return len(self.priors)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who gets papers: rows of readers, the first paper of each one's window, and what to skip.

    Reader n has seen `seen_papers[seen_starts[n]:seen_starts[n + 1]]`. None gets more than `most`,
    nor more than their own limit.
    """

    rows: NDArray[np.int64]
    first: NDArray[np.int32]
    seen_starts: NDArray[np.int64]
    seen_papers: NDArray[np.int32]
    most: int

    @classmethod
    def of(
        cls, rows: ArrayLike, most: int, first: ArrayLike = 0, seen: Sequence[Sequence[int]] = ()
    ) -> Self:
        """Return what is asked for rows; without `first` and `seen`, of the whole batch."""
        numbers = np.asarray(rows, np.int64)
        starts = np.zeros(len(numbers) + 1, np.int64)
        if seen:
            np.cumsum([len(papers) for papers in seen], out=starts[1:])
        papers = np.array([paper for each in seen for paper in each], np.int32)
        window = np.broadcast_to(np.asarray(first, np.int32), numbers.shape)
        return cls(numbers, np.ascontiguousarray(window), starts, papers, most)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What each reader gets, best first; -1 where there are no more papers.

    `values` are in 1/(64 * 16 * 1024) points. `matched` papers met an interest and could be
    had; `excluded` met one but are hidden by an exclusion.
    """

    papers: NDArray[np.int32]
    values: NDArray[np.int64]
    matched: NDArray[np.int32]
    excluded: NDArray[np.int32]

    @classmethod
    def empty(cls, readers: int, most: int) -> Self:
        """Return room for so many readers."""
        papers = np.full((readers, most), -1, np.int32)
        values = np.zeros((readers, most), np.int64)
        return cls(papers, values, np.zeros(readers, np.int32), np.zeros(readers, np.int32))


def check(batch: Scored, readers: Readers, asked: Asked, extras: Extras | None) -> None:
    """Raise ValueError where compiled code would read or write beside its arrays."""
    papers = batch.paper_count
    hits = batch.hits
    if not 0 <= asked.most <= MOST:
        raise ValueError(f"Nobody gets {asked.most} papers, {MOST} is the most")
    if papers >= PAPERS_END:
        raise ValueError(f"There are {papers} papers, {PAPERS_END - 1} is the most")
    if hits.expression_count < len(readers.expressions):
        raise ValueError("These hits are of fewer expressions than the readers have")
    _below(papers, hits.papers, asked.seen_papers)
    _below(PRIOR_END, batch.priors)
    _below(len(readers.rows), asked.rows)
    if len(batch.groups) != papers:
        raise ValueError("There are not as many groups as papers")
    if len(asked.first) != len(asked.rows) or len(asked.seen_starts) != len(asked.rows) + 1:
        raise ValueError("There are not as many windows, or seen papers, as rows")
    _starts(asked.seen_starts, asked.seen_papers)
    _starts(hits.starts, hits.papers)
    if extras is not None and extras.shape != (len(asked.rows), papers):
        raise ValueError("There is not an extra for each row and paper")


def _below(limit: int, *numbers: NDArray[np.integer]) -> None:
    for array in numbers:
        if array.size and not 0 <= array.min() <= array.max() < limit:
            raise ValueError(f"A number is not between 0 and {limit - 1}")


def _starts(starts: NDArray[np.int64], entries: NDArray[np.integer]) -> None:
    if starts[0] != 0 or starts[-1] != len(entries) or (np.diff(starts) < 0).any():
        raise ValueError("Rows do not begin where the row before ends")
