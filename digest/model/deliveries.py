"""What is on its way to a reader, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeliveryState(StrEnum):
    """The life of a delivery; the last five are where one can end or wait for a person."""

    READY = "ready"
    LEASED = "leased"
    INFLIGHT = "inflight"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    UNCERTAIN = "uncertain"


class MailKind(StrEnum):
    """Which mail a delivery carries; each is a folder of templates."""

    DIGEST = "digest"
    CONFIRM = "confirm"
    ALREADY = "already"


class Outcome(StrEnum):
    """What a transport can say of one attempt."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of one attempt: its outcome, and the server's words where it said any.

    Deferred and failed are about this mail; unreachable is about the transport, costs the mail no
    attempt, and is certainly not accepted. Uncertain means that the end of the data was sent and
    no reply understood.
    """

    outcome: Outcome
    text: str
    code: int | None = None
    enhanced: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mail to one address: what is sent is the same bytes on every attempt.

    `key` names it for ever (Message-ID, MIME boundary, Maildir file); `planned_at` is its Date
    header; `fence` goes up with every claim, so that a worker that lost its lease cannot settle.
    `period` is the digest's local date or, for the other kinds, what makes the mail one of its kind.
    """

    id: int
    subscriber_id: int
    kind: MailKind
    period: str
    digest_id: int | None
    address: str
    key: str
    state: DeliveryState
    attempts: int
    fence: int
    planned_at: datetime
    next_at: datetime
    deadline_at: datetime
    is_maybe_duplicate: bool = False
    text: str = ""
    code: int | None = None
    enhanced: str | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What an attempt's verdict makes of a delivery: its next state, and when it is tried again.

    An attempt that failed for reasons of the transport's costs the mail nothing; one whose end
    nobody knows marks it as perhaps sent twice.
    """

    state: DeliveryState
    next_at: datetime | None = None
    uses_attempt: bool = True
    maybe_duplicate: bool = False
