"""Which dumps were taken in."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from digest.model.papers import DateOrigin, Dump, StoredDump
from digest.store.known import known
from digest.store.tables import dumps, listings


def add_dump(connection: Connection, dump: Dump, now: datetime) -> int | None:
    """Begin to take in a dump; return its id, or None if its very bytes are there already.

    Ids only grow: the caller holds the ingest lock, so a reader's mark never passes a dump that
    is still being written.
    """
    same = (dumps.c.source == dump.source) & (dumps.c.checksum == dump.checksum)
    if connection.execute(select(dumps.c.id).where(same)).first():
        return None
    statement = insert(dumps).returning(dumps.c.id)
    row = {
        "source": dump.source,
        "name": dump.name,
        "checksum": dump.checksum,
        "dated_on": dump.dated_on,
        "date_origin": dump.date_origin.value,
        "layout": dump.layout,
        "papers": 0,
        "new_papers": 0,
        "ingested_at": now,
        "is_ranked": dump.is_ranked,
    }
    return int(connection.execute(statement, row).scalar_one())


def count_dump(connection: Connection, dump_id: int, papers: int, new_papers: int) -> None:
    """Write down how many papers a dump lists, and how many were new."""
    connection.execute(
        update(dumps).where(dumps.c.id == dump_id).values(papers=papers, new_papers=new_papers)
    )


def recent_dumps(connection: Connection, limit: int, before: int | None = None) -> list[StoredDump]:
    """Return the dumps taken in last, newest first; those before the dump `before`, if it is given."""
    statement = select(dumps).order_by(dumps.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(dumps.c.id < before)
    return [stored_dump(row) for row in connection.execute(statement)]


def recent_lengths(connection: Connection, source: str, limit: int) -> list[int]:
    """Return how many papers the last dumps of a source listed."""
    statement = (
        select(dumps.c.papers)
        .where(dumps.c.source == source, dumps.c.papers > 0)
        .order_by(dumps.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


def is_repetition(connection: Connection, dump_id: int, source: str) -> bool:
    """Tell whether a dump lists exactly what the one before it of its source lists, in its order."""
    before = (
        select(func.max(dumps.c.id))
        .where(dumps.c.source == source, dumps.c.id < dump_id)
        .scalar_subquery()
    )

    def listed(which: Any) -> list[int]:  # noqa: ANN401  an id, or a query for one
        statement = select(listings.c.paper_id).where(listings.c.dump_id == which)
        return list(connection.execute(statement.order_by(listings.c.position)).scalars())

    return listed(dump_id) == listed(before)


def newest_dump(connection: Connection) -> StoredDump | None:
    """Return the dump of the latest day, of several the one taken in last; None if there is none."""
    statement = select(dumps).order_by(dumps.c.dated_on.desc(), dumps.c.id.desc()).limit(1)
    row = connection.execute(statement).first()
    return stored_dump(row) if row else None


def newest_dump_id(connection: Connection) -> int:
    """Return the id of the dump taken in last, 0 if there is none."""
    return int(connection.execute(select(func.coalesce(func.max(dumps.c.id), 0))).scalar_one())


def new_papers_of(connection: Connection) -> list[tuple[int, int]]:
    """Return every dump with how many papers it listed first, newest first."""
    statement = select(dumps.c.id, dumps.c.new_papers).order_by(dumps.c.id.desc())
    return [(row.id, row.new_papers) for row in connection.execute(statement)]


def last_dump_before(connection: Connection, moment: datetime) -> int:
    """Return the id of the last dump taken in before a moment, 0 if there is none."""
    statement = select(func.coalesce(func.max(dumps.c.id), 0)).where(dumps.c.ingested_at < moment)
    return int(connection.execute(statement).scalar_one())


def first_read_after(connection: Connection, marks: Collection[int]) -> dict[int, datetime]:
    """Return when the first dump after each mark was taken in; a mark with none after it is left out."""
    found: dict[int, datetime] = {}
    # Readers of one round have seen as much as one another: there are few marks.
    for mark in sorted(set(marks)):
        moment = connection.execute(_FIRST_AFTER, {"mark": mark}).scalar_one_or_none()
        if moment is not None:
            found[mark] = moment
    return found


_FIRST_AFTER = (
    select(dumps.c.ingested_at).where(dumps.c.id > bindparam("mark")).order_by(dumps.c.id).limit(1)
)


def stored_dump(row: Row[Any]) -> StoredDump:
    """Return the dump of a row."""
    return StoredDump(
        id=row.id,
        dump=Dump(
            source=row.source,
            name=row.name,
            checksum=row.checksum,
            dated_on=row.dated_on,
            date_origin=known(DateOrigin, row.date_origin) or DateOrigin.STATED,
            layout=row.layout,
            is_ranked=row.is_ranked,
        ),
        papers=row.papers,
        new_papers=row.new_papers,
        ingested_at=row.ingested_at,
    )
