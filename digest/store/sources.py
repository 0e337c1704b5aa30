"""Sources: who may ask which now, where each goes on, and how it is."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Update, func, or_, select, update

from digest.model.sources import DayCount, SourceState
from digest.store.tables import dumps, listings, sources
from digest.store.upsert import insert_new

# A service is left alone for a day at most: what is set further ahead was set by a wrong clock.
_LONGEST_LEFT = timedelta(days=2)
_NEVER = datetime.min.replace(tzinfo=UTC)
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
    """Return which of these sources are to be asked now, those that waited longest first.

    One that was never asked goes before them.
    """
    statement = select(sources.c.name, sources.c.next_look_at).where(sources.c.name.in_(names))
    looks = {row.name: row.next_look_at for row in connection.execute(statement)}
    at = {name: looks.get(name) or _NEVER for name in names}
    due = [name for name in names if not now < at[name] <= now + _LONGEST_LEFT]
    return sorted(due, key=lambda name: (at[name], name))


def claim_source(
    connection: Connection, name: str, now: datetime, until: datetime
) -> SourceState | None:
    """Take the turn to ask a source, until a moment; None if it is not due, or somebody else's.

    Killed meanwhile, the source is due again then.
    """
    at = sources.c.next_look_at
    is_due = or_(at.is_(None), at <= now, at > now + _LONGEST_LEFT)
    statement = (
        update(sources)
        .where(sources.c.name == name, is_due)
        .values(next_look_at=until, looked_at=now)
        .returning(*_STATE)
    )
    row = connection.execute(statement).first()
    return _state(row) if row else None


def prolong_turn(
    connection: Connection, name: str, claimed: datetime, old: datetime, new: datetime
) -> bool:
    """Prolong a turn that was taken at a moment; False if it is over, or somebody else's by now."""
    statement = _turn(name, claimed).where(sources.c.next_look_at == old)
    return bool(connection.execute(statement.values(next_look_at=new)).rowcount)


def move_cursor(  # noqa: PLR0913  a turn and what came of it
    connection: Connection,
    name: str,
    claimed: datetime,
    cursor: str,
    now: datetime,
    *,
    has_news: bool,
) -> bool:
    """Let a source go on elsewhere.

    `claimed` is when the turn was taken: False, and nothing is changed, if it is somebody else's by
    now.
    """
    changes: dict[str, object] = {"cursor": cursor, "answered_at": now}
    if has_news:
        changes["news_at"] = now
    return bool(connection.execute(_turn(name, claimed).values(changes)).rowcount)


def note_answered(
    connection: Connection, name: str, claimed: datetime, now: datetime, next_look_at: datetime
) -> bool:
    """End a turn in which a source answered as it should; False if it was somebody else's."""
    changes = {
        "answered_at": now,
        "next_look_at": next_look_at,
        "failures": 0,
        "failing_since": None,
        "problem": "",
    }
    return bool(connection.execute(_turn(name, claimed).values(changes)).rowcount)


def leave_source(connection: Connection, name: str, claimed: datetime, now: datetime) -> bool:
    """End a turn of which nothing is to be said: the source is due; False if it was another's."""
    return bool(connection.execute(_turn(name, claimed).values(next_look_at=now)).rowcount)


def note_failed(  # noqa: PLR0913, PLR0917  a turn and what came of it
    connection: Connection,
    name: str,
    claimed: datetime,
    problem: str,
    now: datetime,
    next_look_at: datetime,
) -> bool:
    """End a turn in which a source did not answer as it should; False if it was somebody else's."""
    changes = {
        "next_look_at": next_look_at,
        "failures": sources.c.failures + 1,
        "failing_since": func.coalesce(sources.c.failing_since, now),
        "problem": problem,
    }
    return bool(connection.execute(_turn(name, claimed).values(changes)).rowcount)


def _turn(name: str, claimed: datetime) -> Update:
    """Return an update of a source whose turn was taken at that moment, and by nobody since."""
    return update(sources).where(sources.c.name == name, sources.c.looked_at == claimed)


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
            func.min(dumps.c.ingested_at).label("begun_at"),
            func.max(dumps.c.ingested_at).label("filled_at"),
        )
        .where(dumps.c.source == source, dumps.c.dated_on >= since, dumps.c.papers > 0)
        .group_by(dumps.c.dated_on)
        .order_by(dumps.c.dated_on)
    )
    return [
        DayCount(row.dated_on, int(row.papers), row.begun_at, row.filled_at)
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
