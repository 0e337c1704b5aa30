"""Erased is erased: every row, in every table, and no new row takes the place of an old one."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select

from digest.model.deliveries import Bounce, BounceKind, MailKind
from digest.model.digests import Digest, Entry, Window
from digest.model.feedback import Feedback, FeedbackKind, Mute
from digest.model.sessions import Session, SessionKind
from digest.model.subscribers import Address
from digest.store import (
    address_changes,
    bounces,
    erasing,
    exporting,
    private_feeds,
    sessions,
    sign_ins,
    steering,
    subscribers,
    suppressions,
)
from digest.store.account_tables import metadata
from digest.store.engine import Connection, Database
from digest.store.tables import attempts, bounce_scores, deliveries, digest_entries
from digest.store.tables import digests as digests_table
from tests.conftest import HandClock
from tests.factories import make_address, make_wishes
from tests.store.ledger import Ledger
from tests.stored import store_digests

OWN = {*erasing.OF_READERS, *erasing.OF_DELIVERIES, *erasing.OF_DIGESTS}


def counts(connection: Connection) -> dict[str, int]:
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    }


def furnish(ledger: Ledger, name: str, stored: list[int]) -> int:
    """Return a reader who has something in every table that can be about one."""
    number = ledger.add_reader(name)
    now, address = ledger.clock(), f"{name}@example.org"
    with ledger.database.writing() as connection:
        entry = Entry(stored[0], 1.0, (), (stored[1],), "")
        made = Digest(0, number, now.date(), Window(0, 1), 2, 1, (entry,), now, make_wishes())
        [digest] = store_digests(connection, [made])
        row_of_before = {"digest_id": digest, "rank": 1, "paper_id": stored[0], "score": 1.0}
        connection.execute(insert(digest_entries), {**row_of_before, "reasons": []})
        steering.set_feedback(connection, Feedback(number, stored[2], FeedbackKind.MORE, now))
        steering.set_mute(connection, Mute(number, "robots", now + timedelta(days=9)))
        private_feeds.open_feed(connection, number, now)
        private_feeds.note_fetch(connection, number, now.date(), "newsboat")
        for kind in (SessionKind.READER, SessionKind.API):
            session = Session(0, kind, number, "x", now, now.date(), now + timedelta(days=1))
            sessions.add_session(connection, f"{name}-{kind}-digest", session)
        sign_ins.add_sign_in(connection, number, now)
        new = Address(f"{name}@example.net", f"{name}@example.net")
        address_changes.add_address_change(connection, number, new, now)
        suppressions.add_score(connection, address, 1.0, now)
    ledger.plan(number, digest_id=digest, address=address)
    mail = ledger.plan(number, kind=MailKind.WELCOME, period=f"w-{name}", address=address)
    with ledger.database.writing() as connection:
        row: dict[str, Any] = {"delivery_id": mail, "fence": 1, "outcome": "failed", "text": "no"}
        connection.execute(insert(attempts), {**row, "ended_at": now})
        bounces.add_bounce(connection, Bounce(f"b{mail}", mail, BounceKind.SOFT, None, "full"), now)
    return number


def test_every_row_of_a_readers_goes_and_no_other(ledger: Ledger, stored: list[int]) -> None:
    furnish(ledger, "ada", stored)
    with ledger.database.reading() as connection:
        before = counts(connection)
    assert not [table.name for table in OWN if not before[table.name]]
    bob = furnish(ledger, "bob", stored)
    with ledger.database.writing() as connection:
        assert erasing.erase_reader(connection, bob)
        assert not erasing.erase_reader(connection, bob)
    with ledger.database.reading() as connection:
        after = counts(connection)
    after["spent_ids"] = before["spent_ids"]
    assert after == before


def test_no_table_that_names_readers_is_forgotten() -> None:
    """A table that is added later is deleted from and exported, or this says so."""
    of = {"subscribers": erasing.OF_READERS, "deliveries": erasing.OF_DELIVERIES}
    of["digests"] = (*erasing.OF_DIGESTS, deliveries)
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name in of:
                assert table in of[key.column.table.name], table.name


def test_no_column_that_names_readers_is_forgotten() -> None:
    named = {"subscriber_id", "delivery_id", "digest_id"}
    others = {t.name for t in metadata.sorted_tables if named & set(t.c.keys())} - {
        table.name for table in OWN
    }
    assert others == set()


@pytest.mark.parametrize("is_suppressed", [False, True])
def test_a_suppressed_address_stays_so(
    ledger: Ledger, stored: list[int], *, is_suppressed: bool
) -> None:
    number, key = furnish(ledger, "ada", stored), "ada@example.org"
    with ledger.database.writing() as connection:
        if is_suppressed:
            suppressions.suppress(connection, key, "bounces", "", "", ledger.clock())
        erasing.erase_reader(connection, number)
    with ledger.database.reading() as connection:
        kept = suppressions.suppression_of(connection, key)
        assert (kept is not None) is is_suppressed
        scores = connection.execute(select(func.count()).select_from(bounce_scores)).scalar()
    assert scores == is_suppressed


def test_an_address_of_before_leaves_no_score_behind_unless_it_is_anothers(
    ledger: Ledger, stored: list[int]
) -> None:
    ada, now = furnish(ledger, "ada", stored), ledger.clock()
    ledger.add_reader("eve")
    for name in ("old", "eve"):
        ledger.plan(ada, kind=MailKind.WELCOME, period=name, address=f"{name.title()}@example.org")
        with ledger.database.writing() as connection:
            suppressions.add_score(connection, f"{name}@example.org", 1.0, now)
    with ledger.database.writing() as connection:
        erasing.erase_reader(connection, ada)
        left = connection.execute(select(bounce_scores.c.address_key)).scalars().all()
    assert left == ["eve@example.org"]


def test_no_number_of_an_erased_row_is_given_anew(ledger: Ledger, stored: list[int]) -> None:
    """A link in an old mail, or a bounce of one, would be about somebody else."""
    first = furnish(ledger, "ada", stored)
    numbers = {table.name: highest(ledger, table) for table in (deliveries, digests_table)}
    with ledger.database.writing() as connection:
        erasing.erase_reader(connection, first)
    second = furnish(ledger, "bob", stored)
    assert second > first
    with ledger.database.reading() as connection:
        for table in (deliveries, digests_table):
            lowest = connection.execute(select(func.min(table.c.id))).scalar_one()
            assert lowest > numbers[table.name]
    with ledger.database.writing() as connection:
        erasing.erase_reader(connection, second)
        wishes, address = make_wishes(), make_address("eve")
        third = subscribers.add_subscriber(connection, address, wishes, ledger.clock())
        assert subscribers.add_subscriber(connection, address, wishes, ledger.clock()) == third
        fourth = subscribers.add_subscriber(
            connection, make_address("mallory"), wishes, ledger.clock()
        )
    assert second < third < fourth


def highest(ledger: Ledger, table: Table) -> int:
    with ledger.database.reading() as connection:
        return connection.execute(select(func.max(table.c.id))).scalar_one() or 0


def test_what_is_exported_is_all_of_ones_own(ledger: Ledger, stored: list[int]) -> None:
    ada, _ = furnish(ledger, "ada", stored), furnish(ledger, "bob", stored)
    with ledger.database.reading() as connection:
        found = exporting.reader_data(connection, ada)
        [digest] = exporting.digests_data(connection, ada, 0)
        mails = exporting.deliveries_data(connection, ada, 0)
        assert exporting.deliveries_data(connection, ada, mails[-1]["id"]) == []
        assert exporting.reader_data(connection, 999) is None
    assert found is not None
    told = {*found, "digests", "deliveries", "digest_entries", "attempts", "bounces"}
    assert {table.name for table in OWN} <= told | {"wishes"}
    assert [name for name, rows in found.items() if not rows] == ["suppressions"]
    assert digest["entries"][0]["paper"] == "paper-1"
    assert digest["entries"][0]["folded"] == ["paper-2"]
    assert [len(each["tries"]) for each in mails] == [0, 1]
    assert [len(each["returned"]) for each in mails] == [0, 1]
    whole = repr((found, digest, mails))
    assert "bob" not in whole
    assert "-digest" not in whole
    assert "ada@example.net" in whole


def test_a_readers_export_and_erasure_are_found_by_index(
    sqlite_database: Database, clock: HandClock
) -> None:
    del clock
    with sqlite_database.reading() as connection:
        for table in (*erasing.OF_READERS, *erasing.OF_DELIVERIES, *erasing.OF_DIGESTS):
            name = next(
                each for each in ("subscriber_id", "delivery_id", "digest_id") if each in table.c
            )
            if table is deliveries:
                name = "subscriber_id"
            plan = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN SELECT 1 FROM {table.name} WHERE {name} = 1"  # noqa: S608  ours
            ).all()
            assert "SEARCH" in str(plan), table.name
