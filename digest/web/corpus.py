"""The newest papers, analysed, for feeds that anybody may ask for by their words."""

import threading
from dataclasses import dataclass

from digest.model.papers import ListedPaper
from digest.ranking.matching import Batch
from digest.ranking.query import parse
from digest.store import dumps, papers
from digest.store.engine import Database

MAX_PAPERS = 1000
# What was asked is remembered with the analysis, and anybody may ask.
_MAX_ASKED = 1000


@dataclass(frozen=True, slots=True)
class _Analysed:
    newest_dump: int
    listed: dict[int, ListedPaper]
    batch: Batch


class Corpus:
    """The newest thousand papers; loaded and analysed once per dump, by one thread for all."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._analysed: _Analysed | None = None
        self._asked: set[str] = set()

    def matching(self, expression: str, limit: int) -> list[ListedPaper]:
        """Return the newest papers that match, newest first; raises ExpressionError."""
        parsed = parse(expression)
        with self._lock:
            corpus = self._current()
            self._asked.add(expression)
            matches = corpus.batch.matches(parsed)
            numbers = {corpus.batch.papers[number].id for number in matches}
        found = [listed for number, listed in corpus.listed.items() if number in numbers]
        return found[:limit]

    def _current(self) -> _Analysed:
        with self._database.reading() as connection:
            newest = dumps.newest_dump_id(connection)
            is_fresh = len(self._asked) < _MAX_ASKED
            if self._analysed and self._analysed.newest_dump == newest and is_fresh:
                return self._analysed
            listed = papers.newest_papers(connection, MAX_PAPERS)
        self._asked.clear()
        self._analysed = _Analysed(
            newest,
            {each.paper.id: each for each in listed},
            Batch(frozenset(each.paper for each in listed)),
        )
        return self._analysed
