"""What a piece of work costs, however quick the machine: steps of SQLite, rows of PostgreSQL."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection


def steps_of(connection: Connection, work: Callable[[], object], unit: int = 1) -> int:
    """Return how many steps of SQLite's machine some work takes, in units of so many."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    raw: Any = connection.connection.driver_connection
    raw.set_progress_handler(count, unit)
    try:
        work()
    finally:
        raw.set_progress_handler(None, 0)
    return counted


def rows_touched(node: dict[str, Any]) -> float:
    """Return how many rows the steps of a plan of PostgreSQL (EXPLAIN ANALYZE) have looked at."""
    removed = node.get("Rows Removed by Filter", 0)
    mine: float = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return mine + sum(rows_touched(each) for each in node.get("Plans", ()))
