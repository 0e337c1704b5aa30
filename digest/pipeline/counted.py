"""What was counted for operators, put into the order in which it is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.clock import Clock
from digest.model.papers import StoredDump
from digest.model.tallies import TallyKind
from digest.pipeline.stock import DAYS
from digest.store import dumps, tallies
from digest.store.engine import Database

# Several lists a day may come.
_DUMPS = 90
ByDay = Mapping[date, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in the last thirty days; `counted_at` is None before it ever was."""

    days: tuple[date, ...]
    mails: ByDay
    readers: ByDay
    interests: Mapping[str, int]
    delays: Mapping[str, int]
    dumps: tuple[StoredDump, ...]
    counted_at: datetime | None


def what_was_counted(database: Database, clock: Clock) -> Counted:
    """Return the tallies of the last thirty days: some two thousand rows, all by their key."""
    today = clock().date()
    days = tuple(today - timedelta(days=back) for back in range(DAYS - 1, -1, -1))
    with database.reading() as connection:
        return Counted(
            days=days,
            mails=tallies.tallies_since(connection, TallyKind.DELIVERIES, days[0]),
            readers=tallies.tallies_since(connection, TallyKind.READERS, days[0]),
            interests=tallies.last_tally(connection, TallyKind.INTERESTS),
            delays=tallies.last_tally(connection, TallyKind.DELAYS),
            dumps=tuple(dumps.recent_dumps(connection, _DUMPS)),
            counted_at=tallies.counted_at(connection, TallyKind.READERS),
        )
