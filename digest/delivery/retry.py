"""What a verdict makes of a delivery, and when the next attempt is: data in, data out."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.delivery.throttle import jitter
from digest.model.deliveries import Delivery, DeliveryState, Outcome, Settlement, Verdict

# After the n-th failed attempt; the last one repeats until the deadline.
SCHEDULE = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)
# A greylisting server wants the same mail again, but not at once.
GREYLISTED = frozenset({450, 451})
GREYLIST_WAIT = timedelta(minutes=5)
TRANSPORT_WAIT = timedelta(minutes=1)
_LAST_TRY = timedelta(minutes=2)
LONGEST_TRANSPORT_WAIT = timedelta(hours=1)
# "try again in 300 seconds", "please retry after 5 minutes": said in words, as there is no code.
_SAID_WAIT = re.compile(
    r"(?:try again|retry|come back)[a-z ]{0,20}? (?:in|after) (\d{1,5}) ?(s|sec|m|min|h|hour)",
    re.IGNORECASE,
)
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Policy:
    """What to do with a mail whose end nobody knows.

    It is sent once more and marked, unless `resends` is off: then a person decides. Over an
    idempotent transport it costs nothing to send it again.
    """

    resends: bool = True
    is_idempotent: bool = False


def settle(
    verdict: Verdict,
    delivery: Delivery,
    now: datetime,
    policy: Policy,
    not_before: datetime | None = None,
) -> Settlement:
    """Say what becomes of a claimed delivery after an attempt.

    `not_before` is when the throttled group or the unreachable transport is tried again.
    """
    is_copy = delivery.is_maybe_duplicate
    attempts = delivery.attempts + 1
    match verdict.outcome:
        case Outcome.ACCEPTED:
            return Settlement(DeliveryState.ACCEPTED, maybe_duplicate=is_copy)
        case Outcome.FAILED:
            # Of a copy: the earlier one may have arrived, and the refusal be because of it.
            state = DeliveryState.UNCERTAIN if is_copy else DeliveryState.FAILED
            return Settlement(state, maybe_duplicate=is_copy)
        case Outcome.UNCERTAIN:
            return _of_unknown_end(delivery, now, policy)
        case Outcome.DEFERRED:
            next_at = _next(delivery, now)
            if next_at:
                asked = now + _wait_asked_for(verdict)
                next_at = _before(max(next_at, asked), delivery.deadline_at)
            return _ready(next_at, maybe_duplicate=is_copy)
        case Outcome.THROTTLED | Outcome.UNREACHABLE:
            wait = TRANSPORT_WAIT * jitter(delivery.key, attempts)
            # It was no fault of the mail's, so there is one more try before its time is over.
            last = delivery.deadline_at - _LAST_TRY
            next_at = min(max(delivery.next_at, not_before or now + wait), last)
            return _ready(
                next_at if next_at >= now else None, maybe_duplicate=is_copy, uses_attempt=False
            )
        case Outcome.WITHDRAWN:
            return _ready(delivery.next_at, maybe_duplicate=is_copy, uses_attempt=False)


def _of_unknown_end(delivery: Delivery, now: datetime, policy: Policy) -> Settlement:
    is_copy = delivery.is_maybe_duplicate
    if policy.is_idempotent:
        return _ready(_next(delivery, now), maybe_duplicate=is_copy)
    if is_copy or not policy.resends:
        return Settlement(DeliveryState.UNCERTAIN, maybe_duplicate=is_copy)
    return _ready(_next(delivery, now), maybe_duplicate=True)


def _next(delivery: Delivery, now: datetime) -> datetime | None:
    return next_attempt(delivery.attempts + 1, now, delivery.deadline_at, delivery.key)


def next_attempt(
    attempts: int, failed_at: datetime, deadline: datetime, key: str
) -> datetime | None:
    """Return when to try again after `attempts` failures (1 or more), or None past the deadline.

    The wait varies by a quarter either way, by key and attempt.
    """
    wait = SCHEDULE[min(max(attempts, 1), len(SCHEDULE)) - 1]
    return _before(failed_at + wait * jitter(key, attempts), deadline)


def transport_wait(failures: int) -> timedelta:
    """Return how long to leave a transport alone after so many failures in a row: 1 min to 1 h."""
    doublings = min(max(failures, 1) - 1, 6)
    return min(TRANSPORT_WAIT * (1 << doublings), LONGEST_TRANSPORT_WAIT)


def _wait_asked_for(verdict: Verdict) -> timedelta:
    wait = GREYLIST_WAIT if verdict.code in GREYLISTED else timedelta(0)
    if said := _SAID_WAIT.search(verdict.text):
        wait = max(wait, int(said[1]) * _UNITS[said[2][0].lower()])
    return wait


def _ready(
    next_at: datetime | None, *, maybe_duplicate: bool, uses_attempt: bool = True
) -> Settlement:
    if next_at:
        return Settlement(DeliveryState.READY, next_at, uses_attempt, maybe_duplicate)
    # Expired means certainly not accepted; after a lost reply nobody can promise that.
    state = DeliveryState.UNCERTAIN if maybe_duplicate else DeliveryState.EXPIRED
    return Settlement(state, None, uses_attempt, maybe_duplicate)


def _before(moment: datetime, deadline: datetime) -> datetime | None:
    return moment if moment < deadline else None
