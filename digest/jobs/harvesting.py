"""The services that papers come from, each asked when it is due, a few at a time."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from digest.app import App
from digest.clock import steady
from digest.errors import StoreAwayError
from digest.jobs import work
from digest.pipeline.harvest import LookReport, look_at
from digest.pipeline.watched import watch
from digest.sources.base import Source
from digest.store.engine import told_if_away
from digest.store.sources import sources_due

logger = logging.getLogger(__name__)

_AT_ONCE = 4
# What is wrong with a source is said so often, however often it is asked: it may be so for days.
_SAID_AGAIN_AFTER = 3600.0


class Harvesting:
    """Asks sources in threads of its own, so that a slow one holds up no other.

    Which is due is in the database, where whoever asks takes a turn: two of these at once are
    harmless. `is_stopping` is looked at between two answers, and ends every wait for a turn.
    """

    def __init__(self, app: App, stopping: Event | None = None) -> None:
        self._stopping = stopping or Event()
        self._app = app
        self._sources = {each.name: each for each in app.sources(self._stopping.wait)}
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="harvest")
        self._running: dict[str, Future[None]] = {}
        self._said: dict[str, float] = {}

    def look(self) -> None:
        """Begin to ask the sources that are due; returns at once. Raises StoreAwayError."""
        self._running = {name: each for name, each in self._running.items() if not each.done()}
        if not self._sources or self._stopping.is_set():
            return
        database, now = self._app.database, self._app.clock()
        with database.reading() as connection:
            due = sources_due(connection, list(self._sources), now)
        for name in due:
            if name not in self._running:
                self._running[name] = self._threads.submit(self._ask, self._sources[name])

    def judge(self) -> bool:
        """Judge in what the sources are incomplete; tell whether that is new."""
        return watch(self._app.database, list(self._sources.values()), self._app.clock)

    def watch(self) -> bool:
        """Judge them, and have the feeds say so; tell whether that is new."""
        is_news = self.judge()
        if is_news:
            work.publish_feeds(self._app)
        return is_news

    def close(self) -> None:
        """Wait for what is being asked to come to the end of an answer."""
        self._stopping.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _ask(self, source: Source) -> None:
        try:
            with told_if_away():
                report = look_at(self._app.database, source, self._app.clock, self._stopping.is_set)
                if report is None:
                    return
                self._log(report)
                if self._stopping.is_set():
                    return  # the feeds are rebuilt at the next start
                # What came may be what was missing: then the line goes, and the papers come.
                if not self.watch() and report.has_news:
                    work.publish_feeds(self._app)
        except StoreAwayError as error:
            logger.warning("%s: asked again later: %s", source.name, error)
        except Exception:  # whatever is wrong with one source must not hold up the others
            if self._is_to_be_said(source.name):
                logger.exception("%s: cannot be taken in; it is asked again later", source.name)

    def _log(self, report: LookReport) -> None:
        """Say what came of a look; what is wrong with a source at most in one line an hour."""
        if report.papers or report.completed:
            logger.info(
                "%s: %d papers, %d new, %d completed",
                report.source,
                report.papers,
                report.new_papers,
                report.completed,
            )
        oddities = [each.at(report.source) for each in report.warnings]
        if not (report.problem or oddities) or not self._is_to_be_said(report.source):
            return
        if report.problem:
            says = "%s: %s; it is asked again by itself, `digest sources` shows when"
            logger.warning(says, report.source, report.problem)
        else:
            more = f" (and {len(oddities) - 1} more)" if len(oddities) > 1 else ""
            logger.warning("%s%s", oddities[0], more)

    def _is_to_be_said(self, name: str) -> bool:
        now = steady()
        if now - self._said.get(name, -_SAID_AGAIN_AFTER) < _SAID_AGAIN_AFTER:
            return False
        self._said[name] = now
        return True
