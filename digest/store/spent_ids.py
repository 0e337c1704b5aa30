"""Ids of rows that were erased, so that no new row gets one: links in old mails name readers by id.

PostgreSQL counts on by itself. SQLite gives the highest id anew once its row is gone.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, select

from digest.store.account_tables import spent_ids
from digest.store.upsert import insert_or_replace


def spend_ids(connection: Connection, table: Table) -> None:
    """Remember the highest id of a table before rows of it are deleted."""
    if connection.dialect.name != "sqlite":
        return
    highest = connection.execute(select(func.max(table.c.id))).scalar() or 0
    through = max(highest, spent_through(connection, table))
    row = {"name": table.name, "through": through}
    connection.execute(insert_or_replace(connection, spent_ids), row)


def with_unspent_ids(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]]
) -> Sequence[dict[str, Any]]:
    """Return new rows of a table, given ids of their own where the database would give spent ones."""
    if connection.dialect.name != "sqlite":
        return rows
    through = spent_through(connection, table)
    if not through or (connection.execute(select(func.max(table.c.id))).scalar() or 0) >= through:
        return rows
    return [{"id": number, **row} for number, row in enumerate(rows, start=through + 1)]


def spent_through(connection: Connection, table: Table) -> int:
    """Return the highest id of a table that an erased row had, 0 if none was."""
    spent = select(spent_ids.c.through).where(spent_ids.c.name == table.name)
    return connection.execute(spent).scalar() or 0
