"""The frozen statistics of older papers: one row a freezing, the newest is the one in use."""

from datetime import date, datetime

from sqlalchemy import Connection, delete, func, select

from digest.model.archives import StoredArchive
from digest.store.tables import archives
from digest.store.upsert import insert_new

# The newest, and two to go back to; whoever still scores with an older one has it in memory.
_KEPT = 3


def newest_archive(connection: Connection) -> StoredArchive | None:
    """Return the archive frozen last, None before the first."""
    row = connection.execute(select(archives).order_by(archives.c.id.desc()).limit(1)).first()
    return StoredArchive(row.id, row.frozen_on, row.papers, row.body) if row else None


def newest_archive_id(connection: Connection) -> int | None:
    """Return the id of the archive frozen last without reading its body, None before the first."""
    return connection.execute(select(func.max(archives.c.id))).scalar()


def drop_archive(connection: Connection, number: int) -> None:
    """Forget an archive that this version cannot read, so that another can take its place."""
    connection.execute(delete(archives).where(archives.c.id == number))


def add_archive(
    connection: Connection, frozen_on: date, papers: int, body: bytes, now: datetime
) -> int | None:
    """Keep a frozen archive and forget all but the last few; return its id.

    Returns None if one of the same day and as many papers is there already: another process was
    first, and its archive is as good.
    """
    row = {"frozen_on": frozen_on, "papers": papers, "body": body, "created_at": now}
    statement = insert_new(connection, archives).returning(archives.c.id)
    number = connection.execute(statement, row).scalar()
    if number is None:
        return None
    kept = select(archives.c.id).order_by(archives.c.id.desc()).limit(_KEPT)
    connection.execute(delete(archives).where(archives.c.id.not_in(kept)))
    return int(number)
