"""What a reader's own pages ask of the database: the same with 200 readers and with 20,000."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from digest.model.sessions import SessionKind
from digest.pipeline.sessions import Sessions
from digest.store.engine import Database
from tests.store.costs import rows_touched, steps_of
from tests.web.day_by_day import ABOUT_CITIES, ABOUT_ROADS, CITIES, ROADS, Readers

Asked = tuple[str, Any]

FEW, MANY = 200, 20_000
# What a tree of indexes is deeper by, and no more.
_DEEPER = 1.6
_SUBSCRIBERS = """
INSERT INTO subscribers (id, address, address_key, state, days, weekday, local_time, zone,
 papers_per_digest, created_at, token_version)
SELECT 1000 + n, 'r' || n || '@example.org', 'r' || n || '@example.org', 'active', 'daily', 0,
 '07:00:00', 'UTC', 10, '2026-01-01 00:00:00', 1 FROM numbers
"""
_DIGESTS = """
INSERT INTO digests (id, subscriber_id, period, window_after, window_through, considered, matched,
 composed_at, entries, wishes_revision) SELECT 1000 + n, 1000 + n, '2026-03-18', 0, 1, 3, 2,
 '2026-03-18 06:00:00', '[[1,1000,[[0,1,1000]]]]', 0 FROM numbers
"""
_WISHES = """
INSERT INTO wishes (subscriber_id, revision, body) SELECT 1000 + n, 0, '{}' FROM numbers
"""
_QUOTATIONS = """
INSERT INTO quotations (paper_id, fingerprint, kind, field, sentence, spans, used_on)
SELECT 1000 + n, 'f' || n, 'phrase', 'title', 'A sentence.', '[]', '2026-03-18' FROM numbers
"""
_DELIVERIES = """
INSERT INTO deliveries (id, subscriber_id, kind, period, digest_id, address, key, state, attempts,
 fence, planned_at, next_at, deadline_at, is_maybe_duplicate, text)
SELECT 1000 + n, 1000 + n, 'digest', '2026-03-18', 1000 + n, 'r@example.org', 'k' || n, 'accepted',
 1, 1, '2026-03-18 06:00:00', '2026-03-18 06:00:00', '2026-03-19 02:00:00', false, '' FROM numbers
"""
_ATTEMPTS = """
INSERT INTO attempts (delivery_id, fence, outcome, text, ended_at)
SELECT 1000 + n, 1, 'deferred', '', '2026-03-18 06:01:00' FROM numbers
"""
_BOUNCES = """
INSERT INTO bounces (event_key, delivery_id, kind, text, received_at)
SELECT 'e' || n, 1000 + n, 'soft', '', '2026-03-18 07:00:00' FROM numbers
"""
_SUPPRESSIONS = """
INSERT INTO suppressions (address_key, reason, created_at)
SELECT 's' || n || '@example.org', 'bounces', '2026-03-18 07:00:00' FROM numbers
"""
_SESSIONS = """
INSERT INTO sessions (digest, kind, subscriber_id, program, created_at, used_on, expires_at)
SELECT 'd' || n, 'reader', 1000 + n, 'Firefox', '2026-03-18 07:00:00', '2026-03-18',
 '2027-03-18 07:00:00' FROM numbers
"""
# Of tables with a row or two PostgreSQL reads any index from end to end.
_PAPERS = """
INSERT INTO papers (id, key, title, abstract, original_title, original_abstract, links, authors,
 is_truncated, title_key, first_dump_id, first_position, first_dated_on, created_at, updated_at)
SELECT 1000 + n, 'made-up-' || n, title, abstract, title, abstract, links, authors, is_truncated,
 title_key, first_dump_id, 1000 + n, first_dated_on, created_at, updated_at
