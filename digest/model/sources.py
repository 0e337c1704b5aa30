"""How sources of papers are: what is kept of each, and what is said of it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

# The lists that somebody saves in the folder, or sends.
FOLDER = "dumps"


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is kept of a source between two looks at it.

    `cursor` is where it goes on, in its own words, "" before the first look; it moves in the
    transaction that keeps what was read. `failures` counts the looks in a row that failed, the
    first of them at `failing_since`, the last for the reason `problem`. `answered_at` is when it
    last answered as it should, `news_at` when it last listed anything new.
    """

    name: str
    title: str
    cursor: str = ""
    next_look_at: datetime | None = None
    looked_at: datetime | None = None
    answered_at: datetime | None = None
    news_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many papers a source listed under a day by now, and when the first and last of them came."""

    day: date
    papers: int
    begun_at: datetime
    filled_at: datetime


class Lack(StrEnum):
    """What is wrong with what a source gave, as readers are told."""

    SILENT = "silent"
    """It does not answer, or not as it should."""
    NOTHING = "nothing"
    """It answers, but lists nothing for a day on which there is always something."""
    FEW = "few"
    """It lists far fewer papers for a day than on such days before."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """A source that is incomplete so far: for which day, or since when, and by how much.

    `papers` are there, where about `usual` are on such a day; both are 0 where it does not answer.
    `is_long` says that it is so for longer than a day, which feeds tell in an entry of its own.
    """

    source: str
    title: str
    lack: Lack
    since: datetime
    day: date | None = None
    papers: int = 0
    usual: int = 0
    is_long: bool = False
