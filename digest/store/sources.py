"""Sources: who may ask which now, where each goes on, and how it is."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from digest.model.sources import DayCount, SourceState
from digest.store.tables import dumps, listings, sources
from digest.store.upsert import insert_new

_STATE = tuple(column for column in sources.columns if column.name != "lacking")


def know_sources(connection: Connection, given: Iterable[tuple[str, str]]) -> None:
    """Write down (name, title) of sources that are not known yet, to be asked at once."""
    rows = [
        {"name": name, "title": title, "cursor": "", "failures": 0, "problem": ""}
        for name, title in given
    ]
    if rows:
        connection.execute(insert_new(connection, sources), rows)


def source_states(connection: Connection, names: Collection[str]) -> list[SourceState]:
    """Return what is kept of the sources of these names, by name; one never asked is left out."""
    statement = select(*_STATE).where(sources.c.name.in_(names)).order_by(sources.c.name)
    return [_state(row) for row in connection.execute(statement)]


def sources_due(connection: Connection, names: Collection[str], now: datetime) -> list[str]:
    """Return which of these sources are to be asked now, those that waited longest first."""
    is_due = sources.c.next_look_at.is_(None) | (sources.c.next_look_at <= now)
    statement = (
        select(sources.c.name)
        .where(sources.c.name.in_(names), is_due)
        .order_by(sources.c.next_look_at.asc().nulls_first(), sources.c.name)
    )
    return list(connection.execute(statement).scalars())


def claim_source(
    connection: Connection, name: str, now: datetime, until: datetime
) -> SourceState | None:
    """Take the turn to ask a source, until a moment; None if it is not due, or somebody else's.

    Killed meanwhile, the source is due again then.
    """
    is_due = sources.c.next_look_at.is_(None) | (sources.c.next_look_at <= now)
    statement = (
        update(sources)
        .where(sources.c.name == name, is_due)
        .values(next_look_at=until, looked_at=now)
        .returning(*_STATE)
    )
    row = connection.execute(statement).first()
    return _state(row) if row else None


def move_cursor(  # noqa: PLR0913  a fence and what stands behind it
    connection: Connection,
    name: str,
    fence: datetime,
    cursor: str,
    now: datetime,
    *,
    has_news: bool,
    until: datetime,
) -> bool:
    """Let a source go on elsewhere, and keep the turn until another moment.

    `fence` is until when the turn was taken: False, and nothing is changed, if it is somebody
    else's by now.
    """
    changes: dict[str, object] = {"cursor": cursor, "answered_at": now, "next_look_at": until}
    if has_news:
        changes["news_at"] = now
    statement = update(sources).where(sources.c.name == name, sources.c.next_look_at == fence)
    return bool(connection.execute(statement.values(changes)).rowcount)


def note_answered(
    connection: Connection, name: str, fence: datetime, now: datetime, next_look_at: datetime
) -> bool:
    """End a turn in which a source answered as it should; False if it was somebody else's."""
    statement = update(sources).where(sources.c.name == name, sources.c.next_look_at == fence)
    changes = {
        "answered_at": now,
        "next_look_at": next_look_at,
        "failures": 0,
        "failing_since": None,
        "problem": "",
    }
    return bool(connection.execute(statement.values(changes)).rowcount)


def note_failed(  # noqa: PLR0913, PLR0917  a fence and what stands behind it
    connection: Connection,
    name: str,
    fence: datetime,
    problem: str,
    now: datetime,
    next_look_at: datetime,
) -> bool:
    """End a turn in which a source did not answer as it should; False if it was somebody else's."""
    statement = update(sources).where(sources.c.name == name, sources.c.next_look_at == fence)
    changes = {
        "next_look_at": next_look_at,
        "failures": sources.c.failures + 1,
        "failing_since": func.coalesce(sources.c.failing_since, now),
        "problem": problem,
    }
    return bool(connection.execute(statement.values(changes)).rowcount)


def look_soon(connection: Connection, name: str, now: datetime) -> bool:
    """Have a source asked at the next look, whenever that was to be; False if there is none."""
    statement = update(sources).where(sources.c.name == name).values(next_look_at=now)
    return bool(connection.execute(statement).rowcount)


def day_counts(connection: Connection, source: str, since: date) -> list[DayCount]:
    """Return how many papers a source listed under each day from `since` on, oldest first.

    A day without any is left out.
    """
    statement = (
        select(
            dumps.c.dated_on,
            func.sum(dumps.c.papers).label("papers"),
            func.max(dumps.c.ingested_at).label("filled_at"),
        )
        .where(dumps.c.source == source, dumps.c.dated_on >= since, dumps.c.papers > 0)
        .group_by(dumps.c.dated_on)
        .order_by(dumps.c.dated_on)
    )
    return [
        DayCount(row.dated_on, int(row.papers), row.filled_at)
        for row in connection.execute(statement)
    ]


def listed_already(
    connection: Connection, source: str, day: date, numbers: Collection[int]
) -> set[int]:
    """Return which of these papers a source has listed under a day before."""
    statement = (
        select(listings.c.paper_id)
        .join(dumps, dumps.c.id == listings.c.dump_id)
        .where(dumps.c.source == source, dumps.c.dated_on == day, listings.c.paper_id.in_(numbers))
    )
    return set(connection.execute(statement).scalars())


def _state(row: Row[Any]) -> SourceState:
    return SourceState(**row._mapping)  # noqa: SLF001  the columns are its fields
