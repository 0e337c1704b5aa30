"""What every source gives: pages of records, and what it did not understand, by line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from digest.model.papers import Dump, PaperRecord


@dataclass(frozen=True, slots=True)
class SourceWarning:
    """Something a source did not understand and went past; `line` is 0 where there are no lines."""

    line: int
    problem: str


@dataclass(frozen=True, slots=True)
class Page:
    """One dump on its way in: what it is, its records in order, and the oddities met so far.

    `records` is read once and as it goes; `warnings` grows meanwhile and is complete when
    `records` ends. Reading may raise SourceError, whereupon nothing of the page may be kept.
    """

    dump: Dump
    records: Iterator[PaperRecord]
    warnings: list[SourceWarning] = field(default_factory=list)


class Source(Protocol):
    """Where papers come from."""

    def harvest(self, *, today: date) -> Iterator[Page]:
        """Yield what is there now, one page a dump, oldest first.

        Raises SourceError for a dump that is refused whole; the pages before it stand.
        """
        ...
