"""One statement for many rows, as fast as the driver takes them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Connection, Dialect

Processor = Callable[[Any], Any]


class Many:
    """A statement that is run for many rows at once, prepared once for each kind of database.

    `Connection.execute` works out the parameters of every row anew, 5 us each: half of what writing
    a mail's state costs. Here values are only converted, where their type asks for it.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._prepared: dict[str, _Prepared] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run the statement for each row; return how many rows of the table it changed in all."""
        dialect = connection.dialect
        if dialect.name not in self._prepared:
            self._prepared[dialect.name] = _Prepared(self._statement, dialect)
        prepared = self._prepared[dialect.name]
        values = [prepared.values(row) for row in rows]
        return int(connection.exec_driver_sql(prepared.sql, values).rowcount)


class _Prepared:
    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self._is_positional = bool(dialect.positional)
        self._names: list[str] = list(compiled.positiontup or compiled.binds)
        self._fixed: dict[str, Any] = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }
        self._processors: list[tuple[str, Processor]] = []
        for name, bind in compiled.binds.items():
            processor = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if processor is not None:
                self._processors.append((name, processor))

    def values(self, row: Mapping[str, Any]) -> Any:  # noqa: ANN401  a tuple or a dict
        """Return a row's values in the form and order the driver takes."""
        filled = self._fixed | row  # type: ignore[operator]
        for name, processor in self._processors:
            filled[name] = processor(filled[name])
        return tuple([filled[name] for name in self._names]) if self._is_positional else filled
