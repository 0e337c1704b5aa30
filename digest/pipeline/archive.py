"""The statistics that scores rest on: frozen now and then, read by every process once."""

import logging
import threading
from datetime import date

from digest.clock import Clock
from digest.errors import StoreError
from digest.model.archives import StoredArchive
from digest.ranking.archive import Archive
from digest.store import archives, papers
from digest.store.engine import Database

logger = logging.getLogger(__name__)

_CHUNK = 1000
# So much more papers make the old numbers poor ones, above all in the first days.
_GROWTH = 1.5


class Archives:
    """The archive in use: the one frozen last, whichever process froze it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._current: tuple[int, Archive] | None = None

    def current(self) -> Archive:
        """Return the archive in use; the first time ever, freeze it."""
        with self._lock:
            with self._database.reading() as connection:
                number = archives.newest_archive_id(connection)
            if self._current is None or self._current[0] != number:
                self._current = self._read()
            return self._current[1]

    def refreeze(self) -> bool:
        """Freeze anew if month, growth or an unreadable archive ask for it; return whether it was.

        Two processes that freeze at once keep one archive; killed half way, the old one stays.
        """
        today = self._clock().date()
        with self._database.reading() as connection:
            newest = archives.newest_archive(connection)
            count = papers.count_papers(connection)
        is_readable = newest is None or Archive.can_read(newest.body)
        if is_readable and not is_due(newest, count, today):
            return False
        self._freeze(today, replaced=None if newest is None or is_readable else newest.id)
        return True

    def _read(self) -> tuple[int, Archive]:
        with self._database.reading() as connection:
            newest = archives.newest_archive(connection)
        if newest is None:
            self._freeze(self._clock().date())
            return self._read()
        try:
            return newest.id, Archive.from_bytes(newest.body)
        except StoreError as error:  # of another version: papers are counted again, nothing waits
            logger.warning("%s; the papers are counted again", error)
            return newest.id, self._count()

    def _count(self) -> Archive:
        with self._database.reading() as connection:
            chunks = papers.texts_of_papers(connection, None, _CHUNK)
            return Archive.of(text for chunk in chunks for text in chunk)

    def _freeze(self, today: date, replaced: int | None = None) -> None:
        frozen = self._count()
        body = frozen.to_bytes()
        with self._database.writing() as connection:
            if replaced is not None:
                archives.drop_archive(connection, replaced)
            archives.add_archive(connection, today, frozen.papers, body, self._clock())


def is_due(newest: StoredArchive | None, papers: int, today: date) -> bool:
    """Return whether so many papers are to be counted anew."""
    if newest is None or papers >= _GROWTH * newest.papers > 0:
        return True
    is_another_month = (newest.frozen_on.year, newest.frozen_on.month) != (today.year, today.month)
    return papers > newest.papers and (is_another_month or newest.papers == 0)
