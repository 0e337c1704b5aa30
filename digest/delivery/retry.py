"""What a verdict makes of a delivery, and when the next attempt is: data in, data out."""

import hashlib
from datetime import datetime, timedelta

from digest.model.deliveries import DeliveryState, Outcome, Settlement, Verdict

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
LONGEST_TRANSPORT_WAIT = timedelta(hours=1)


def settle(  # noqa: PLR0913 - one decision, made from all there is to know
    verdict: Verdict,
    attempts: int,
    now: datetime,
    deadline: datetime,
    key: str,
    *,
    maybe_duplicate: bool,
    transport_failures: int = 1,
) -> Settlement:
    """Say what becomes of a delivery after its `attempts`-th attempt, this one included.

    An uncertain mail is sent once more, flagged; a second lost reply leaves it to a person.
    `transport_failures` counts the unreachable verdicts in a row of the transport, not of the mail.
    """
    match verdict.outcome:
        case Outcome.ACCEPTED:
            return Settlement(DeliveryState.ACCEPTED, maybe_duplicate=maybe_duplicate)
        case Outcome.UNCERTAIN | Outcome.FAILED if maybe_duplicate:
            # The earlier copy may have arrived, and a refusal may be because of it.
            return Settlement(DeliveryState.UNCERTAIN, maybe_duplicate=True)
        case Outcome.FAILED:
            return Settlement(DeliveryState.FAILED)
        case Outcome.UNCERTAIN:
            next_at = next_attempt(attempts, now, deadline, key)
            return _ready(next_at, maybe_duplicate=True)
        case Outcome.DEFERRED:
            next_at = next_attempt(attempts, now, deadline, key)
            if next_at and verdict.code in GREYLISTED:
                next_at = _before(max(next_at, now + GREYLIST_WAIT), deadline)
            return _ready(next_at, maybe_duplicate=maybe_duplicate)
        case Outcome.UNREACHABLE:
            wait = transport_wait(transport_failures) * _jitter(key, transport_failures)
            next_at = _before(now + wait, deadline)
            return _ready(next_at, maybe_duplicate=maybe_duplicate, uses_attempt=False)


def next_attempt(
    attempts: int, failed_at: datetime, deadline: datetime, key: str
) -> datetime | None:
    """Return when to try again after `attempts` failures (1 or more), or None past the deadline.

    The wait varies by a quarter either way, by key and attempt, so that a thousand mails deferred
    together do not come back together, and a test or a second worker computes the same moment.
    """
    wait = SCHEDULE[min(max(attempts, 1), len(SCHEDULE)) - 1]
    return _before(failed_at + wait * _jitter(key, attempts), deadline)


def transport_wait(failures: int) -> timedelta:
    """Return how long to leave a transport alone after so many failures in a row: 1 min to 1 h."""
    doublings = min(max(failures, 1) - 1, 6)
    return min(TRANSPORT_WAIT * (1 << doublings), LONGEST_TRANSPORT_WAIT)


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


def _jitter(key: str, attempt: int) -> float:
    digest = hashlib.sha256(f"{key}:{attempt}".encode()).digest()
    return 0.75 + int.from_bytes(digest[:4]) / 2**33
