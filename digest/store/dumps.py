"""Which dumps were taken in."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from digest.model.papers import DateOrigin, Dump, StoredDump
from digest.store.tables import dumps


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
    }
    return int(connection.execute(statement, row).scalar_one())


def has_dump(connection: Connection, source: str, checksum: str) -> bool:
    """Tell whether the very bytes of a dump were taken in."""
    same = (dumps.c.source == source) & (dumps.c.checksum == checksum)
    return connection.execute(select(dumps.c.id).where(same)).first() is not None


def count_dump(connection: Connection, dump_id: int, papers: int, new_papers: int) -> None:
    """Write down how many papers a dump lists, and how many were new."""
    connection.execute(
        update(dumps).where(dumps.c.id == dump_id).values(papers=papers, new_papers=new_papers)
    )


def recent_dumps(connection: Connection, limit: int) -> list[StoredDump]:
    """Return the dumps taken in last, newest first."""
    statement = select(dumps).order_by(dumps.c.id.desc()).limit(limit)
    return [_stored(row) for row in connection.execute(statement)]


def newest_dump_id(connection: Connection) -> int:
    """Return the id of the dump taken in last, 0 if there is none."""
    return int(connection.execute(select(func.coalesce(func.max(dumps.c.id), 0))).scalar_one())


def last_dump_before(connection: Connection, moment: datetime) -> int:
    """Return the id of the last dump taken in before a moment, 0 if there is none."""
    statement = select(func.coalesce(func.max(dumps.c.id), 0)).where(dumps.c.ingested_at < moment)
    return int(connection.execute(statement).scalar_one())


def _stored(row: Row[Any]) -> StoredDump:
    return StoredDump(
        id=row.id,
        dump=Dump(
            source=row.source,
            name=row.name,
            checksum=row.checksum,
            dated_on=row.dated_on,
            date_origin=DateOrigin(row.date_origin),
            layout=row.layout,
        ),
        papers=row.papers,
        new_papers=row.new_papers,
        ingested_at=row.ingested_at,
    )
