"""What is on its way to a reader, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeliveryState(StrEnum):
    """The life of a delivery.

    Planned waits for an operator's release, ready for its time, leased is in a worker's hands,
    inflight may be on the wire. Accepted, failed, suppressed and expired are ends; uncertain and
    held wait for a person.
    """

    PLANNED = "planned"
    READY = "ready"
    LEASED = "leased"
    INFLIGHT = "inflight"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    UNCERTAIN = "uncertain"
    HELD = "held"


# Nothing becomes of a mail in one of these, unless a person says so.
ENDED = (
    DeliveryState.ACCEPTED,
    DeliveryState.FAILED,
    DeliveryState.SUPPRESSED,
    DeliveryState.EXPIRED,
)


class MailKind(StrEnum):
    """Which mail a delivery carries; each is a folder of templates."""

    DIGEST = "digest"
    CONFIRM = "confirm"
    ALREADY = "already"
    WELCOME = "welcome"
    GOODBYE = "goodbye"
    SIGN_IN = "sign-in"
    MOVE = "move"
    MOVED = "moved"


class Outcome(StrEnum):
    """What a transport can say of one attempt."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"
    UNCERTAIN = "uncertain"


class Stage(StrEnum):
    """How far handing over a mail has come; up to BODY it is certainly not accepted."""

    CONNECT = "connect"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"
    END = "end of data"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of one attempt: its outcome, and the server's words where it said any.

    Deferred and failed are about this mail; throttled is about everybody in its domain group,
    unreachable about the transport: both cost the mail no attempt. Withdrawn means that it was not
    armed. Uncertain means that the end of the data was sent and no reply understood; all others
    but accepted are certainly not accepted.
    """

    outcome: Outcome
    text: str
    code: int | None = None
    enhanced: str | None = None
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mail to one address: what is sent is the same bytes on every attempt.

    `key` names it for ever (Message-ID, MIME boundary, Maildir file); `planned_at` is its Date
    header; `fence` goes up with every claim, so that a worker that lost its lease cannot settle.
    `period` is the digest's local date or, for the other kinds, what makes the mail one of its
    kind. `domain_group` is what is throttled together (`delivery.domains`); `message_hash` is the
    SHA-256 of the bytes that were armed last, in hex, None before the first time; `transport` is
    the one they were armed for.
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
    domain_group: str = ""
    is_maybe_duplicate: bool = False
    message_hash: str | None = None
    transport: str | None = None
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


@dataclass(frozen=True, slots=True)
class Arming:
    """A claimed mail that is about to go out: `message_hash` of its bytes, `transport` it goes by."""

    delivery: Delivery
    message_hash: str
    transport: str


@dataclass(frozen=True, slots=True)
class Settled:
    """How an attempt ended, and what becomes of its delivery; `transport` is None if none had it."""

    delivery: Delivery
    settlement: Settlement
    verdict: Verdict
    transport: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that did not simply end well, as it is told to an operator."""

    delivery_id: int
    outcome: Outcome
    text: str
    code: int | None
    enhanced: str | None
    stage: str | None
    transport: str | None
    ended_at: datetime


class PauseScope(StrEnum):
    """What can be paused by an operator, or by a guard."""

    SITE = "site"
    DOMAIN = "domain"
    TRANSPORT = "transport"


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing new goes out to a domain group, over a transport or at all (`name` is "" then)."""

    scope: PauseScope
    name: str
    reason: str
    since: datetime

    @property
    def what(self) -> str:
        """Return what is paused, as `domain gmail`."""
        return f"{self.scope.value} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Throttle:
    """How fast mail goes to one domain group over one transport; survives restarts.

    `concurrency` mails at once; nothing at all before `cooldown_until`, after the `strikes`-th
    throttling in a row. `rate` is mails a second, None for as many as it takes.
    """

    concurrency: int = 2
    strikes: int = 0
    cooldown_until: datetime | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class TransportHealth:
    """Whether a transport is left alone for a while, after how many failures, and why."""

    failures: int = 0
    down_until: datetime | None = None
    problem: str = ""


class BounceKind(StrEnum):
    """What came back about a mail."""

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report about one of our deliveries; `event_key` is the same however often it arrives."""

    event_key: str
    delivery_id: int
    kind: BounceKind
    enhanced: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that is not written to: why, on whose word, since when."""

    address_key: str
    reason: str
    source: str
    created_at: datetime
    detail: str = ""


class Refusal(StrEnum):
    """Why a claimed mail was not armed.

    Lost means that another worker has it or that the lease is too short; left, that the reader
    must not be written to any more, or not until their pause is over; paused, that an operator
    holds it back.
    """

    LOST = "lost"
    LEFT = "left"
    PAUSED = "paused"
