"""Counts that are kept: a page of them costs a few rows, however many readers there are."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Connection, delete, func, select

from digest.model.tallies import TallyKind
from digest.store.account_tables import tallies
from digest.store.upsert import insert_or_replace

# A row is a tuple, and a tuple counts.
_COUNTED = tallies.c["count"].label("counted")


def save_tally(
    connection: Connection, kind: TallyKind, day: date, counts: Mapping[str, int], now: datetime
) -> None:
    """Keep what was counted of a day, in place of what was kept of it before.

    Of two who keep the same day at once, the later count stays.
    """
    there = (tallies.c.kind == kind.value) & (tallies.c.day == day)
    connection.execute(delete(tallies).where(there))
    rows = [
        {"kind": kind.value, "day": day, "name": name, "count": count, "counted_at": now}
        for name, count in sorted(counts.items())
    ]
    if rows:
        connection.execute(insert_or_replace(connection, tallies), rows)


def tallies_since(connection: Connection, kind: TallyKind, day: date) -> dict[date, dict[str, int]]:
    """Return what was counted of each day from `day` on, in the order of the days."""
    statement = (
        select(tallies.c.day, tallies.c.name, _COUNTED)
        .where(tallies.c.kind == kind.value, tallies.c.day >= day)
        .order_by(tallies.c.day, tallies.c.name)
    )
    found: dict[date, dict[str, int]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.day, {})[row.name] = row.counted
    return found


def last_tally(connection: Connection, kind: TallyKind) -> dict[str, int]:
    """Return what was counted of the last day on which stock was taken, perhaps nothing.

    Readers are counted every time, so that a day without mails is not taken for one before it.
    """
    is_readers = tallies.c.kind == TallyKind.READERS.value
    newest = select(func.max(tallies.c.day)).where(is_readers).scalar_subquery()
    there = (tallies.c.kind == kind.value) & (tallies.c.day == newest)
    statement = select(tallies.c.name, _COUNTED).where(there)
    return {row.name: row.counted for row in connection.execute(statement)}


def counted_at(connection: Connection, kind: TallyKind) -> datetime | None:
    """Return when something was counted last, None if it never was."""
    statement = (
        select(tallies.c.counted_at)
        .where(tallies.c.kind == kind.value)
        .order_by(tallies.c.day.desc())
        .limit(1)
    )
    return connection.execute(statement).scalar()
