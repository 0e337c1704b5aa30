"""Take a dump in: its papers, each under one identity, and where it lists them."""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from digest.clock import Clock
from digest.errors import HeldError
from digest.model.papers import Dump, KnownPaper, NewPaper, PaperRecord, Signature
from digest.pipeline.marking import mark_papers
from digest.sources.base import Page, SourceWarning
from digest.sources.health import why_held
from digest.sources.identity import bands_of, same_paper, signature
from digest.sources.normalize import title_key
from digest.store import dumps, papers
from digest.store.engine import Connection, Database

_CHUNK = 500
_USUAL = 10  # dumps that say how long one usually is


class _RepeatedError(Exception):
    """Ends a transaction in which nothing new came to light."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of a dump; `is_known` when its very bytes had been taken in before."""

    dump: Dump
    papers: int
    new_papers: int
    is_known: bool
    warnings: tuple[SourceWarning, ...] = ()


def ingest(  # noqa: PLR0913  a page, and what is done beside it
    database: Database,
    page: Page,
    clock: Clock,
    advance: Callable[[int], None] = lambda _count: None,
    *,
    anyway: bool = False,
    note: Callable[[Connection], None] = lambda _connection: None,
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
    note: Callable[[Connection], None],
    *,
    anyway: bool,
) -> IngestReport:
    with database.ingesting() as connection:
        now = clock()
        usual = dumps.recent_lengths(connection, page.dump.source, _USUAL)
        dump_id = dumps.add_dump(connection, page.dump, now)
        if dump_id is None:
            raise _RepeatedError
        intake = _Intake(connection, dump_id, now)
        for chunk in _chunks(page.records):
            intake.take(chunk)
            advance(len(chunk))
        if not intake.brings_news and dumps.is_repetition(connection, dump_id, page.dump.source):
            raise _RepeatedError
        reason = None if anyway else why_held(intake.papers, usual)
        if reason:
            raise HeldError(page.dump.name, f"{reason}: held, as the page may be broken")
        dumps.count_dump(connection, dump_id, intake.papers, intake.new_papers)
        note(connection)
    warnings = tuple(page.warnings)
    return IngestReport(
        page.dump, intake.papers, intake.new_papers, is_known=False, warnings=warnings
    )


def paper_key(record: PaperRecord, fingerprint: Signature) -> str:
    """Return the public name of a paper: words of its title, and a hash that tells it from others."""
    plain = unicodedata.normalize("NFKD", record.title).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))[:48].strip("-")
    ids = "\0".join(sorted(f"{each.scheme}:{each.value}" for each in record.ids))
    identity = f"{fingerprint.title_key}\0{title_key(record.abstract)}\0{ids}".encode()
    tail = base64.b32encode(hashlib.sha256(identity).digest())[:12].decode().lower()
    return f"{words}-{tail}" if words else tail


@dataclass
class _Intake:
    """One dump on its way into the store, chunk by chunk."""

    connection: Connection
    dump_id: int
    now: datetime
    papers: int = 0
    new_papers: int = 0
    completed: int = 0

    @property
    def brings_news(self) -> bool:
        """Tell whether anything but listings was written."""
        return bool(self.new_papers or self.completed)

    def take(self, records: Sequence[PaperRecord]) -> None:
        """Store a chunk: what is new as papers, everything as listings."""
        signatures = [signature(record) for record in records]
        known = _Known(
            papers.known_papers(
                self.connection,
                title_keys={each.title_key for each in signatures},
                bands={band for each in signatures for band in each.bands},
                ids={paper_id for record in records for paper_id in record.ids},
            )
        )
        new: list[NewPaper] = []
        numbers: list[int] = []
        for record, mark in zip(records, signatures, strict=True):
            number = same_paper(record, mark, known.like(record, mark))
            if number is None:
                # A number below zero stands for the place among the new until the store gives one.
                number = ~len(new)
                new.append(NewPaper(paper_key(record, mark), record, mark))
                paper = KnownPaper(number, mark.title_key, record.abstract, record.ids)
                known.add(paper, mark.bands)
            elif number >= 0:
                self._complete(known.by_number[number], record, mark)
            numbers.append(number)
        stored = papers.add_papers(self.connection, new, self.dump_id, self.now)
        mark_papers(self.connection, stored)
        papers.add_listings(
            self.connection,
            self.dump_id,
            [
                (record.position, number if number >= 0 else stored[~number])
                for record, number in zip(records, numbers, strict=True)
            ],
        )
        self.papers += len(records)
        self.new_papers += len(new)

    def _complete(self, known: KnownPaper, record: PaperRecord, mark: Signature) -> None:
        """Take the whole abstract where only the beginning of it was known."""
        is_more = len(record.abstract) > len(known.abstract)
        if is_more and _is_beginning(known.abstract, record.abstract):
            papers.complete_paper(self.connection, known.id, record, mark, self.now)
            mark_papers(self.connection, [known.id])
            self.completed += 1


@dataclass
class _Known:
    """Stored papers, and those of this chunk, by everything that could make one the same."""

    found: list[KnownPaper]
    by_number: dict[int, KnownPaper] = field(default_factory=dict)
    _by_feature: dict[object, list[KnownPaper]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for paper in self.found:
            self.add(paper, bands_of(paper.abstract))

    def add(self, paper: KnownPaper, bands: Sequence[int]) -> None:
        self.by_number[paper.id] = paper
        for feature in _features(paper.title_key, bands, paper.ids):
            self._by_feature.setdefault(feature, []).append(paper)

    def like(self, record: PaperRecord, mark: Signature) -> list[KnownPaper]:
        found = {
            paper.id: paper
            for feature in _features(mark.title_key, mark.bands, record.ids)
            for paper in self._by_feature.get(feature, ())
        }
        return list(found.values())


def _features(name: str, bands: Sequence[int], ids: Sequence[object]) -> Iterator[object]:
    yield name
    yield from ids
    yield from bands


def _is_beginning(part: str, whole: str) -> bool:
    """Tell whether `part`, but for a torn last word, is how `whole` begins."""
    head = part.rstrip(" .\u2026").rsplit(" ", 1)[0] if " " in part else ""
    return whole.startswith(head)


def _chunks(records: Iterator[PaperRecord]) -> Iterator[list[PaperRecord]]:
    while chunk := list(islice(records, _CHUNK)):
        yield chunk
