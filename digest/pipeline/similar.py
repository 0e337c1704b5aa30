"""Papers much like one paper, among the newest."""

import threading

import numpy as np

from digest.model.papers import ListedPaper, Paper
from digest.ranking.index import Index
from digest.ranking.preview import RecentPapers
from digest.ranking.vectors import TITLE_TIMES, Vectors

# With less in common than this, two papers share but a field.
LEAST = 0.12
MOST = 5
_REMEMBERED = 1000


class SimilarPapers:
    """Says which of the newest papers are like one; remembered as long as they are the same papers.

    Threads may share it: two of them find the same.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: RecentPapers | None = None
        self._known: dict[str, list[ListedPaper]] = {}

    def of(self, paper: Paper, recent: RecentPapers) -> list[ListedPaper]:
        """Return at most five, the most alike first."""
        with self._lock:
            if self._recent is not recent or len(self._known) >= _REMEMBERED:
                self._recent, self._known = recent, {}
            known = self._known
        found = known.get(paper.key)
        if found is None:
            found = known[paper.key] = similar_to(paper, recent)
        return found


def similar_to(paper: Paper, recent: RecentPapers) -> list[ListedPaper]:
    """Return the papers whose telling words are those of this one, at most five."""
    search = recent.search
    own = Vectors(Index([paper]), search.batch.archive, title_times=TITLE_TIMES).of(0)
    cosines = search.vectors.cosines(own)
    best = np.argsort(-cosines, kind="stable")[: MOST + 1].tolist()
    listed = [recent.listed[at] for at in best if cosines[at] >= LEAST]
    return [each for each in listed if each.paper.id not in {paper.id, paper.same_as}][:MOST]
