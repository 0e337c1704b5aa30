"""Records on their way into the store: which are papers it knows, what is new, what is completed."""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest.model.papers import KnownPaper, NewPaper, PaperRecord, Signature
from digest.pipeline.marking import mark_papers
from digest.sources.identity import bands_of, same_paper, signature
from digest.sources.normalize import title_key
from digest.store import papers
from digest.store.engine import Connection

CHUNK = 500
"""Records that are compared with the store at a time."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Records with the papers they are.

    `numbers` has for each record the id of a paper, below zero one of the new ones (`~number` is
    its place among them), None for an update of a paper that is not known.
    """

    records: Sequence[PaperRecord]
    numbers: Sequence[int | None]
    new: Sequence[NewPaper]

    def is_new(self, place: int) -> bool:
        """Tell whether the record at a place is a paper not known before."""
        number = self.numbers[place]
        return number is not None and number < 0


@dataclass
class Intake:
    """What a transaction takes in; the connection holds the ingest lock."""

    connection: Connection
    now: datetime
    new_papers: int = 0
    completed: int = 0

    @property
    def brings_news(self) -> bool:
        """Tell whether anything but listings was written."""
        return bool(self.new_papers or self.completed)

    def recognise(self, records: Sequence[PaperRecord]) -> Recognised:
        """Return which papers records are; what is known already is completed by them."""
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
        numbers: list[int | None] = []
        for record, mark in zip(records, signatures, strict=True):
            number = same_paper(record, mark, known.like(record, mark))
            if number is None and not record.is_update:
                # A number below zero stands for the place among the new until the store gives one.
                number = ~len(new)
                new.append(NewPaper(paper_key(record, mark), record, mark))
                paper = KnownPaper(number, mark.title_key, record.abstract, record.ids)
                known.add(paper, mark.bands)
            elif number is not None and number >= 0:
                self._complete(known.by_number[number], record, mark)
            numbers.append(number)
        return Recognised(records, numbers, new)

    def add(self, new: Sequence[NewPaper], dump_id: int) -> list[int]:
        """Store papers that a dump lists first; return their ids in the order given."""
        stored = papers.add_papers(self.connection, new, dump_id, self.now)
        mark_papers(self.connection, stored)
        self.new_papers += len(new)
        return stored

    def _complete(self, known: KnownPaper, record: PaperRecord, mark: Signature) -> None:
        """Take the whole abstract where only the beginning of it was known."""
        is_more = len(record.abstract) > len(known.abstract)
        if is_more and _is_beginning(known.abstract, record.abstract):
            papers.complete_paper(self.connection, known.id, record, mark, self.now)
            mark_papers(self.connection, [known.id])
            self.completed += 1


def paper_key(record: PaperRecord, fingerprint: Signature) -> str:
    """Return the public name of a paper: words of its title, and a hash that tells it from others."""
    plain = unicodedata.normalize("NFKD", record.title).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))[:48].strip("-")
    ids = "\0".join(sorted(f"{each.scheme}:{each.value}" for each in record.ids))
    identity = f"{fingerprint.title_key}\0{title_key(record.abstract)}\0{ids}".encode()
    tail = base64.b32encode(hashlib.sha256(identity).digest())[:12].decode().lower()
    return f"{words}-{tail}" if words else tail


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
