"""Records on their way into the store: which are papers it knows, what is new, what is completed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digest.model.papers import NewPaper, PaperRecord
from digest.pipeline.marking import mark_papers
from digest.pipeline.recognising import KnownSoFar, paper_key
from digest.sources.identity.paper_ids import normal_ids
from digest.sources.identity.same import signature
from digest.store import completing, papers
from digest.store.engine import Connection
from digest.store.observations import UPVOTES, keep_observations

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
    """What a transaction takes in of a source; the connection holds the ingest lock."""

    connection: Connection
    now: datetime
    source: str = ""
    new_papers: int = 0
    completed: int = 0

    @property
    def brings_news(self) -> bool:
        """Tell whether anything but listings was written."""
        return bool(self.new_papers or self.completed)

    def recognise(self, records: Sequence[PaperRecord]) -> Recognised:
        """Return which papers records are; what is known already is completed by them."""
        records = [replace(record, ids=normal_ids(record.ids)) for record in records]
        signatures = [signature(record) for record in records]
        names = list(map(paper_key, records, signatures))
        named = papers.papers_named(self.connection, set(names))
        found = papers.known_papers(
            self.connection,
            title_keys={key for each in signatures for key in each.title_keys},
            bands={band for each in signatures for band in each.bands},
            ids={paper_id for record in records for paper_id in record.ids},
            numbers=set(named.values()),
        )
        known = KnownSoFar(found, named)
        numbers = list(map(known.take, records, signatures, names))
        self._complete(known)
        new, places = known.new()
        numbers = [places.get(number, number) for number in map(known.standing, numbers)]
        self._observe(records, numbers)
        return Recognised(records, numbers, new)

    def add(self, new: Sequence[NewPaper], dump_id: int) -> list[int]:
        """Store papers that a dump lists first; return their ids in the order given."""
        stored = papers.add_papers(self.connection, new, dump_id, self.now)
        mark_papers(self.connection, stored)
        self._observe([each.record for each in new], stored)
        self.new_papers += len(new)
        return stored

    def _complete(self, known: KnownSoFar) -> None:
        """Write down what stored papers gained; only what is searched by other words is read anew."""
        completing.fold_papers(self.connection, known.folds, self.now)
        gains = known.gains()
        completing.complete_papers(self.connection, gains, self.now)
        shown = [gain for gain in gains if gain.is_shown]
        anew = {gain.paper.id for gain in shown if gain.is_found_anew}
        anew |= completing.stand_again(self.connection, gains, self.now)
        mark_papers(self.connection, anew | {number for number, _ in known.folds})
        rest = [gain.paper.id for gain in shown if gain.paper.id not in anew]
        completing.keep_marks_as_they_are(self.connection, rest, self.now)
        self.completed += len(shown)

    def _observe(self, records: Sequence[PaperRecord], numbers: Sequence[int | None]) -> None:
        """Keep what the source says of stored papers in numbers."""
        upvotes = {
            number: record.upvotes
            for record, number in zip(records, numbers, strict=True)
            if number is not None and number >= 0 and record.upvotes is not None
        }
        keep_observations(self.connection, self.source, UPVOTES, self.now.date(), upvotes)
