"""What every source gives: records of papers, and what it did not understand, by place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

from digest.model.papers import Dump, PaperId, PaperRecord

# How far back a source is read that was never read before: a new site shows what is new.
FIRST_LOOK = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class SourceWarning:
    """Something a source did not understand and went past; `line` is 0 where there are no lines."""

    line: int
    problem: str

    def at(self, name: str) -> str:
        """Return it with its place in what is called by a name."""
        return (
            f"{name}, line {self.line}: {self.problem}" if self.line else f"{name}: {self.problem}"
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One dump on its way in: what it is, its records in order, and the oddities met so far.

    `records` is read once and as it goes; `warnings` grows meanwhile and is complete when
    `records` ends. Reading may raise SourceError, whereupon nothing of the page may be kept.
    """

    dump: Dump
    records: Iterator[PaperRecord]
    warnings: list[SourceWarning] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listed:
    """A record, and the day under which the source lists it.

    That is the day of the list where the source has lists by the day, else the day the paper came
    out there: never the day on which somebody happened to ask.
    """

    day: date
    record: PaperRecord


@dataclass(frozen=True, slots=True)
class Batch:
    """One answer of a service on its way in, whole: it is kept together or not at all.

    Once it is kept the source goes on at `cursor`. A record that could not be read is a warning;
    `withdrawn` are papers the service took back. An answer in which nothing is new still moves the
    cursor.
    """

    listed: Sequence[Listed]
    cursor: str
    warnings: Sequence[SourceWarning] = ()
    withdrawn: Sequence[PaperId] = ()


class Judged(Protocol):
    """What is to be known of a source to judge it."""

    @property
    def name(self) -> str:
        """Its name in the settings and in the database, 40 characters of ASCII at most."""
        ...

    @property
    def title(self) -> str:
        """Its name for people."""
        ...

    @property
    def every(self) -> timedelta:
        """How long to wait between two looks at it."""
        ...


class Source(Judged, Protocol):
    """A service that papers come from, asked every so often."""

    @property
    def is_ranked(self) -> bool:
        """Whether it lists the best papers first, rather than as they came."""
        ...

    def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
        """Yield what the service has that `cursor` does not cover yet, an answer at a time.

        `cursor` is the last Batch's that was kept, "" before the first: then FIRST_LOOK is how far
        back it reads. The next answer is asked for when the one before has been kept, so that
        whoever is killed half way goes on where it stopped. A cursor it cannot read, of another
        release, say, counts as "". An answer without anything new is a Batch too, so that it is
        known to have answered. Raises SourceError (SourceAwayError where it is to be tried again)
        for an answer that is not the service's, that is cut off, or of which more than half cannot
        be read: the batches before it stand.
        """
        ...
