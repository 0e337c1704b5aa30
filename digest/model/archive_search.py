"""What a paper must have to be worth looking at, as data, and what a search of the archive found.

Marks are what a paper is looked up by: words and names in the form in which they are compared. No
database is asked in a language of its own before the store has written these down in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

# Longer ones are cut, in papers and in what is asked alike.
LONGEST_MARK = 100


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark to look for, or, with `is_prefix`, how one begins."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these; at least one is there."""

    parts: tuple["Needed", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these; at least one is there."""

    parts: tuple["Needed", ...]


Needed = Mark | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a paper, as they were at `read_at`, made by a version of the analysis."""

    paper_id: int
    read_at: datetime
    version: int
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Papers that may match, the newest first; `is_cut`: there are older ones beyond the limit."""

    numbers: tuple[int, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: papers and their points, best first, of so many that were looked at."""

    points: Mapping[int, int]
    looked_at: int
    is_cut: bool
