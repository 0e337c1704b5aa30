"""Insert what is not there yet, or in place of what is: statements both databases know by other names."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table) -> Any:  # noqa: ANN401  one class a dialect
    """Return an INSERT into `table` that goes past rows whose unique keys are taken."""
    return insert_into(connection, table).on_conflict_do_nothing()


def insert_or_replace(connection: Connection, table: Table) -> Any:  # noqa: ANN401  as above
    """Return an INSERT into `table` that changes the row whose primary key is taken."""
    rest = [column.name for column in table.columns if not column.primary_key]
    return insert_or_change(connection, table, rest)


def insert_or_change(connection: Connection, table: Table, names: Collection[str]) -> Any:  # noqa: ANN401  as above
    """Return an INSERT into `table` that changes these columns of the row whose key is taken."""
    statement = insert_into(connection, table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in names},
    )


def insert_into(connection: Connection, table: Table) -> Any:  # noqa: ANN401  as above
    """Return an INSERT into `table` whose way with rows that are there is still to be said."""
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)
