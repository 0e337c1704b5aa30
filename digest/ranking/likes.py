"""More and less like this: papers beside those a reader liked, after Rocchio.

The liked papers' sixty strongest words, together, are one more interest of the reader. A paper is
worth the square of its cosine with them: what is very like one counts, what shares a field hardly
does. So a paper that no keyword met can come in, from the first like on; a dislike only takes away.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from digest.model.papers import Paper
from digest.ranking.archive import Archive
from digest.ranking.arrays import Floats
from digest.ranking.hits import HitRow
from digest.ranking.index import Index
from digest.ranking.scoring import MOST_POINTS, UNIT
from digest.ranking.vectors import TITLE_TIMES, Vectors, centroid_of

TERMS = 60
# Points of a like for the square of the cosine and each unit of the reader's weights.
LIKE, MOST_LIKES = 50.0, 3
DISLIKE = 0.25
# A near copy of a disliked paper loses no more than what is very like it: it still met a keyword.
MOST_DISLIKED = 0.5
# What a paper must share at least to be called like another.
ALIKE = 0.12


class Tastes:
    """What readers liked, as vectors, against the papers of a batch."""

    def __init__(self, batch: Vectors, rated: Iterable[Paper], archive: Archive) -> None:
        self._batch = batch
        papers = list({paper.id: paper for paper in rated}.values())
        self._numbers = {paper.id: number for number, paper in enumerate(papers)}
        self._rated = Vectors(Index(papers), archive, title_times=TITLE_TIMES)

    def liked(self, papers: Sequence[Paper], weight: float) -> HitRow:
        """Return the papers like these, for a reader whose interests weigh so much together."""
        cosines = self._cosines(papers)
        found = np.flatnonzero(cosines >= ALIKE)
        worth = UNIT * LIKE * min(len(papers), MOST_LIKES) * weight * cosines[found] ** 2
        points = np.clip(np.rint(worth), 1, MOST_POINTS).astype(np.uint16)
        return found.astype(np.int32), points

    def disliked(self, papers: Sequence[Paper], weight: float) -> Floats:
        """Return the points each paper of the batch loses for being like these."""
        worth = UNIT * LIKE * min(len(papers), MOST_LIKES) * weight * DISLIKE
        cosines = np.minimum(self._cosines(papers), MOST_DISLIKED)
        return np.asarray(np.rint(worth * cosines**2))

    def closest(self, papers: Sequence[Paper], paper: int) -> tuple[Paper, frozenset[str]]:
        """Return which of the papers one of the batch is most like, and the stems they share."""
        own = self._batch.of(paper)
        shared = {
            each.id: {
                root: value * own[root]
                for root, value in self._vector([each]).items()
                if root in own
            }
            for each in papers
        }
        best = max(papers, key=lambda each: sum(shared[each.id].values()))
        strongest = sorted(shared[best.id], key=lambda root: (-shared[best.id][root], root))
        return best, frozenset(strongest[:TERMS])

    def _cosines(self, papers: Sequence[Paper]) -> Floats:
        return self._batch.cosines(self._vector(papers))

    def _vector(self, papers: Sequence[Paper]) -> dict[str, float]:
        """Return the strongest words of the papers' mean, of length one."""
        return centroid_of(
            [(self._rated.of(self._numbers[each.id]), 1.0) for each in papers], TERMS
        )
