"""Transactions that fail, and commits that nobody hears of: tried again, and the same as once."""

import threading

import pytest
from sqlalchemy import Connection, text

from digest.delivery.sink import Sink
from digest.errors import StoreAwayError
from digest.store.engine import Database
from tests.faults.ends import all_is_well
from tests.faults.faulty import Faulty
from tests.faults.site import Site, smtp

pytestmark = pytest.mark.slow

READERS = 6
FAILURES = {
    "serialisation failure": "DO $$BEGIN RAISE SQLSTATE '40001'; END$$",
    "lock timeout": "DO $$BEGIN RAISE SQLSTATE '55P03'; END$$",
    "session ended": "SELECT pg_terminate_backend(pg_backend_pid())",
    "too many connections": "DO $$BEGIN RAISE SQLSTATE '53300'; END$$",
    "shutting down": "DO $$BEGIN RAISE SQLSTATE '57P01'; END$$",
    "out of memory": "DO $$BEGIN RAISE SQLSTATE '53200'; END$$",
}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("failure", FAILURES, ids=[f"B2 {name}" for name in FAILURES])
def test_a_transaction_that_failed_for_no_fault_of_its_own_is_tried_again(
    site: Site, sink: Sink, failure: str
) -> None:
    """Every third one does: at the claim, at the arming, at the result."""
    site.make_due(READERS)

    def fail(connection: Connection) -> None:
        connection.execute(text(FAILURES[failure]))

    deliver_through(site, sink, Faulty(site.database, before_commit=fail, every=3))

    all_is_well(site, sink)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_victim_of_a_deadlock_tries_again(site: Site, sink: Sink) -> None:
    """B2: a real one, between the ledger's transaction and another's."""
    site.make_due(1)
    other = Database(site.database.url.render_as_string(hide_password=False))
    has_one, is_over = threading.Event(), threading.Event()

    def rival() -> None:
        with other.writing() as connection:
            connection.execute(text("SET LOCAL deadlock_timeout = '30s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(1)"))
            has_one.set()
            connection.execute(text("SELECT pg_advisory_xact_lock(2)"))
        is_over.set()

    def collide(connection: Connection) -> None:
        connection.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(2)"))
        threading.Thread(target=rival).start()
        has_one.wait()
        connection.execute(text("SELECT pg_advisory_xact_lock(1)"))

    faulty = Faulty(site.database, before_commit=collide, every=100, first=5)
    deliver_through(site, sink, faulty)
    assert is_over.wait(10)
    other.dispose()

    assert "deadlock" in faulty.problems[0]
    all_is_well(site, sink)


@pytest.mark.parametrize("lost", range(1, 10))
def test_a_commit_whose_answer_is_lost_is_as_good_as_any(site: Site, sink: Sink, lost: int) -> None:
    """B3: whatever it wrote: a lease, a claim, an arming, a result."""
    site.make_due(READERS)
    deliver_through(site, sink, Faulty(site.database, loses_answer=True, every=100, first=lost))

    all_is_well(site, sink)


def test_every_third_answer_may_be_lost(site: Site, sink: Sink) -> None:
    """B3."""
    site.make_due(READERS)
    deliver_through(site, sink, Faulty(site.database, loses_answer=True, every=3))

    all_is_well(site, sink)


def deliver_through(site: Site, sink: Sink, database: Database) -> None:
    """Deliver as a worker does, one tick after the other under one name, until all is done."""
    for _ in range(4):
        try:
            site.deliver(smtp(sink), database=database, connections=2)
        except StoreAwayError:
            continue
    database.dispose()
