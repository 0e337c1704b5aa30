"""Take stock: count what operators look at, once an hour, for pages that must not count."""

from datetime import datetime, timedelta

from digest.clock import Clock
from digest.model.tallies import OTHERS, TallyKind
from digest.store import counting, tallies
from digest.store.engine import Connection, Database

DAYS = 30
TOP = 20
_SLOWEST = 10
# Below this an interest may tell whose it is, and a mean nothing at all.
FEWEST_READERS = 3
_FEWEST_MAILS = 5
_EVERY = timedelta(minutes=55)
# A mail may be tried for a day and requeued after; later its day stays as it was counted last.
_STILL_MOVING = 3


def take_stock(database: Database, clock: Clock) -> bool:
    """Count what has not been counted within the hour; return whether anything was.

    Nobody waits for it: it reads one state of the database and writes some fifty rows. Two
    processes at once count the same.
    """
    now = clock()
    with database.reading() as connection:
        last = tallies.counted_at(connection, TallyKind.READERS)
        if last is not None and abs(now - last) < _EVERY:
            return False
        counted = _mails(connection, now, is_first=last is None)
        readers = counting.count_readers(connection)
        interests = _interests(connection, now)
        since = now - timedelta(days=1)
        first = counting.first_mail_since(connection, since)
        delays = counting.mean_delays(connection, first, since, _SLOWEST, _FEWEST_MAILS)
    today = now.date()
    with database.writing() as connection:
        for day, states in counted.items():
            tallies.save_tally(connection, TallyKind.DELIVERIES, day, states, now)
        tallies.save_tally(connection, TallyKind.READERS, today, readers, now)
        tallies.save_tally(connection, TallyKind.DELAYS, today, delays, now)
        if interests is not None:
            tallies.save_tally(connection, TallyKind.INTERESTS, today, interests, now)
    return True


def _mails(connection: Connection, now: datetime, *, is_first: bool) -> counting.ByDay:
    last = tallies.tallies_since(
        connection, TallyKind.DELIVERIES, now.date() - timedelta(days=DAYS - 1)
    )
    # Where nothing was counted for a while, all days since are to be counted.
    newest = None if is_first or not last else max(last)
    behind = DAYS - 1 if newest is None else (now.date() - newest).days + _STILL_MOVING - 1
    days = [now.date() - timedelta(days=back) for back in range(min(behind, DAYS - 1) + 1)]
    first = counting.first_mail_since(connection, counting.start_of(days[-1]))
    return counting.count_mails_by_day(connection, first, days)


def _interests(connection: Connection, now: datetime) -> dict[str, int] | None:
    """Return the interests by reach, None if they were counted today: they are the dearest."""
    last = tallies.counted_at(connection, TallyKind.INTERESTS)
    if last is not None and last.date() == now.date():
        return None
    named, others = counting.widest_interests(connection, TOP, FEWEST_READERS)
    return {**named, OTHERS: others}