FROM numbers CROSS JOIN (SELECT * FROM papers ORDER BY id LIMIT 1) AS one
"""
_PAPER_IDS = """
INSERT INTO paper_ids (scheme, value, paper_id) SELECT 'arxiv', 'v' || n, 1000 + n FROM numbers
"""
_FILLING = (
    _SUBSCRIBERS,
    _DIGESTS,
    _WISHES,
    _QUOTATIONS,
    _DELIVERIES,
    _ATTEMPTS,
    _BOUNCES,
    _SUPPRESSIONS,
    _SESSIONS,
)


def test_a_reader_s_pages_read_by_indexes_however_many_readers_there_are(readers: Readers) -> None:
    readers.next_day((ROADS, ABOUT_ROADS))
    readers.next_day((CITIES, ABOUT_CITIES))
    database = readers.app.database
    visit = visits(readers)
    fill(database, 1, 5000, (_PAPERS, _PAPER_IDS))
    fill(database, 1, FEW)
    few = {path: work_of(database, asked) for path, asked in every(database, visit).items()}
    fill(database, FEW + 1, MANY)
    for path, asked in every(database, visit).items():
        assert asked, path
        assert [step for each in asked for step in read_through(database, each)] == [], path
        assert work_of(database, asked) <= few[path] * _DEEPER, path


def visits(readers: Readers) -> dict[str, Callable[[], None]]:
    """Return the pages of a reader who is signed in, each by its path."""
    token = Sessions(readers.app.database, readers.clock).open(
        SessionKind.READER, readers.ada.id, "Firefox on Linux"
    )
    issue = readers.app.links.issue(readers.ada, readers.digest().id)

    def visit(url: str) -> Callable[[], None]:
        def ask() -> None:
            assert readers.client.get(url, cookie=f"__Host-digest={token}").status == 200

        return ask

    paths = {
        "/issues": issue,
        "/account": "/account",
        "/account/digests": "/account/digests",
        "/account/digests, older": "/account/digests?before=2026-03-20",
        "/account/receipts": "/account/receipts",
        "/account/receipts/{date}": "/account/receipts/2026-03-19",
        "/account/receipts/{date}, none": "/account/receipts/2026-03-18",
    }
    return {path: visit(url) for path, url in paths.items()}


def fill(database: Database, first: int, last: int, filling: tuple[str, ...] = _FILLING) -> None:
    """Have readers with a digest, its mail, and all that may hang on one, or other rows."""
    numbers = f"WITH RECURSIVE numbers (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"  # noqa: S608  numbers
    with database.writing() as connection:
        for statement in filling:
            head, select, rest = statement.partition("SELECT")
            connection.execute(text(f"{head} {numbers} {select}{rest}"))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def every(database: Database, visit: dict[str, Callable[[], None]]) -> dict[str, list[Asked]]:
    """Return what each page asks of the database."""
    found = {}
    for path, ask in visit.items():
        ask()  # what is remembered by a process is remembered now
        with listening(database) as asked:
            ask()
        found[path] = asked
    return found


@contextmanager
def listening(database: Database) -> Iterator[list[Asked]]:
    """Give a list of the questions that are asked meanwhile."""
    asked: list[Asked] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def read_through(database: Database, asked: Asked) -> list[str]:
    """Return the steps of a question's plan that read a table or an index from end to end."""
    statement, parameters = asked
    with explaining(database) as connection:
        if database.is_sqlite:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [str(row[-1]) for row in rows]
            return [f"{step}: {statement}" for step in steps if step.startswith("SCAN ")]
        [[plan]] = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
    return [f"{node}: {statement}" for node in scans(read(plan))]


def work_of(database: Database, asked: list[Asked]) -> float:
    """Return what questions cost: steps of SQLite's machine, or rows that PostgreSQL touched."""
    return sum(_work(database, each) for each in asked)


def _work(database: Database, asked: Asked) -> float:
    statement, parameters = asked
    with explaining(database) as connection:
        if not database.is_sqlite:
            explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
            [[plan]] = connection.exec_driver_sql(explain, parameters)
            return 1 + rows_touched(read(plan))
        return steps_of(connection, lambda: connection.exec_driver_sql(statement, parameters).all())


@contextmanager
def explaining(database: Database) -> Iterator[Connection]:
    """Give a connection on which PostgreSQL reads a table through only where no index will do."""
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off")
        yield connection
        connection.rollback()


def read(plan: Any) -> dict[str, Any]:
    found = plan if isinstance(plan, list) else json.loads(plan)
    node: dict[str, Any] = found[0]["Plan"]
    return node


def scans(node: dict[str, Any]) -> list[str]:
    """Return the parts of a plan that read through a table, or an index without a condition."""
    kind = node["Node Type"]
    through = kind == "Seq Scan" or ("Index" in kind and "Index Cond" not in node)
    mine = [f"{kind} of {node.get('Relation Name', node.get('Index Name'))}"] if through else []
    return mine + [each for child in node.get("Plans", ()) for each in scans(child)]


@pytest.mark.parametrize("statement", ["SELECT * FROM subscribers", "SELECT matched FROM digests"])
def test_the_measure_sees_what_is_read_through(readers: Readers, statement: str) -> None:
    readers.next_day((ROADS, ABOUT_ROADS))
    database = readers.app.database
    fill(database, 1, FEW)
    asked = (statement, ())
    few = work_of(database, [asked])
    assert read_through(database, asked)
    fill(database, FEW + 1, FEW * 5)
    assert work_of(database, [asked]) > few * _DEEPER
