"""Forgetting finds what is old by index: nobody's table is read through every hour."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from digest.store import old_rows, retention
from digest.store.account_tables import metadata
from digest.store.engine import Database

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
DAY = LONG_AGO.date()
PART = {"after": 1, "through": 3, "before": LONG_AGO}
NUMBERS = {"numbers": [1, 2]}


def _nth(statements: dict[str, tuple[Any, ...]], place: int) -> dict[str, Any]:
    return {kind: each[place] for kind, each in statements.items()}


STATEMENTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "next mails": (old_rows.NEXT_MAILS, {"after": 1, "size": 2}),
    "next digests": (old_rows.NEXT_DIGESTS, {"after": 1, "size": 2}),
    "mails over": (old_rows.MAILS_OVER, PART),
    "their attempts": (_nth(old_rows.DELETE_MAILS, 0), NUMBERS),
    "their bounces": (_nth(old_rows.DELETE_MAILS, 1), NUMBERS),
    "they themselves": (_nth(old_rows.DELETE_MAILS, 2), NUMBERS),
    "digests over": (old_rows.DIGESTS_OVER, PART),
    "their entries of before": (_nth(old_rows.DELETE_DIGESTS, 0), NUMBERS),
    "digests": (_nth(old_rows.DELETE_DIGESTS, 1), NUMBERS),
    "wishes": (old_rows.DELETE_WISHES, NUMBERS),
    "digests that stay": (old_rows.DIGESTS_KEPT, PART),
    "their quotations": (old_rows.USE_QUOTATIONS, {**NUMBERS, "before": DAY, "today": DAY}),
    "quotations": (old_rows.DELETE_QUOTATIONS, {"before": DAY, "size": 2}),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_goes_by_an_index(database: Database, name: str) -> None:
    statement, values = STATEMENTS[name]
    if isinstance(statement, dict):
        statement = statement[database.engine.dialect.name]
    asked: list[tuple[str, Any]] = []

    def listen(_c: object, _d: object, words: str, given: Any, *_: object) -> None:
        asked.append((words, given))

    with database.writing() as connection:
        event.listen(connection, "before_cursor_execute", listen)
        connection.execute(statement, values)
        event.remove(connection, "before_cursor_execute", listen)
        plan = _plan(connection, *asked[-1])
    assert "Seq Scan" not in plan
    assert not [table for table in metadata.tables if f"SCAN {table}" in plan]
    assert "TEMP B-TREE" not in plan


def test_nobody_is_waited_for_longer_than_a_moment(database: Database) -> None:
    """Two that wait for each other are ended by PostgreSQL after a second: it is never us and a reader."""
    part = retention.Part(0, 9, is_old=True)
    with database.writing() as connection:
        assert retention.forget_mails(connection, part, LONG_AGO) == 0
        if not database.is_sqlite:
            assert connection.execute(text("SHOW lock_timeout")).scalar() == "200ms"


def _plan(connection: Connection, words: str, given: Any) -> str:
    if connection.dialect.name == "sqlite":
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", given).all())
    # Of tables with no rows any plan is good: what is left is what there is an index for.
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    return str(connection.exec_driver_sql(f"EXPLAIN {words}", given).all())
