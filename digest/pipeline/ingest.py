"""Take a dump in: its papers, each under one identity, and where it lists them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from digest.clock import Clock
from digest.errors import HeldError
from digest.model.papers import Dump, PaperRecord
from digest.pipeline.intake import CHUNK, Intake
from digest.sources.base import Page, SourceWarning
from digest.sources.health.whole import why_held
from digest.store import dumps, papers
from digest.store.engine import Connection, Database

_USUAL = 10  # dumps that say how long one usually is


class _RepeatedError(Exception):
    """Ends a transaction in which nothing new came to light."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of a dump; `is_known` when its very bytes had been taken in before.

    So they count, too, once a person has discarded them (`is_discarded`).
    """

    dump: Dump
    papers: int
    new_papers: int
    is_known: bool
    warnings: tuple[SourceWarning, ...] = ()
    is_discarded: bool = False


def ingest(  # noqa: PLR0913  a page, and what is done beside it
    database: Database,
    page: Page,
    clock: Clock,
    advance: Callable[[int], None] = lambda _count: None,
    *,
    anyway: bool = False,
    note: Callable[[Connection, IngestReport], None] = lambda _connection, _report: None,
) -> IngestReport:
    """Take in what a source gave, whole or not at all, and say what it was.

    A dump that lists what the last one lists counts as known. One that is far smaller than the
    last ones is held (HeldError) unless it is to be taken `anyway`.

    One transaction, and one ingesting process at a time: killed half way, or refused in mid-file
    (SourceError), nothing is left behind; the same bytes again, or two processes at once, change
    nothing. `advance` is told how many records were done, for a progress bar; `note` writes down,
    in the same transaction, that the dump was taken in.
    """
    try:
        return _ingest(database, page, clock, advance, note, anyway=anyway)
    except _RepeatedError:
        return IngestReport(page.dump, 0, 0, is_known=True)


def _ingest(  # noqa: PLR0913  as `ingest`
    database: Database,
    page: Page,
    clock: Clock,
    advance: Callable[[int], None],
    note: Callable[[Connection, IngestReport], None],
    *,
    anyway: bool,
) -> IngestReport:
    with database.ingesting() as connection:
        now = clock()
        usual = dumps.recent_lengths(connection, page.dump.source, _USUAL)
        dump_id = dumps.add_dump(connection, page.dump, now)
        if dump_id is None:
            raise _RepeatedError
        intake = Intake(connection, now, page.dump.source)
        count = 0
        for chunk in _chunks(page.records):
            _list(intake, dump_id, chunk)
            count += len(chunk)
            advance(len(chunk))
        if not intake.brings_news and dumps.is_repetition(connection, dump_id, page.dump.source):
            raise _RepeatedError
        reason = None if anyway else why_held(count, usual)
        if reason:
            raise HeldError(page.dump.name, f"{reason}: held, as the page may be broken")
        dumps.count_dump(connection, dump_id, count, intake.new_papers)
        report = IngestReport(
            page.dump, count, intake.new_papers, is_known=False, warnings=tuple(page.warnings)
        )
        note(connection, report)
    return report


def _list(intake: Intake, dump_id: int, records: Sequence[PaperRecord]) -> None:
    """Store a chunk of a dump: what is new as papers, everything as listings."""
    found = intake.recognise(records)
    stored = intake.add(found.new, dump_id)
    papers.add_listings(
        intake.connection,
        dump_id,
        [
            (record.position, number if number >= 0 else stored[~number])
            for record, number in zip(records, found.numbers, strict=True)
            if number is not None
        ],
    )


def _chunks(records: Iterator[PaperRecord]) -> Iterator[list[PaperRecord]]:
    while chunk := list(islice(records, CHUNK)):
        yield chunk
