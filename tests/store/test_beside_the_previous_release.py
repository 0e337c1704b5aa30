"""The code of the release before this one goes on writing while this one's schema is there.

Each INSERT names the columns that the release before knew, and no others.
"""

from datetime import date, time
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Table, insert

from digest.store import digests, papers, schema, subscribers, tables
from digest.store.engine import Database
from tests.conftest import START

TODAY = date(2026, 3, 18)
INSERTS: list[tuple[Table, dict[str, Any]]] = [
    (
        tables.dumps,
        {
            "id": 1,
            "source": "dumps",
            "name": "a.txt",
            "checksum": "a",
            "dated_on": TODAY,
            "date_origin": "stated",
            "layout": "A",
            "papers": 1,
            "new_papers": 1,
            "ingested_at": START,
        },
    ),
    (
        tables.papers,
        {
            "id": 1,
            "key": "one",
            "title": "One",
            "abstract": "A paper.",
            "original_title": "One",
            "original_abstract": "A paper.",
            "links": [],
            "authors": [],
            "is_truncated": False,
            "title_key": "one",
            "first_dump_id": 1,
            "first_position": 1,
            "first_dated_on": TODAY,
            "created_at": START,
            "updated_at": START,
        },
    ),
    (
        tables.subscribers,
        {
            "id": 1,
            "address": "ada@example.org",
            "address_key": "ada@example.org",
            "state": "active",
            "days": "daily",
            "weekday": 0,
            "local_time": time(7, 0),
            "zone": "UTC",
            "papers_per_digest": 10,
            "created_at": START,
            "token_version": 1,
        },
    ),
    (
        tables.digests,
        {
            "id": 1,
            "subscriber_id": 1,
            "period": TODAY,
            "window_after": 0,
            "window_through": 1,
            "considered": 1,
            "matched": 1,
            "composed_at": START,
        },
    ),
    (
        tables.digest_entries,
        {"digest_id": 1, "rank": 1, "paper_id": 1, "score": 1.0, "reasons": []},
    ),
]


def write_as_before(database: Database) -> None:
    with database.writing() as connection:
        for table, row in INSERTS:
            connection.execute(insert(table), row)


def go_back_to(database: Database, revision: str) -> None:
    config = schema._config()  # noqa: SLF001  no command of ours goes back
    with database.ingesting() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


@pytest.mark.parametrize("is_before", [True, False], ids=["before the upgrade", "after it"])
def test_what_the_previous_release_writes_is_read_by_this_one(
    database: Database, *, is_before: bool
) -> None:
    if is_before:
        go_back_to(database, "first_tables")
        write_as_before(database)
        schema.upgrade(database)
    else:
        write_as_before(database)

    with database.reading() as connection:
        paper = papers.papers_by_id(connection, [1])[1]
        reader = subscribers.subscribers_by_id(connection, [1])[1]
        [entry] = digests.digests_by_id(connection, [1])[1].entries
    assert paper.categories == ()
    assert reader.revision == 0
    assert (entry.folded, entry.topic) == ((), "")
