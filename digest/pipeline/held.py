"""Dumps that may be broken pages: kept as they came, until a person publishes or discards them."""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from itertools import islice
from pathlib import Path

from digest.clock import Clock
from digest.errors import HeldError, SourceError
from digest.model.operators import HeldDump, HeldOutcome
from digest.pipeline.ingest import IngestReport, ingest
from digest.sources.base import Page, SourceWarning
from digest.sources.dumps.saved_pages import read_page
from digest.store import audit, held_dumps
from digest.store.engine import Connection, Database

# What is held is far shorter than its like. Longer pages stay where they are, as files.
LARGEST = 16 << 20
_PLAIN_NAME = re.compile(r"[\w-][\w .-]{0,100}", re.ASCII)
_SHOWN_TITLES = 10
_SHOWN_WARNINGS = 20


class _DecidedError(Exception):
    """Ends a transaction: somebody has decided meanwhile."""


def take_file(  # noqa: PLR0913  a file, and how it is taken
    database: Database,
    path: Path,
    clock: Clock,
    advance: Callable[[int], None] = lambda _count: None,
    *,
    dated_on: date | None = None,
    anyway: bool = False,
    beside: Callable[[Connection, IngestReport], None] = lambda _connection, _report: None,
) -> IngestReport:
    """Take a saved page in, as `ingest` does; the bytes of one that is held are kept (HeldError).

    One that was held before, and is taken in now, waits for nobody any more; one that was discarded
    counts as known, however short lists have become since. `beside` is written down in the
    transaction that takes it in.
    """
    page = read_page(path, today=clock().date(), dated_on=dated_on)
    with database.reading() as connection:
        held = held_dumps.held_like(connection, page.dump)
    if held is not None and held.outcome is HeldOutcome.DISCARDED and not anyway:
        return IngestReport(page.dump, 0, 0, is_known=True, is_discarded=True)

    def note(connection: Connection, report: IngestReport) -> None:
        beside(connection, report)
        waits = held_dumps.held_like(connection, page.dump)
        if waits is not None:
            held_dumps.settle_dump(connection, waits.id, HeldOutcome.PUBLISHED, clock())

    try:
        return ingest(database, page, clock, advance, anyway=anyway, note=note)
    except HeldError as error:
        if held is None:
            _keep(database, path, page, error, clock)
            with database.reading() as connection:
                held = held_dumps.held_like(connection, page.dump)
        error.number = held.id if held else None
        raise


def publish_held(database: Database, number: int, operator: str, clock: Clock) -> HeldDump | None:
    """Take a held dump in anyway, from the bytes that were kept; None if there is none.

    The first decision stands: one that was decided upon is returned as it is. Its papers, the
    decision and the line about it are written in one transaction. Raises SourceError.
    """
    held = _held(database, number)
    if held is None or held.outcome is not None:
        return held

    def note(connection: Connection, _report: IngestReport) -> None:
        if not _settle(connection, held, HeldOutcome.PUBLISHED, operator, clock()):
            raise _DecidedError

    try:
        with _page_of(database, held) as page:
            is_known = ingest(database, page, clock, anyway=True, note=note).is_known
    except _DecidedError:
        is_known = False
    if is_known:  # from elsewhere, or a list says it all
        with database.writing() as connection:
            _settle(connection, held, HeldOutcome.PUBLISHED, operator, clock())
    return _held(database, number)


def discard_held(database: Database, number: int, operator: str, clock: Clock) -> HeldDump | None:
    """Decide that a held dump is a broken page; None if there is none. The first decision stands."""
    held = _held(database, number)
    if held is None or held.outcome is not None:
        return held
    with database.writing() as connection:
        _settle(connection, held, HeldOutcome.DISCARDED, operator, clock())
    return _held(database, number)


@dataclass(frozen=True, slots=True)
class HeldLook:
    """What is read of a held dump: how many papers, the first titles, the first oddities."""

    dump: HeldDump
    papers: int
    titles: tuple[str, ...]
    warnings: tuple[SourceWarning, ...]
    problem: str = ""


def look_at(database: Database, number: int) -> HeldLook | None:
    """Return what a held dump says, None if there is none; changes nothing."""
    held = _held(database, number)
    if held is None:
        return None
    try:
        with _page_of(database, held) as page:
            titles = [record.title for record in islice(page.records, _SHOWN_TITLES)]
            papers = len(titles) + sum(1 for _ in page.records)
            warnings = tuple(page.warnings[:_SHOWN_WARNINGS])
    except SourceError as error:  # read by a version that knew this layout, or by none
        return HeldLook(held, 0, (), (), error.problem)
    return HeldLook(held, papers, tuple(titles), warnings)


def _held(database: Database, number: int) -> HeldDump | None:
    with database.reading() as connection:
        return held_dumps.held_dump(connection, number)


def _keep(database: Database, path: Path, page: Page, error: HeldError, clock: Clock) -> None:
    """Keep the bytes of a dump that is held, for somebody to decide."""
    try:
        body = path.read_bytes() if path.stat().st_size <= LARGEST else b""
    except OSError:
        body = b""
    # The file may have been written to since: what is kept is what was judged, or nothing.
    if hashlib.sha256(body).hexdigest() == page.dump.checksum:
        with database.writing() as connection:
            held_dumps.hold_dump(connection, page.dump, body, error.problem, clock())


@contextmanager
def _page_of(database: Database, held: HeldDump) -> Iterator[Page]:
    """Give the page that was held, to be read while the block lasts.

    It is read as a file of the day it was dated on, under its own name where that is plain.
    """
    with database.reading() as connection:
        body = held_dumps.body_of(connection, held.id)
    with tempfile.TemporaryDirectory(prefix="digest-held-") as folder:
        name = held.name if _PLAIN_NAME.fullmatch(held.name) else "dump.txt"
        path = Path(folder) / name
        path.write_bytes(body)
        noon = datetime.combine(held.dated_on, time(12), UTC).timestamp()
        os.utime(path, (noon, noon))
        page = read_page(path, today=held.held_at.date(), source=held.source)
        if page.dump.dated_on != held.dated_on:
            page = read_page(
                path, today=held.held_at.date(), source=held.source, dated_on=held.dated_on
            )
        yield replace(page, dump=replace(page.dump, name=held.name))


def _settle(
    connection: Connection, held: HeldDump, outcome: HeldOutcome, operator: str, now: datetime
) -> bool:
    """Decide upon a held dump and write down who did; return False if somebody has before."""
    is_first = held_dumps.settle_dump(connection, held.id, outcome, now)
    if is_first:
        deed = "publish dump" if outcome is HeldOutcome.PUBLISHED else "discard dump"
        audit.note(connection, operator, deed, f"dump {held.id} ({held.name})", now)
    return is_first
