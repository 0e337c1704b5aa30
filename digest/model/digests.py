"""What was chosen for a reader, and why."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from digest.model.papers import Paper
from digest.model.subscribers import Subscriber


class MatchKind(StrEnum):
    """How a paper came to match an expression, strongest first."""

    PHRASE = "phrase"
    NEAR = "near"
    ACRONYM = "acronym"
    WORDS = "words"


class Field(StrEnum):
    """Where in a paper."""

    TITLE = "title"
    ABSTRACT = "abstract"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a paper was chosen: the words that matched, in their sentence.

    `spans` are (start, end) offsets of the matched words in `sentence`, ascending and disjoint;
    `share` is this interest's part of the score, 0 to 1.
    """

    expression: str
    kind: MatchKind
    field: Field
    sentence: str
    spans: tuple[tuple[int, int], ...]
    share: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in a digest, with its score and the reasons for it, largest share first."""

    paper_id: int
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """The first listings a digest covers: dump ids in (after, through]."""

    after: int
    through: int


@dataclass(frozen=True, slots=True)
class Digest:
    """The papers chosen for one subscriber and one period, frozen when composed.

    `considered` papers stood in the window, `matched` of them met an interest, and the entries
    are the best of those.
    """

    id: int
    subscriber_id: int
    period: date
    window: Window
    considered: int
    matched: int
    entries: tuple[Entry, ...]
    composed_at: datetime


@dataclass(frozen=True, slots=True)
class DigestEdition:
    """A digest with everything a template needs to show it."""

    digest: Digest
    subscriber: Subscriber
    papers: dict[int, Paper]
