"""The watched folder of dumps."""

import logging
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from digest.app import App
from digest.errors import HeldError, SourceError, StoreAwayError
from digest.jobs import work
from digest.jobs.moving import Mark, Subfolder, mark_of, move
from digest.pipeline.held import take_file
from digest.pipeline.ingest import IngestReport
from digest.pipeline.marking import mark_the_rest
from digest.sources.dumps.saved_pages import pages_in
from digest.store.engine import told_if_away
from digest.store.held_dumps import waiting_dumps

logger = logging.getLogger(__name__)

# A file that was written to in the last seconds may still be on its way.
_SETTLED_AFTER = 2.0
_DISCARDED = "discarded at /admin/dumps or by `digest dumps`"


@dataclass(slots=True)
class _Seen:
    """What became of a file as it was when it had this mark, and where it is still to go."""

    mark: Mark
    to: Subfolder | None = None
    why: str = ""
    held: int | None = None
    is_told: bool = False


class DumpsFolder:
    """The watched folder: hands each settled file to `ingest` once.

    Files stay where they are, or are moved to the folder `done` or `refused` in it, as
    DIGEST_DUMPS_AFTER says; one that is held stays until somebody has decided. What was read, or
    refused, is looked at again only when it changes; after a restart the store knows the bytes it
    has, so that a file whose move was cut short is moved then. `judge` is called when lists have
    come in, since what sources lack may have come with them.
    """

    def __init__(
        self,
        app: App,
        now: Callable[[], float] = time.time,
        is_stopping: Callable[[], bool] = lambda: False,
        judge: Callable[[], object] = lambda: None,
    ) -> None:
        self._app = app
        self._now = now
        self._judge = judge
        self._is_stopping = is_stopping
        self._moves = app.settings.dumps_after == "move"
        self._seen: dict[Path, _Seen] = {}
        self._ahead: dict[Path, Mark] = {}
        self._is_published = False

    def take_new(self) -> list[IngestReport]:
        """Ingest the files that are new, oldest first, and rebuild the feeds if any had papers.

        What the release before has written meanwhile is made known to the search of the archive.
        A refused file is logged with its place and does not stop the others. Told to stop, it leaves
        the rest of them, and the feeds, to whoever looks next. Raises StoreAwayError.
        """
        reports: list[IngestReport] = []
        settled = self._settled()
        self._forget_decided()
        for path, mark in settled:
            seen = self._seen.get(path)
            if seen is None or seen.mark != mark:
                if self._is_stopping():
                    return reports
                seen = self._take(path, mark, reports)
            if seen is not None:
                self._seen[path] = seen
                self._move(path, seen)
        self._seen = {path: seen for path, seen in self._seen.items() if os.path.lexists(path)}
        if not self._is_published and not self._is_stopping():
            self._judge()
            work.publish_feeds(self._app)
            mark_the_rest(self._app.database, is_stopping=self._is_stopping)
            self._is_published = True
        return reports

    def _take(self, path: Path, mark: Mark, reports: list[IngestReport]) -> _Seen | None:
        """Take a file in; return what became of it, None if it is to be read again at the next look."""
        try:
            with told_if_away():
                report = take_file(self._app.database, path, self._app.clock)
        except StoreAwayError:
            raise  # that is no fault of the file's: it is taken at the next look
        except HeldError as error:
            logger.error("%s; decide at /admin/dumps or by `digest dumps`", error)  # noqa: TRY400  the same
            return _Seen(mark, held=error.number)
        except SourceError as error:
            if _is_changed(path, mark):
                return None
            logger.error("refused, nothing of it was kept: %s", error)  # noqa: TRY400  no trace: the message is the place
            # One that may not be read is left to whoever put it there.
            return _Seen(mark, Subfolder.REFUSED if os.access(path, os.R_OK) else None, str(error))
        except Exception:  # whatever is wrong with one file must not hold up the others
            logger.exception("%s cannot be taken in; it is tried again when it changes", path)
            return _Seen(mark)
        reports.append(report)
        _log(report)
        self._is_published &= report.is_known
        if report.is_discarded:
            return _Seen(mark, Subfolder.REFUSED, _DISCARDED)
        return _Seen(mark, Subfolder.DONE)

    def _move(self, path: Path, seen: _Seen) -> None:
        """Move a file that is done with, if it is to be; one that cannot be is told once, and kept."""
        if not self._moves or seen.to is None:
            return
        try:
            move(path, seen.mark, seen.to, seen.why)
        except OSError as error:
            if not seen.is_told:
                logger.error(  # noqa: TRY400  no trace: the sentence says it all
                    "%s cannot be moved to %s (%s): let Digest write there, or set "
                    "DIGEST_DUMPS_AFTER=leave; it is not read again meanwhile",
                    path,
                    path.parent / seen.to,
                    error.strerror or error,
                )
            seen.is_told = True

    def _forget_decided(self) -> None:
        """Have the files read again that were held, once somebody has decided: they are to be moved."""
        held = {path: seen.held for path, seen in self._seen.items() if seen.held is not None}
        if not held or not self._moves:
            return
        with told_if_away(), self._app.database.reading() as connection:
            waiting = {each.id for each in waiting_dumps(connection)}
        for path, number in held.items():
            if number not in waiting:
                del self._seen[path]

    def _settled(self) -> list[tuple[Path, Mark]]:
        found: list[tuple[Path, Mark]] = []
        ahead: dict[Path, Mark] = {}
        for path in pages_in(self._app.settings.dumps_path):
            try:
                if not stat.S_ISREG(path.stat().st_mode):
                    continue
                mark = mark_of(path)
            except OSError:
                continue  # gone since, or a link to nowhere
            age = self._now() - mark.written_ns / 1e9
            # Of a clock that is ahead of ours: settled is what did not change meanwhile.
            if age < 0:
                ahead[path] = mark
            if age >= _SETTLED_AFTER or (age < 0 and self._ahead.get(path) == mark):
                found.append((path, mark))
        self._ahead = ahead
        return sorted(found, key=lambda each: (each[1].written_ns, each[0]))


def _is_changed(path: Path, mark: Mark) -> bool:
    """Tell whether a file was written to, or taken away, since it had this mark."""
    try:
        return mark_of(path) != mark
    except OSError:
        return True


def _log(report: IngestReport) -> None:
    if report.is_known:
        logger.info("%s: known, nothing changed", report.dump.name)
        return
    logger.info("%s: %d papers, %d new", report.dump.name, report.papers, report.new_papers)
    for warning in report.warnings:
        logger.warning("%s", warning.at(report.dump.name))
