"""The watched folder of dumps."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from digest.app import App
from digest.errors import HeldError, SourceError, StoreAwayError
from digest.jobs import work
from digest.pipeline.held import take_file
from digest.pipeline.ingest import IngestReport
from digest.pipeline.marking import mark_the_rest
from digest.store.engine import told_if_away

logger = logging.getLogger(__name__)

# A file that was written to in the last seconds may still be on its way.
_SETTLED_AFTER = 2.0


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
        A refused file is logged with its place and does not stop the others. Told to stop, it leaves
        the rest of them, and the feeds, to whoever looks next. Raises StoreAwayError.
        """
        reports: list[IngestReport] = []
        for path, mark in self._settled():
            if self._done.get(path) == mark:
                continue
            if self._is_stopping():
                return reports
            try:
                with told_if_away():
                    report = take_file(self._app.database, path, self._app.clock)
            except StoreAwayError:
                raise  # that is no fault of the file's: it is taken at the next look
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
        if not self._is_published and not self._is_stopping():
            work.publish_feeds(self._app)
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
