"""The newest papers, analysed, for feeds and previews that anybody may ask for by their words."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.clock import steady
from digest.model.papers import ListedPaper
from digest.model.sources import Lacking
from digest.model.subscribers import Interest
from digest.pipeline.archive import Archives
from digest.pipeline.mute_choices import Hidden, would_hide
from digest.pipeline.preview import InterestPreview, previews_of
from digest.pipeline.rerun import Rerun, Span, prepare, run_again
from digest.ranking.archive import Archive
from digest.ranking.preview import RecentPapers
from digest.ranking.query import parse
from digest.store import dumps, papers
from digest.store.engine import Database
from digest.store.lacking import lacking_now

# A month of a hundred a day.
MAX_PAPERS = 3000
# What was asked is remembered with the analysis, some 6 kB each, and anybody may ask.
MAX_ASKED = 4000
# Another process may take a dump in; how long until this one looks, in seconds.
TRUSTED = 1.0


@dataclass(frozen=True, slots=True)
class _Analysed:
    state: object
    archive: Archive
    recent: RecentPapers


class Corpus:
    """The newest papers of whole dumps; loaded and analysed anew when one comes or any is changed.

    One thread does it for all.

    They are matched as they are for digests, against the same archive.
    """

    def __init__(
        self, database: Database, archives: Archives, now: Callable[[], float] = steady
    ) -> None:
        self._now = now
        self._until = float("-inf")
        self._database = database
        self._archives = archives
        self._lock = threading.Lock()
        self._analysed: _Analysed | None = None
        self._asked: set[str] = set()
        self._lacking: tuple[Lacking, ...] = ()

    @property
    def lacking(self) -> tuple[Lacking, ...]:
        """Return in what sources were incomplete at the last look at the papers."""
        return self._lacking

    def fresh(self) -> RecentPapers | None:
        """Return the papers without asking the database, None if that was not done for too long."""
        known = self._analysed
        return known.recent if known is not None and self._now() < self._until else None

    def matching(self, expression: str, limit: int) -> list[ListedPaper]:
        """Return the newest papers that match, newest first; raises ExpressionError."""
        return newest_matching(self.recent([expression]), expression, limit)

    def previews(self, expressions: Sequence[str], now: datetime) -> list[InterestPreview]:
        """Return what each expression finds among the newest papers; raises ExpressionError."""
        return previews_of(self.recent(expressions), expressions, now)

    def again(
        self,
        interests: tuple[Interest, ...],
        number: int,
        span: Span,
        now: datetime,
        *,
        muted: tuple[str, ...] = (),
    ) -> Rerun:
        """Return the digest that interests would have made of the newest papers."""
        recent = self.recent([*(each.expression for each in interests), *muted])
        return run_again(recent, interests, number, span, now, muted=muted)

    def hidden_by(self, expression: str, interests: Sequence[str]) -> Hidden:
        """Return what a mute would have hidden of the newest papers; raises ExpressionError."""
        return would_hide(self.recent([expression, *interests]), expression, interests)

    def recent(self, expressions: Sequence[str]) -> RecentPapers:
        """Return the papers to ask: the same object as long as they are the same papers.

        What cannot be read is refused before anything is loaded; raises ExpressionError.
        """
        for expression in expressions:
            parse(expression)
        self._asked.update(expressions)
        before = self._analysed
        if before is not None and self._lock.locked():
            # Whoever comes while another loads a new dump need not wait: yesterday's papers do.
            return before.recent
        with self._lock:
            return self._current()

    def _current(self) -> RecentPapers:
        archive = self._archives.current()
        known = self._analysed
        with self._database.reading() as connection:
            # A paper may be completed, withdrawn or turn out to be another without a dump.
            state = (dumps.newest_dump_id(connection), papers.last_completed_at(connection))
            self._lacking = lacking_now(connection)
            is_fresh = len(self._asked) < MAX_ASKED
            if known and known.state == state and known.archive is archive and is_fresh:
                self._until = self._now() + TRUSTED
                return known.recent
            listed = papers.newest_papers(connection, MAX_PAPERS)
        self._asked.clear()
        recent = prepare(RecentPapers(whole_dumps(listed, MAX_PAPERS), archive))
        self._analysed = _Analysed(state, archive, recent)
        return recent


def newest_matching(recent: RecentPapers, expression: str, limit: int) -> list[ListedPaper]:
    """Return the newest papers that match, newest first; raises ExpressionError."""
    found = recent.matching(expression)
    found.sort(key=lambda each: (-each.dump_id, each.position))
    return found[:limit]


def whole_dumps(newest_first: list[ListedPaper], limit: int) -> list[ListedPaper]:
    """Return papers without those of the dump that a limit cut, unless there is no other."""
    if len(newest_first) < limit:
        return newest_first
    cut = newest_first[-1].dump_id
    return [each for each in newest_first if each.dump_id != cut] or newest_first
