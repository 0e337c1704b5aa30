"""Many rows at once, as fast as the driver takes them: COPY on PostgreSQL, executemany on SQLite."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Date, String, Table, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from digest.store.spent_ids import spent_through
from digest.store.types import UtcDateTime

_NEXT_IDS = text(
    "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"
)
_NULL = "\\N"
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_SPECIAL = frozenset("\\\t\n\r")


def insert_rows(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows that are given column by column; of a JSON column its text.

    A key that is taken is an error, and with it the whole transaction is over.
    """
    if not next(iter(columns.values())):
        return
    insert = _insert_sqlite if connection.dialect.name == "sqlite" else _copy
    insert(connection, table, columns)


def take_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """Return ids for so many new rows of a table, that no row has or ever had."""
    if connection.dialect.name == "sqlite":
        highest = connection.execute(select(func.max(table.c.id))).scalar() or 0
        first = max(highest, spent_through(connection, table)) + 1
        return list(range(first, first + count))
    rows = connection.execute(_NEXT_IDS, {"name": table.name, "count": count})
    return [int(number) for number in rows.scalars()]


def _insert_sqlite(
    connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]
) -> None:
    names = ", ".join(columns)
    marks = ", ".join("?" * len(columns))
    stored = (
        _converted(values, _processor(table, name, connection)) for name, values in columns.items()
    )
    rows = list(zip(*stored, strict=True))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608  our own names
    connection.exec_driver_sql(statement, rows)


def _processor(table: Table, name: str, connection: Connection) -> Callable[[Any], Any] | None:
    kind = table.c[name].type
    if isinstance(kind, JSON):
        return None
    processor: Callable[[Any], Any] | None = kind.dialect_impl(connection.dialect).bind_processor(
        connection.dialect
    )
    return processor


def _copy(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    names = ", ".join(columns)
    stored = (_written(values, table.c[name].type) for name, values in columns.items())
    body = "\n".join(map("\t".join, zip(*stored, strict=True)))
    statement = f"COPY {table.name} ({names}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    errors: Any = connection.dialect.loaded_dbapi
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(f"{body}\n")
    except errors.Error as error:  # told as SQLAlchemy tells those of all other statements
        dialect = connection.dialect
        raise DBAPIError.instance(
            statement, None, error, errors.Error, hide_parameters=True, dialect=dialect
        ) from error


def _written(values: Sequence[Any], kind: TypeEngine[Any]) -> Sequence[str]:
    """Return a column as COPY reads it."""
    if isinstance(kind, (Date, UtcDateTime)):
        return _converted(values, _moment)
    if isinstance(kind, Boolean):
        return [_BOOLEANS[value] for value in values]
    if None in values:
        return [_NULL if value is None else _escaped(str(value)) for value in values]
    written = list(map(str, values))
    is_text = isinstance(kind, (String, JSON))
    if is_text and not _SPECIAL.isdisjoint("".join(written)):
        return list(map(_escaped, written))
    return written


def _moment(value: date | None) -> str:
    return _NULL if value is None else value.isoformat()


def _escaped(value: str) -> str:
    return value.translate(_ESCAPED)


def _converted(values: Sequence[Any], convert: Callable[[Any], Any] | None) -> Sequence[Any]:
    """Return values converted, each distinct one once."""
    if convert is None:
        return values
    known = {value: convert(value) for value in set(values)}
    return [known[value] for value in values]


_BOOLEANS = {True: "t", False: "f", None: _NULL}
