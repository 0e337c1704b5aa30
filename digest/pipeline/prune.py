"""Forget what nobody needs any more: who never confirmed, buckets that are full, sessions that ended."""

from datetime import datetime, timedelta

from digest.clock import Clock
from digest.store import sessions
from digest.store.engine import Database
from digest.store.rate_buckets import forget_full
from digest.store.sign_ups import erase_unconfirmed, never_confirmed

# As long as the link that confirms is good, from the last mail that had one.
KEPT_UNCONFIRMED = timedelta(days=7)
# An hour's work: whoever is left over goes with the next. More sign up in no hour (limits.py: 250 in
# five minutes while they do not confirm).
_AT_ONCE = 5000


def prune(database: Database, clock: Clock) -> int:
    """Delete what is over; return how many readers went who never confirmed. Idempotent."""
    now = clock()
    before = now - KEPT_UNCONFIRMED
    with database.writing() as connection:
        forget_full(connection, now)
        sessions.forget_expired(connection, now)
    with database.reading() as connection:
        numbers = never_confirmed(connection, before, _AT_ONCE)
    return sum(_erase(database, number, before) for number in numbers)


def _erase(database: Database, number: int, before: datetime) -> bool:
    # One at a time: others that write wait for nobody's hundred.
    with database.writing() as connection:
        return erase_unconfirmed(connection, number, before)
