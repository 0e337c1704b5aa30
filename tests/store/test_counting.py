"""What operators look at: counted by ranges of keys and by indexes, on both databases."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from digest.model.deliveries import DeliveryState
from digest.model.tallies import TallyKind
from digest.store import counting, finding, subscribers, tallies, watching
from digest.store.engine import Connection, Database
from digest.store.tables import deliveries
from tests.conftest import START, HandClock
from tests.factories import make_address, make_wishes
from tests.store.costs import steps_of
from tests.store.ledger import Ledger

DAY = timedelta(days=1)


def mails(
    database: Database, reader: int, count: int, first: datetime, step: timedelta, **columns: Any
) -> None:
    """Put mails into the ledger, each planned a while after the one before."""
    rows = [
        {
            "subscriber_id": reader,
            "kind": "digest",
            "period": f"{first:%m-%d %H:%M}-{number}-{'-'.join(map(str, columns.values()))}"[:40],
            "address": "ada@example.org",
            "key": f"{first.isoformat()}-{number}-{columns}"[:64],
            "state": "accepted",
            "attempts": 0,
            "fence": 0,
            "planned_at": first + step * number,
            "next_at": first,
            "deadline_at": first + DAY,
            "settled_at": first + step * number + timedelta(minutes=2),
            "domain_group": "example.org",
            "is_maybe_duplicate": False,
            "text": "",
            **columns,
        }
        for number in range(count)
    ]
    with database.writing() as connection:
        connection.execute(insert(deliveries), rows)


def test_mails_are_counted_by_the_day_they_were_planned_on(
    database: Database, ledger: Ledger
) -> None:
    ada = ledger.add_reader()
    midnight = datetime(2026, 3, 18, tzinfo=UTC)
    mails(database, ada, 3, midnight - timedelta(days=2), timedelta(hours=1))
    mails(database, ada, 2, midnight - timedelta(seconds=1), timedelta(0), state="failed")
    mails(database, ada, 4, midnight, timedelta(0), state="ready")
    days = [date(2026, 3, day) for day in (16, 17, 18)]
    with database.reading() as connection:
        found = counting.count_mails_by_day(connection, 0, days)
        yesterday = counting.count_mails_by_day(connection, 0, days[1:2])
    assert found == {days[0]: {"accepted": 3}, days[1]: {"failed": 2}, days[2]: {"ready": 4}}
    assert yesterday == {days[1]: {"failed": 2}}


def test_the_first_mail_of_a_day_is_found_among_many(database: Database, ledger: Ledger) -> None:
    ada = ledger.add_reader()
    with database.reading() as connection:
        assert counting.first_mail_since(connection, START) == 0
    mails(database, ada, 400, START - timedelta(days=40), timedelta(hours=2.4))
    moment = START - timedelta(days=2)
    with database.reading() as connection:
        first = counting.first_mail_since(connection, moment)
        rows = connection.execute(deliveries.select().order_by(deliveries.c.id)).all()
    before = [row for row in rows if row.id < first]
    assert all(row.planned_at < moment for row in before)
    assert 370 < len(before) < 380


@pytest.mark.parametrize("what", ["days", "mails", "waiting", "beginning"])
def test_what_is_asked_costs_what_it_finds_and_not_all_there_is(
    database: Database, ledger: Ledger, what: str
) -> None:
    ada = ledger.add_reader()
    for month in range(20):
        first = START - timedelta(days=400 - 20 * month)
        mails(database, ada, 250, first, timedelta(minutes=1))
    mails(database, ada, 10, START, timedelta(0), state="held")
    if what == "beginning":
        with database.writing() as connection:
            for number in range(1500):
                address = make_address(f"reader{number}")
                subscribers.add_subscriber(connection, address, make_wishes(), START)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))

    def work(connection: Connection) -> None:
        if what == "days":
            first = counting.first_mail_since(connection, START)
            found = counting.count_mails_by_day(connection, first, [START.date()])
            assert found == {START.date(): {"held": 10}}
        elif what == "mails":
            some, _ = finding.recent_mails(connection, (), "", 30)
            assert len(some) == 30
        elif what == "waiting":
            assert watching.count_waiting(connection)[DeliveryState.HELD] == 10
        else:
            assert len(finding.readers_beginning(connection, "reader149", 20)) == 11

    with database.reading() as connection:
        assert touched(connection, database, work) < 500


def touched(connection: Connection, database: Database, work: Any) -> float:
    """How many rows (of PostgreSQL), or hundreds of steps (of SQLite), a piece of work costs."""
    if database.is_sqlite:
        return steps_of(connection, lambda: work(connection), 100)
    before = _read(connection)
    work(connection)
    return _read(connection) - before


def _read(connection: Connection) -> float:
    """How many rows and index entries this transaction has read."""
    statement = text(
        "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) "
        "FROM pg_stat_xact_user_tables WHERE relname IN ('deliveries', 'subscribers')"
    )
    return float(connection.execute(statement).scalar_one() or 0)


def test_the_index_of_beginnings_serves_whatever_the_collation(database: Database) -> None:
    with database.writing() as connection:
        for number in range(1500):
            address = make_address(f"reader{number}")
            subscribers.add_subscriber(connection, address, make_wishes(), START)
    if database.is_sqlite:
        return  # compares bytes by itself
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE subscribers"))
        explain = (
            "EXPLAIN (FORMAT JSON) SELECT id FROM subscribers "
            "WHERE address_key ~>=~ 'reader149' AND address_key ~<~ 'reader14:'"
        )
        [[plan]] = connection.execute(text(explain.replace(":'", r"\:'"))).all()
    assert "ix_subscribers_address_key_beginning" in json.dumps(plan)


def test_a_page_of_mails_leads_to_the_next_until_the_end(
    database: Database, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = ledger.add_reader()
    mails(database, ada, 45, START, timedelta(0), domain_group="gmail")
    mails(database, ada, 45, START + DAY, timedelta(0))
    monkeypatch.setattr(finding, "WINDOW", 40)
    seen: list[int] = []
    before, pages = None, 0
    while True:
        with database.reading() as connection:
            found, before = finding.recent_mails(connection, (), "gmail", 30, before)
        seen += [each.id for each in found]
        pages += 1
        if before is None:
            break
    assert len(seen) == 45
    assert seen == sorted(seen, reverse=True)
    assert pages <= 6


def test_interests_of_few_readers_are_not_named(database: Database, clock: HandClock) -> None:
    with database.writing() as connection:
        for number in range(4):
            own = make_wishes("Graphs" if number else "graphs", f"secret topic {number}", "rare")
            wishes = own if number < 2 else make_wishes("graphs", f"secret topic {number}")
            reader = subscribers.add_subscriber(
                connection, make_address(f"r{number}"), wishes, clock()
            )
            subscribers.activate(connection, reader, clock(), clock() + DAY, 0)
        left = subscribers.add_subscriber(
            connection, make_address("left"), make_wishes("graphs"), clock()
        )
        del left  # has not confirmed
    with database.reading() as connection:
        assert counting.widest_interests(connection, 20, 3) == ({"graphs": 4}, 6)
        assert counting.widest_interests(connection, 1, 1) == ({"graphs": 4}, 6)
        assert counting.count_readers(connection) == {
            "unconfirmed": 1,
            "active": 4,
            "unsubscribed": 0,
        }


def test_domains_are_as_slow_as_their_mails_on_the_mean(database: Database, ledger: Ledger) -> None:
    ada = ledger.add_reader()
    mails(database, ada, 5, START, timedelta(0))
    mails(
        database,
        ada,
        6,
        START,
        timedelta(0),
        domain_group="gmail",
        settled_at=START + timedelta(hours=1),
    )
    mails(database, ada, 2, START, timedelta(0), domain_group="few")
    mails(database, ada, 9, START, timedelta(0), domain_group="new", state="failed")
    with database.reading() as connection:
        found = counting.mean_delays(connection, 0, START - DAY, 20, 5)
    assert list(found.items()) == [("gmail", 3600), ("example.org", 120)]


def test_a_tally_takes_the_place_of_the_one_before(database: Database, clock: HandClock) -> None:
    day = START.date()
    kind = TallyKind.READERS
    with database.writing() as connection:
        tallies.save_tally(connection, kind, day - DAY, {"active": 1}, clock())
        tallies.save_tally(connection, kind, day, {"active": 2, "unconfirmed": 1}, clock())
        clock.advance(hours=1)
        tallies.save_tally(connection, kind, day, {"active": 3}, clock())
    with database.reading() as connection:
        assert tallies.last_tally(connection, kind) == {"active": 3}
        assert tallies.last_tally(connection, TallyKind.DELAYS) == {}
        assert tallies.counted_at(connection, kind) == clock()
        assert tallies.counted_at(connection, TallyKind.DELAYS) is None
        assert tallies.tallies_since(connection, kind, day - DAY) == {
            day - DAY: {"active": 1},
            day: {"active": 3},
        }
