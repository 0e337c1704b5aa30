"""Readers, what they are interested in, and when they want to hear of it."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import NamedTuple

from digest.model.languages import DEFAULT_LANGUAGE

MAX_EXPRESSION = 80
MAX_INTERESTS = 50
MAX_PAPERS = 30


class Address(NamedTuple):
    """A mail address: as its owner wrote it, and the form in which two are the same."""

    written: str
    key: str


class SubscriberState(StrEnum):
    """Who may be written to: only the active."""

    UNCONFIRMED = "unconfirmed"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"


class Days(StrEnum):
    """On which local days a digest is due."""

    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"


class QuietDays(StrEnum):
    """What a reader hears when no paper matches: nothing, the day's papers later, or the nearest.

    ROLL_OVER gathers over days until there are enough for a digest, or it has been a week; REST
    sends the best of the rest, marked as such.
    """

    SKIP = "skip"
    ROLL_OVER = "roll-over"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Cadence:
    """When a reader's digest is due, in the reader's own zone.

    `weekday` counts from Monday = 0 and matters for weekly digests only; `zone` is an IANA name.
    """

    days: Days
    at: time
    zone: str
    weekday: int = 0


@dataclass(frozen=True, slots=True)
class Interest:
    """One keyword expression of a reader, with its weight (0.1 to 10)."""

    expression: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a reader may set.

    What about, when, how many papers at most, in which language, and what a quiet day brings.
    """

    interests: tuple[Interest, ...]
    cadence: Cadence
    papers_per_digest: int
    language: str = DEFAULT_LANGUAGE
    quiet: QuietDays = QuietDays.SKIP


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A reader by mail.

    `seen_through` is the highest dump id an accepted digest of theirs covered (None: nothing yet);
    `token_version` goes up when the links in their mails must stop working, `revision` whenever
    their interests, number of papers, feedback or mutes change: what was compiled of an older one
    is stale. `language` is that of their mails. No digest is due before `paused_until`;
    that pause, or the last, began at `paused_at` and was ended early at `resumed_at`, if it was.
    `left_at` is when they unsubscribed by themselves.
    """

    id: int
    address: str
    state: SubscriberState
    cadence: Cadence
    papers_per_digest: int
    interests: tuple[Interest, ...]
    created_at: datetime
    confirmed_at: datetime | None
    next_due_at: datetime | None
    seen_through: int | None
    token_version: int
    revision: int = 0
    language: str = DEFAULT_LANGUAGE
    quiet: QuietDays = QuietDays.SKIP
    paused_until: datetime | None = None
    left_at: datetime | None = None
    paused_at: datetime | None = None
    resumed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One moment a digest is due: `period` is the reader's local date, the key of "once a day"."""

    period: date
    due_at: datetime
