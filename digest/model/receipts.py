"""What the ledger knows of one reader and one day: what a receipt is told from."""

from dataclasses import dataclass
from datetime import date, datetime

from digest.model.deliveries import Attempt, BounceKind, Delivery
from digest.model.digests import Digest
from digest.model.sources import Lacking
from digest.model.subscribers import Subscriber, Wishes


@dataclass(frozen=True, slots=True)
class ReadDump:
    """A list of papers that was read for a digest: its day, how many it lists, and when it was read."""

    name: str
    dated_on: date
    papers: int
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """A digest in numbers.

    `considered`, `matched`, `excluded`, `is_rest` and `lacking` are the digest's; beside the
    `entries` papers it shows, `folded` more are told under them; `wishes` are what its reader wished
    then. None of what an earlier release did not keep.
    """

    number: int
    period: date
    window_after: int
    window_through: int
    composed_at: datetime
    considered: int
    matched: int
    excluded: int | None
    is_rest: bool
    entries: int
    folded: int
    wishes: Wishes | None
    lacking: tuple[Lacking, ...] = ()

    @property
    def papers(self) -> int:
        """Return how many papers it shows, those told under another among them."""
        return self.entries + self.folded


def in_numbers(digest: Digest) -> Choice:
    """Return a digest in numbers."""
    return Choice(
        number=digest.id,
        period=digest.period,
        window_after=digest.window.after,
        window_through=digest.window.through,
        composed_at=digest.composed_at,
        considered=digest.considered,
        matched=digest.matched,
        excluded=digest.excluded,
        is_rest=digest.is_rest,
        entries=len(digest.entries),
        folded=sum(len(entry.folded) for entry in digest.entries),
        wishes=digest.wishes,
        lacking=digest.lacking,
    )


@dataclass(frozen=True, slots=True)
class Intake:
    """What was read for a digest: the last `dumps` of `count`, with `papers` first listed in them."""

    dumps: tuple[ReadDump, ...]
    count: int
    papers: int


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back about a mail after it was accepted, in the words of whoever sent it back."""

    kind: BounceKind
    text: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Silence:
    """Since when an address is not written to, and whether its owner complained of our mail."""

    since: datetime
    is_complaint: bool


@dataclass(frozen=True, slots=True)
class DayFacts:
    """All that is known of a reader's day at `now`; a day may have no digest, a digest no mail.

    `intake` and `attempts` are None and empty where nobody asked for them. `farewells` is when the
    reader unsubscribed, newest first, as far as that is known; `next_period` is the day of their
    next digest after this one. `is_forgotten` says that the day is older than all that is kept.
    """

    day: date
    now: datetime
    reader: Subscriber
    choice: Choice | None = None
    mail: Delivery | None = None
    intake: Intake | None = None
    attempts: tuple[Attempt, ...] = ()
    returned: tuple[Returned, ...] = ()
    silence: Silence | None = None
    farewells: tuple[datetime, ...] = ()
    next_period: date | None = None
    is_forgotten: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What happened on a reader's day: in a line, then what was chosen, then what became of it.

    `digest_id` is the digest that has gone out to its reader, None if none has.
    """

    day: date
    headline: str
    choice: tuple[str, ...]
    mail: tuple[str, ...]
    digest_id: int | None = None

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return all that it says, in order."""
        return (self.headline, *self.choice, *self.mail)
