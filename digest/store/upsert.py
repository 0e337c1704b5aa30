"""Insert what is not there yet, or in place of what is: statements both databases know by other names."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table) -> Any:  # noqa: ANN401  one class a dialect
    """Return an INSERT into `table` that goes past rows whose unique keys are taken."""
    return _insert(connection, table).on_conflict_do_nothing()


def insert_or_replace(connection: Connection, table: Table) -> Any:  # noqa: ANN401  as above
    """Return an INSERT into `table` that changes the row whose primary key is taken."""
    statement = _insert(connection, table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={
            column.name: statement.excluded[column.name]
            for column in table.columns
            if not column.primary_key
        },
    )


def _insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401  as above
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)
