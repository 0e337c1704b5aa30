"""The code of the release before this one goes on writing while this one's schema is there.

Each INSERT names the columns that the release before knew, and no others.
"""

from datetime import date, time, timedelta
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Table, delete, insert, select, update

from digest.model.deliveries import Suppression
from digest.store import (
    claims,
    deliveries,
    digests,
    papers,
    schema,
    subscribers,
    suppressions,
    tables,
    wishes,
    workers,
)
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
    (
        tables.deliveries,
        {
            "id": 1,
            "subscriber_id": 1,
            "kind": "digest",
            "period": "2026-03-18",
            "digest_id": 1,
            "address": "ada@example.org",
            "key": "key",
            "state": "ready",
            "attempts": 0,
            "fence": 0,
            "planned_at": START,
            "next_at": START,
            "deadline_at": START + timedelta(hours=20),
            "is_maybe_duplicate": False,
            "text": "",
        },
    ),
    (
        tables.suppressions,
        {"address_key": "eve@example.org", "reason": "complaint", "created_at": START},
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


def is_dead(_owner: str) -> bool:
    return False


def claim_as_before(connection: Connection) -> int:
    """Claim like the release before: any mail that is due, leased by itself."""
    mails = tables.deliveries
    due = select(mails.c.id).where(mails.c.state == "ready", mails.c.next_at <= START)
    first = due.order_by(mails.c.next_at, mails.c.id).limit(50).with_for_update(skip_locked=True)
    until = START + timedelta(minutes=15)
    return connection.execute(
        update(mails)
        .where(mails.c.id.in_(first.scalar_subquery()))
        .values(state="leased", owner="old", lease_until=until, fence=mails.c.fence + 1)
    ).rowcount


@pytest.mark.parametrize(
    "before", ["first_tables", "steering_and_archives", "private_feeds", "web_accounts", None]
)
def test_what_the_previous_release_writes_is_read_by_this_one(
    database: Database, before: str | None
) -> None:
    if before is None:
        write_as_before(database)
    else:
        go_back_to(database, before)
        write_as_before(database)
        schema.upgrade(database)

    with database.reading() as connection:
        paper = papers.papers_by_id(connection, [1])[1]
        reader = subscribers.subscribers_by_id(connection, [1])[1]
        digest = digests.digests_by_id(connection, [1])[1]
        mail = deliveries.deliveries_by_id(connection, [1])[1]
        suppressed = suppressions.suppression_of(connection, "eve@example.org")
        groups = claims.groups_due(connection, START)
    [entry] = digest.entries
    assert paper.categories == ()
    assert (reader.revision, reader.language) == (0, "en")
    assert (entry.folded, entry.topic) == ((), "")
    assert digest.wishes is None
    assert (mail.domain_group, mail.message_hash, mail.transport) == ("", None, None)
    assert suppressed == Suppression("eve@example.org", "complaint", "", START)
    assert groups == [""]


def test_the_previous_release_erases_whom_this_one_has_composed_for(database: Database) -> None:
    write_as_before(database)
    with database.writing() as connection:
        wishes.keep_present(connection, [1])
        for table in (tables.deliveries, tables.digest_entries, tables.digests, tables.subscribers):
            connection.execute(delete(table))

        assert connection.execute(select(tables.wishes)).all() == []


def test_workers_of_both_releases_share_the_queue(database: Database) -> None:
    write_as_before(database)
    with database.writing() as connection:
        assert claim_as_before(connection) == 1
        workers.hold_lease(connection, "new", 900, START)
        assert claims.claim_deliveries(connection, "new", START, [""], 5, 5) == []
        assert workers.recover_deliveries(connection, START, is_dead) == 0
        later = START + timedelta(minutes=15)
        assert workers.recover_deliveries(connection, later, is_dead) == 1
        [mail] = claims.claim_deliveries(connection, "new", later, [""], 5, 5)
        assert claim_as_before(connection) == 0
    assert (mail.fence, mail.is_maybe_duplicate) == (3, False)


def test_the_previous_release_takes_nothing_back_from_a_worker_of_this_one(
    database: Database,
) -> None:
    write_as_before(database)
    with database.writing() as connection:
        workers.hold_lease(connection, "new", 900, START)
        claims.claim_deliveries(connection, "new", START, [""], 5, 5)
        mails = tables.deliveries
        over = mails.c.state.in_(("leased", "inflight")) & (
            (mails.c.lease_until <= START + timedelta(days=9)) | mails.c.owner.in_(["dead"])
        )
        assert connection.execute(select(mails.c.id).where(over)).all() == []
