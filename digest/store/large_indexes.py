"""An index on a large table, built while the table is written to: for migrations."""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text

from digest.store.engine import BRIEFLY


def create_beside_writers(name: str, table: str, columns: Sequence[str], where: str = "") -> None:
    """Build an index within a migration; nobody waits for it on PostgreSQL, however large the table.

    `where` makes it partial. It ends the migration's transaction, so it is alone in a migration: what
    stood before it would be done twice after an interruption. Half of one that was interrupted is taken
    away first. A partitioned table cannot be indexed so: build the index of each partition, then of
    the whole.
    """
    context = op.get_context()
    if context.dialect.name == "sqlite":
        op.create_index(name, table, columns, sqlite_where=text(where) if where else None)
        return
    with context.autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for transactions, and nobody behind it
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(
            name,
            table,
            columns,
            postgresql_concurrently=True,
            postgresql_where=text(where) if where else None,
        )
        op.execute(BRIEFLY)
