"""What was chosen for a reader, and why."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from digest.model.papers import Paper
from digest.model.sources import Lacking
from digest.model.subscribers import Subscriber, Wishes


class MatchKind(StrEnum):
    """How a paper came to be chosen, strongest first.

    The first four are of words that stand in the paper. Related means close in meaning only; liked
    means by words shared with a paper the reader liked.
    """

    PHRASE = "phrase"
    NEAR = "near"
    ACRONYM = "acronym"
    WORDS = "words"
    RELATED = "related"
    LIKED = "liked"


class Field(StrEnum):
    """Where in a paper."""

    TITLE = "title"
    ABSTRACT = "abstract"


class Quoted(NamedTuple):
    """The sentence of a paper that shows a match, the same for everybody to whom it is shown."""

    paper_id: int
    kind: MatchKind
    field: Field
    sentence: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a paper was chosen: the words that matched, in their sentence.

    `expression` is the reader's, or the title of the liked paper where `kind` is LIKED. `spans` are
    (start, end) offsets of the matched words in `sentence`, ascending and disjoint; `share` is this
    interest's part of the score, 0 to 1.
    """

    expression: str
    kind: MatchKind
    field: Field
    sentence: str
    spans: tuple[tuple[int, int], ...]
    share: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in a digest, with its score and the reasons for it, largest share first.

    `folded` are the ids of papers much like this one, best first, told in a line under it: they
    count as shown. `topic` is what they share, "" where none is folded.
    """

    paper_id: int
    score: float
    reasons: tuple[Reason, ...]
    folded: tuple[int, ...] = ()
    topic: str = ""

    @property
    def paper_ids(self) -> tuple[int, ...]:
        """Return every paper this entry shows: its own first, then the folded ones."""
        return (self.paper_id, *self.folded)


@dataclass(frozen=True, slots=True)
class Window:
    """The first listings a digest covers: dump ids in (after, through]."""

    after: int
    through: int


@dataclass(frozen=True, slots=True)
class Digest:
    """The papers chosen for one subscriber and one period, frozen when composed.

    `considered` papers stood in the window, `matched` of them met an interest, and the entries
    are the best of those. `wishes` are the reader's as they were then: the mail shows them, and is
    the same bytes on every attempt (None: composed by a release that did not keep them). `excluded`
    papers met an interest but were hidden (None: such a release, too). `is_rest` says that nothing
    matched, and the entries are the best of the rest. `lacking` are the sources that were incomplete
    then.
    """

    id: int
    subscriber_id: int
    period: date
    window: Window
    considered: int
    matched: int
    entries: tuple[Entry, ...]
    composed_at: datetime
    wishes: Wishes | None = None
    excluded: int | None = None
    is_rest: bool = False
    lacking: tuple[Lacking, ...] = ()

    @property
    def paper_ids(self) -> frozenset[int]:
        """Return the papers it shows, those told under another among them."""
        return frozenset(number for entry in self.entries for number in entry.paper_ids)


@dataclass(frozen=True, slots=True)
class DigestEdition:
    """A digest with everything a template needs to show it: `papers` has the folded ones too.

    `read_since` is when the first papers of its window were read, if that is known.
    """

    digest: Digest
    subscriber: Subscriber
    papers: dict[int, Paper]
    read_since: datetime | None = None
