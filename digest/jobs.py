"""The background work, each job one shallow call of the pipeline; every one may run twice.

The tables say what is due: a job only looks now. Lose every call and nothing is lost.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from digest.app import App, build_transport
from digest.delivery.retry import transport_wait
from digest.delivery.transports import Transport
from digest.errors import HeldError, SourceError
from digest.pipeline.compose import ComposeReport, compose_due
from digest.pipeline.deliver import DeliverReport, deliver_due
from digest.pipeline.ingest import IngestReport, ingest
from digest.pipeline.publish import publish
from digest.ranking.warm import warm
from digest.sources.dump_text import read_dump
from digest.store.schema import upgrade

logger = logging.getLogger(__name__)

# A file that was written to in the last seconds may still be on its way.
_SETTLED_AFTER = 2.0


def migrate(app: App) -> None:
    """Bring the database to this version's schema."""
    upgrade(app.database)


def publish_feeds(app: App) -> int:
    """Rebuild the stored feeds, and the statistics if they are old; return how many feeds changed."""
    app.archives.refreeze()
    return publish(
        app.database, app.links, app.settings.site_name, app.settings.authority, app.clock
    )


def compose(app: App, advance: Callable[[int], None] = lambda _count: None) -> ComposeReport:
    """Compose the digests that are due."""
    return compose_due(
        app.database,
        app.archives,
        app.settings.authority,
        app.clock,
        advance,
        has_priors=app.settings.priors == "on",
    )


class Composing:
    """Composes what is due; the first time it makes ranking ready, so that a digest need not wait."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._is_warm = False

    def compose_due(self) -> ComposeReport:
        """Compose the digests that are due."""
        if not self._is_warm:
            warm()
            self._is_warm = True
        return compose(self._app)


def deliver(
    app: App,
    transport: Transport | None = None,
    advance: Callable[[int], None] = lambda _count: None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> DeliverReport:
    """Send the mails that are due."""
    return deliver_due(app.sender(transport), advance, is_stopping)


class DumpsFolder:
    """The watched folder: hands each settled file to `ingest` once.

    Files stay where they are. What was read, or refused, is looked at again only when its size or
    time changes; after a restart the store knows the bytes it has.
    """

    def __init__(self, app: App, now: Callable[[], float] = time.time) -> None:
        self._app = app
        self._now = now
        self._done: dict[Path, tuple[int, int]] = {}
        self._is_published = False

    def take_new(self) -> list[IngestReport]:
        """Ingest the files that are new, oldest first, and rebuild the feeds if any had papers.

        A refused file is logged with its place and does not stop the others.
        """
        reports = []
        for path, mark in self._settled():
            if self._done.get(path) == mark:
                continue
            try:
                page = read_dump(path, today=self._app.clock().date())
                report = ingest(self._app.database, page, self._app.clock)
            except HeldError as error:
                logger.error("%s; if it is whole: digest ingest --anyway %s", error, path)  # noqa: TRY400  the same
            except SourceError as error:
                logger.error("refused, nothing of it was kept: %s", error)  # noqa: TRY400  no trace: the message is the place
            except Exception:  # whatever is wrong with one file must not hold up the others
                logger.exception("%s cannot be taken in; it is tried again when it changes", path)
            else:
                reports.append(report)
                _log(report)
                self._is_published &= report.is_known
            self._done[path] = mark
        if not self._is_published:
            publish_feeds(self._app)
            self._is_published = True
        return reports

    def _settled(self) -> list[tuple[Path, tuple[int, int]]]:
        folder = self._app.settings.dumps_path
        found: list[tuple[Path, tuple[int, int]]] = []
        for path in sorted(folder.glob("*.txt")) if folder.is_dir() else []:
            try:
                status = path.stat()
            except OSError:
                continue  # gone since, or a link to nowhere
            if self._now() - status.st_mtime >= _SETTLED_AFTER:
                found.append((path, (status.st_size, status.st_mtime_ns)))
        return sorted(found, key=lambda each: (each[1][1], each[0]))


def _log(report: IngestReport) -> None:
    if report.is_known:
        logger.info("%s: known, nothing changed", report.dump.name)
        return
    logger.info("%s: %d papers, %d new", report.dump.name, report.papers, report.new_papers)
    for warning in report.warnings:
        logger.warning("%s, line %d: %s", report.dump.name, warning.line, warning.problem)


class Delivering:
    """Sends what is due, and leaves a mail server that cannot be reached alone for a while."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._transport = build_transport(app.settings)
        self._failures = 0
        self._not_before = app.clock()

    def send_due(self, is_stopping: Callable[[], bool]) -> DeliverReport | None:
        """Send the mails that are due; None while the server is left alone."""
        if self._app.clock() < self._not_before:
            return None
        report = deliver(self._app, self._transport, is_stopping=is_stopping)
        if report.is_reachable:
            self._failures = 0
        else:
            self._failures += 1
            wait = transport_wait(self._failures)
            self._not_before = self._app.clock() + wait
            logger.error("the mail server cannot be reached; it is tried again in %s", wait)
        return report
