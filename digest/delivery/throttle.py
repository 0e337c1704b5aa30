"""How fast to send to a domain group: slower when it says so, faster when all goes well; pure.

Additive increase, multiplicative decrease, as TCP does it, and a pause after each complaint.
"""

import dataclasses
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from digest.model.deliveries import Outcome, Throttle, Verdict

MOST_AT_ONCE = 20
SUCCESSES_A_STEP = 20
FIRST_COOLDOWN = timedelta(minutes=1)
LONGEST_COOLDOWN = timedelta(hours=1)
_FORGOTTEN_AFTER = timedelta(days=1)
# A group that refuses more than this part of what it is sent, for what we are rather than for who
# is written to, is paused until a person has looked.
REFUSED_PART = 0.05
REFUSALS_SEEN = 40


def is_open(throttle: Throttle, now: datetime) -> bool:
    """Tell whether mail may go out at all at the moment."""
    return throttle.cooldown_until is None or throttle.cooldown_until <= now


def after_success(throttle: Throttle, successes: int) -> Throttle:
    """Return the throttle after so many mails accepted since it last changed."""
    if successes < SUCCESSES_A_STEP:
        return throttle
    wider = min(throttle.concurrency + 1, MOST_AT_ONCE)
    return dataclasses.replace(throttle, concurrency=wider, strikes=0, cooldown_until=None)


def after_throttling(throttle: Throttle, now: datetime, key: str) -> Throttle:
    """Return the throttle after the group asked us to slow down.

    Mails that were under way together complain together: while it cools down already, one more
    complaint changes nothing.
    """
    if not is_open(throttle, now):
        return throttle
    is_long_ago = throttle.cooldown_until and now - throttle.cooldown_until > _FORGOTTEN_AFTER
    strikes = 1 if is_long_ago else throttle.strikes + 1
    wait = min(FIRST_COOLDOWN * (1 << min(strikes - 1, 6)), LONGEST_COOLDOWN)
    return dataclasses.replace(
        throttle,
        concurrency=max(throttle.concurrency // 2, 1),
        strikes=strikes,
        cooldown_until=now + wait * jitter(key, strikes),
    )


def is_refusal_of_us(verdict: Verdict) -> bool:
    """Tell whether a refusal is about what we are or say (5.7.x), not about who is written to."""
    return verdict.outcome is Outcome.FAILED and (verdict.enhanced or "").startswith("5.7.")


def is_refusing(refusals: Sequence[bool]) -> bool:
    """Tell whether a group's last verdicts, True for a refusal of us, are reason to pause it."""
    return len(refusals) >= REFUSALS_SEEN and sum(refusals) > REFUSED_PART * len(refusals)


def jitter(key: str, attempt: int) -> float:
    """Return a factor of .75 to 1.25, always the same for a key and attempt.

    A thousand mails deferred together do not come back together, and a test or a second worker
    computes the same moment.
    """
    digest = hashlib.sha256(f"{key}:{attempt}".encode()).digest()
    return 0.75 + int.from_bytes(digest[:4]) / 2**33
