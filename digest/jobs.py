"""The background work, each job one shallow call of the pipeline; every one may run twice.

The tables say what is due: a job only looks now. Lose every call and nothing is lost.
"""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from digest.app import App
from digest.delivery.intake import open_intake
from digest.delivery.intakes import Intake, IntakeError, Taken
from digest.delivery.websub import ping
from digest.errors import ConfigError, HeldError, SourceError
from digest.pipeline.bounced import ReturnDesk, take_return
from digest.pipeline.compose import ComposeReport, compose_due
from digest.pipeline.deliver import DeliverReport, deliver_due
from digest.pipeline.held import take_file
from digest.pipeline.ingest import IngestReport
from digest.pipeline.marking import mark_the_rest
from digest.pipeline.prune import prune
from digest.pipeline.publish import publish
from digest.pipeline.stock import take_stock
from digest.ranking.warm import warm
from digest.store.schema import upgrade

logger = logging.getLogger(__name__)

# A file that was written to in the last seconds may still be on its way.
_SETTLED_AFTER = 2.0


def migrate(app: App) -> None:
    """Bring the database to this version's schema."""
    upgrade(app.database)


def publish_feeds(app: App) -> int:
    """Rebuild the stored feeds, and the statistics if they are old; return how many documents changed."""
    app.archives.refreeze()
    settings = app.settings
    published = publish(
        app.database,
        app.links,
        settings.site_name,
        settings.authority,
        app.clock,
        hub=settings.hub,
    )
    if settings.hub:
        for problem in ping(settings.hub, published.followed):
            logger.warning("%s", problem)
    return len(published.followed) + len(published.of_months)


def compose(app: App, advance: Callable[[int], None] = lambda _count: None) -> ComposeReport:
    """Compose the digests that are due."""
    return compose_due(
        app.database,
        app.archives,
        app.settings.authority,
        app.clock,
        advance,
        has_priors=app.settings.priors == "on",
        is_reviewed=app.settings.review == "on",
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
    advance: Callable[[int], None] = lambda _count: None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> DeliverReport:
    """Send the mails that are due."""
    return deliver_due(app.sender(), advance, is_stopping)


def forget(app: App) -> int:
    """Delete what is over, as who never confirmed; return how many readers that were."""
    return prune(app.database, app.clock)


def stocktake(app: App) -> bool:
    """Count what operators look at, unless that was done within the hour."""
    return take_stock(app.database, app.clock)


class Returning:
    """Takes in what comes back: opens what DIGEST_RETURNS names, and looks into it at every tick.

    An intake that cannot be opened is tried again at the next tick; the others go on meanwhile.
    `addresses` takes the place of the setting; `tell` hears of every mail, from any thread.
    """

    def __init__(
        self,
        app: App,
        addresses: Sequence[str] | None = None,
        tell: Callable[[Taken], object] = lambda _taken: None,
    ) -> None:
        self._app = app
        self._addresses = app.settings.returns.split() if addresses is None else addresses
        self._tell = tell
        self._open: dict[str, Intake] = {}

    def collect(self) -> list[str]:
        """Take in what has come; return a sentence for every intake that cannot be used now."""
        problems = []
        for address in self._addresses:
            try:
                if address not in self._open:
                    self._open[address] = self._opened(address)
                self._open[address].collect()
            except IntakeError as error:
                logger.warning("nothing comes back: %s", error)
                problems.append(str(error))
        return problems

    @property
    def names(self) -> list[str]:
        """Return the intakes that are open, without passwords."""
        return [intake.name for intake in self._open.values()]

    def close(self) -> None:
        """Let go of ports and connections. Safe to call twice."""
        while self._open:
            self._open.popitem()[1].close()

    def _opened(self, address: str) -> Intake:
        app = self._app
        if app.returns is None:
            raise ConfigError("DIGEST_RETURN_TO", "set it, or nothing comes back to DIGEST_RETURNS")
        desk = ReturnDesk(app.database, app.returns, app.clock)

        def take(recipients: Sequence[str], message: bytes) -> Taken:
            taken = take_return(desk, recipients, message)
            self._tell(taken)
            return taken

        return open_intake(address, app.returns, take)


class DumpsFolder:
    """The watched folder: hands each settled file to `ingest` once.

    Files stay where they are. What was read, or refused, is looked at again only when its size or
    time changes; after a restart the store knows the bytes it has.
    """

    def __init__(
        self,
        app: App,
        now: Callable[[], float] = time.time,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._app = app
        self._now = now
        self._is_stopping = is_stopping
        self._done: dict[Path, tuple[int, int]] = {}
        self._is_published = False

    def take_new(self) -> list[IngestReport]:
        """Ingest the files that are new, oldest first, and rebuild the feeds if any had papers.

        What the release before has written meanwhile is made known to the search of the archive.
        A refused file is logged with its place and does not stop the others.
        """
        reports = []
        for path, mark in self._settled():
            if self._done.get(path) == mark:
                continue
            try:
                report = take_file(self._app.database, path, self._app.clock)
            except HeldError as error:
                logger.error("%s; decide at /admin/dumps or by `digest dumps`", error)  # noqa: TRY400  the same
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
            mark_the_rest(self._app.database, is_stopping=self._is_stopping)
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
