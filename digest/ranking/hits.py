"""Which papers of a batch each expression matches, and how well."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from digest.ranking.arrays import offsets

# The papers of one expression, ascending, and their points.
HitRow = tuple[NDArray[np.int32], NDArray[np.uint16]]


@dataclass(frozen=True, slots=True)
class Hits:
    """Expression x paper as sparse rows: what expression e found is `starts[e]:starts[e + 1]`.

    `papers` ascend within an expression; `points` count 1/64, and a match has at least one. Papers
    are numbered in the order they were first listed, so what was listed since a dump is a suffix.
    """

    starts: NDArray[np.int64]
    papers: NDArray[np.int32]
    points: NDArray[np.uint16]

    @classmethod
    def of(cls, rows: Iterable[Iterable[tuple[int, int]]]) -> Self:
        """Return the hits of each expression from its pairs of paper and points."""
        found = [sorted(row) for row in rows]
        starts = offsets(np.array([len(row) for row in found], np.int64))
        papers = np.array([paper for row in found for paper, _ in row], np.int32)
        points = np.array([points for row in found for _, points in row], np.uint16)
        return cls(starts, papers, points)

    @classmethod
    def stacked(cls, rows: Sequence[HitRow]) -> Self:
        """Return the hits of each expression from its papers, ascending, and their points."""
        starts = offsets(np.array([len(papers) for papers, _ in rows], np.int64))
        papers = np.concatenate([np.zeros(0, np.int32), *(papers for papers, _ in rows)])
        points = np.concatenate([np.zeros(0, np.uint16), *(points for _, points in rows)])
        return cls(starts, papers, points)

    @property
    def expression_count(self) -> int:
        """How many expressions were matched; their numbers are below."""
        return len(self.starts) - 1

    def papers_of(self, expression: int) -> NDArray[np.int32]:
        """Return the papers an expression matches, ascending."""
        return self.papers[self.starts[expression] : self.starts[expression + 1]]

    def points_of(self, expression: int, paper: int) -> int:
        """Return the points of an expression in a paper, 0 where it does not match."""
        papers = self.papers_of(expression)
        at = int(np.searchsorted(papers, paper))
        if at == len(papers) or papers[at] != paper:
            return 0
        return int(self.points[self.starts[expression] + at])

    def points_at(
        self, expressions: NDArray[np.integer], papers: NDArray[np.integer]
    ) -> NDArray[np.int64]:
        """Return the points of each expression in the paper beside it, 0 where it does not match."""
        if not len(self.papers):
            return np.zeros(len(papers), np.int64)
        count = int(max(self.papers.max(), papers.max(initial=0))) + 1
        owners = np.repeat(np.arange(self.expression_count), np.diff(self.starts))
        known = owners * count + self.papers
        wanted = expressions.astype(np.int64) * count + papers
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return np.where(known[at] == wanted, self.points[at], 0).astype(np.int64)
