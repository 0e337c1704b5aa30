"""Whose turn it is to ask a host: one request in so many seconds, for all processes together."""

from sqlalchemy import select, update

from digest.store.engine import Database
from digest.store.tables import turns
from digest.store.upsert import insert_new
from digest.store.workers import lease_now

# The machine's clock begins again at its boot: what is further ahead is of the one before.
_FURTHEST = 3600.0


def take_turn(database: Database, host: str, pace: float) -> float:
    """Take the next turn to ask a host, `pace` seconds after the one before; return how long to wait.

    The turn is taken whether or not it is used.
    """
    with database.writing() as connection:
        connection.execute(insert_new(connection, turns), {"host": host, "next_at": 0.0})
        here = turns.c.host == host
        next_at = connection.execute(
            select(turns.c.next_at).where(here).with_for_update()
        ).scalar_one()
        now = lease_now(connection)
        turn = next_at if now < next_at < now + _FURTHEST else now
        connection.execute(update(turns).where(here).values(next_at=turn + pace))
    return turn - now
