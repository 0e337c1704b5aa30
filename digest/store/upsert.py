"""Insert what is not there yet: one statement that both databases know, under other names."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table) -> Any:  # noqa: ANN401  one class a dialect
    """Return an INSERT into `table` that goes past rows whose unique keys are taken."""
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table).on_conflict_do_nothing()
