"""Whose turn it is to ask a host: one at a time and so far apart, for all processes together."""

from dataclasses import dataclass

from sqlalchemy import select, update

from digest.store.engine import Database
from digest.store.tables import turns
from digest.store.upsert import insert_new
from digest.store.workers import lease_now

# Whoever has a turn for so long is dead: longer than the client's patience with an answer.
HELD = 120.0
# How often one who waits looks whether the turn has come back: as often as it comes back.
_LOOK = 1.0


@dataclass(frozen=True)
class HostTurns:
    """Turns kept in the database; times are of the lease clock, which nobody sets.

    Where that clock goes back (a machine booted anew, a database moved), nobody waits for longer
    than a turn is held.
    """

    database: Database
    held: float = HELD

    def take(self, host: str) -> float:
        """Take the turn to ask a host and return 0, or return for how long to wait and try again."""
        here = turns.c.host == host
        asked = select(turns.c.next_at).where(here).with_for_update()
        with self.database.writing() as connection:
            next_at = connection.execute(asked).scalar()
            if next_at is None:
                connection.execute(insert_new(connection, turns), {"host": host, "next_at": 0.0})
                next_at = connection.execute(asked).scalar_one()
            now = lease_now(connection)
            # What is further ahead is from before the clock went back: nobody holds that.
            wait = next_at - now if next_at - now <= self.held else 0.0
            if wait <= 0:
                free = update(turns).where(here).values(next_at=now + self.held)
                connection.execute(free)
        return min(max(wait, 0.0), _LOOK)

    def give_back(self, host: str, pace: float) -> None:
        """End a turn: the next is `pace` seconds from now."""
        with self.database.writing() as connection:
            now = lease_now(connection)
            connection.execute(update(turns).where(turns.c.host == host).values(next_at=now + pace))
