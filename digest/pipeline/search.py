"""Search all papers ever in the language of interests: the store narrows, ranking decides."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from digest.clock import steady
from digest.model.archive_search import Candidates, Found
from digest.model.digests import Reason
from digest.model.papers import ListedPaper
from digest.pipeline.marking import count_the_rest
from digest.ranking.acronyms import Acronyms
from digest.ranking.archive import Archive
from digest.ranking.expressions import Expression
from digest.ranking.marks import needs_of
from digest.ranking.query import parse
from digest.ranking.search import Search
from digest.store import dumps, papers
from digest.store.engine import Database
from digest.store.search import papers_with

# How many papers are read for one search, the newest that may match.
MOST_CANDIDATES = 500
# Who turns a page asks again.
_REMEMBERED, _FOR = 256, 60.0


@dataclass(frozen=True, slots=True)
class Known:
    """What papers are compared with: frozen statistics, and what acronyms stand for."""

    archive: Archive
    acronyms: Acronyms


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A paper that was found, and why."""

    listed: ListedPaper
    reason: Reason


@dataclass(frozen=True, slots=True)
class _Remembered:
    state: object
    archive: Archive
    until: float
    found: Found


class PaperSearch:
    """Finds among all papers what an interest would have found; work is bounded for any question.

    Threads may share it. What was found is remembered for a minute.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], float] = steady,
        most: int = MOST_CANDIDATES,
    ) -> None:
        self._database = database
        self._now = now
        self._most = most
        self._lock = threading.Lock()
        self._remembered: OrderedDict[Expression, _Remembered] = OrderedDict()
        self._unmarked = (0, float("-inf"))

    def find(
        self, expression: str, known: Known, before_work: Callable[[], object] = lambda: None
    ) -> Found:
        """Return what an expression finds, best first; raises ExpressionError.

        One that only excludes finds nothing. What is not remembered is work: `before_work` is called
        first, and may raise.
        """
        key = parse(expression).key
        with self._database.reading() as connection:
            state = (dumps.newest_dump_id(connection), papers.last_completed_at(connection))
        with self._lock:
            before = self._remembered.get(key)
        if (
            before is not None
            and (before.state, before.archive) == (state, known.archive)
            and self._now() < before.until
        ):
            return before.found
        before_work()
        found = self._find(key, known)
        with self._lock:
            self._remembered[key] = _Remembered(state, known.archive, self._now() + _FOR, found)
            self._remembered.move_to_end(key)
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return found

    def unsearchable(self) -> int:
        """Return how many papers are not found yet, as after an upgrade; a minute old at most."""
        count, until = self._unmarked
        if self._now() >= until:
            count = count_the_rest(self._database)
            self._unmarked = (count, self._now() + _FOR)
        return count

    def explained(
        self, expression: str, known: Known, numbers: Sequence[int]
    ) -> list[SearchResult]:
        """Return papers that were found with the sentence that shows it, in the order given."""
        key = parse(expression).key
        with self._database.reading() as connection:
            listed = papers.listed_by_id(connection, numbers)
        search = Search([each.paper for each in listed], known.archive, known.acronyms)
        return [
            SearchResult(each, search.quotation(key, number).as_reason(expression, 1.0))
            for number, each in enumerate(listed)
        ]

    def _find(self, key: Expression, known: Known) -> Found:
        needed = needs_of(key, known.acronyms)
        if needed is None:
            return Found({}, 0, is_cut=False)
        with self._database.reading() as connection:
            candidates: Candidates = papers_with(connection, needed, self._most)
            read = papers.papers_by_id(connection, candidates.numbers)
        found = [read[number] for number in candidates.numbers if number in read]
        hits = Search(found, known.archive, known.acronyms).hits([key])
        # Candidates come newest first, and so do equals.
        best = np.argsort(-hits.points.astype(np.int32), kind="stable").tolist()
        points = {found[hits.papers[at]].id: int(hits.points[at]) for at in best}
        return Found(points, len(found), candidates.is_cut)
