"""What is paused: by site, domain group or transport."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from digest.model.deliveries import Pause, PauseScope
from digest.store import tables
from digest.store.known import known
from digest.store.upsert import insert_new


def pause(connection: Connection, scope: PauseScope, name: str, reason: str, now: datetime) -> bool:
    """Let nothing new go out there; return False if it was paused already, for the first reason."""
    row = {"scope": scope.value, "name": name, "reason": reason, "since": now}
    statement = insert_new(connection, tables.pauses).returning(tables.pauses.c.name)
    return connection.execute(statement, row).first() is not None


def resume(connection: Connection, scope: PauseScope, name: str) -> bool:
    """Let mail go out there again; return False if it was not paused."""
    there = (tables.pauses.c.scope == scope.value) & (tables.pauses.c.name == name)
    return bool(connection.execute(delete(tables.pauses).where(there)).rowcount)


def pauses(connection: Connection) -> list[Pause]:
    """Return everything that is paused, oldest first.

    What only a newer release can pause counts as the site: it may be anything, and that release's
    own workers send the rest.
    """
    statement = select(tables.pauses).order_by(tables.pauses.c.since, tables.pauses.c.name)
    return [_pause(row) for row in connection.execute(statement)]


def _pause(row: Row[Any]) -> Pause:
    scope = known(PauseScope, row.scope)
    name = row.name if scope else ""
    return Pause(scope or PauseScope.SITE, name, row.reason, row.since)
