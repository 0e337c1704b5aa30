"""The database goes away in the midst of sending: no verdict is lost, and nothing is sent unarmed."""

import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, create_engine, event, text

from digest.delivery.sink import Rule, Sink, Step
from digest.errors import StoreAwayError
from digest.model.deliveries import DeliveryState
from digest.pipeline import claiming
from digest.pipeline.deliver import DeliverReport, deliver_due
from digest.pipeline.outgoing import Sender
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.faults.cluster import Cluster, own_cluster
from tests.faults.invariants import check
from tests.faults.processes import Process, eventually
from tests.faults.site import Site, smtp
from tests.faults.test_kills import copies, flagged, orders
from tests.postgres import process_wait

pytestmark = pytest.mark.slow

T = TypeVar("T")
READERS = 6
CONNECTIONS = 2


@pytest.fixture(scope="module")
def cluster(postgres_server: str) -> Iterator[Cluster]:
    del postgres_server  # where that is left out, so is this
    with own_cluster() as running:
        yield running


@pytest.fixture
def restartable(cluster: Cluster, clock: HandClock) -> Iterator[Site]:
    """A site whose database can be crashed."""
    database = Database(cluster.new_database())
    yield Site(database, clock)
    database.dispose()


@contextmanager
def at_work(sender: Sender) -> Iterator["Future[DeliverReport]"]:
    """Deliver in a thread, while the test does something else."""
    is_over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool.submit(deliver_due, sender, is_stopping=is_over.is_set)
        finally:
            is_over.set()


def all_is_well(site: Site, sink: Sink) -> None:
    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == flagged(site) == 0
    check(site, sink.mails)


def test_a_database_restarted_between_arm_and_result_costs_nothing(
    restartable: Site, cluster: Cluster, sink: Sink
) -> None:
    """B1: the verdict waits in memory, and no end of data leaves meanwhile."""
    site = restartable
    site.make_due(READERS)
    sink.play(Rule(Step.END, times=1, hook=cluster.crash))
    with at_work(site.sender(smtp(sink), connections=CONNECTIONS)) as report:
        sink.wait_for(1)
        eventually(lambda: sink.open_connections == CONNECTIONS, "both lanes are at it")
        process_wait(1)
        assert len(sink.mails) <= CONNECTIONS
        cluster.start()
        assert report.result(60).states[DeliveryState.ACCEPTED] == READERS

    all_is_well(site, sink)


def test_a_worker_that_must_end_without_a_database_leaves_its_verdicts_in_a_file(
    restartable: Site, cluster: Cluster, sink: Sink, tmp_path: Path
) -> None:
    """B1: whoever starts next writes them down."""
    site = restartable
    site.make_due(READERS)
    spill = tmp_path / "spill"
    sink.play(Rule(Step.END, times=1, hook=cluster.crash))
    with Process() as worker:
        worker.begin(orders(site, sink, spill=str(spill), patience=1))
        sink.wait_for(1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait() == 0
    assert len(list(spill.iterdir())) == 1
    cluster.start()
    site.deliver(smtp(sink), spill=spill)

    assert list(spill.iterdir()) == []
    all_is_well(site, sink)


def test_a_database_that_goes_away_between_claim_and_loading_fails_no_mail(
    restartable: Site, cluster: Cluster, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B1: what the mails say cannot be read, which is not the mails' fault."""
    site = restartable
    site.make_due(READERS)
    load = claiming.load

    def crash_and_load(*arguments: object) -> object:
        monkeypatch.setattr(claiming, "load", load)
        cluster.crash()
        threading.Timer(0.5, cluster.start).start()
        return load(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(claiming, "load", crash_and_load)
    site.deliver(smtp(sink))
    site.deliver(smtp(sink))

    all_is_well(site, sink)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_database_that_only_reads_after_a_failover_is_waited_for(site: Site, sink: Sink) -> None:
    """B1: a standby that is not promoted yet refuses to write, and so do hosts with a full disk."""
    site.make_due(READERS)
    sink.play(Rule(Step.END, times=1, hook=lambda: let_it_only_read(site.database, "on")))
    with at_work(site.sender(smtp(sink), connections=CONNECTIONS)) as report:
        sink.wait_for(1)
        process_wait(1)
        assert len(sink.mails) <= CONNECTIONS
        let_it_only_read(site.database, "off")
        report.result(60)

    all_is_well(site, sink)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL locks rows only
def test_a_locked_database_is_waited_for(site: Site, sink: Sink) -> None:
    """B2: for as long as it takes; no mail is ended meanwhile."""
    site.make_due(READERS)
    event.listen(site.database.engine, "connect", _impatient)
    site.database.dispose()
    other = Database(site.database.url.render_as_string())
    locked = other.engine.connect()
    sink.play(Rule(Step.END, times=1, hook=locked.begin))
    with at_work(site.sender(smtp(sink), connections=CONNECTIONS)) as report:
        sink.wait_for(1)
        process_wait(1.2)
        assert len(sink.mails) <= CONNECTIONS
        locked.close()
        assert report.result(60).states[DeliveryState.ACCEPTED] == READERS
    other.dispose()

    all_is_well(site, sink)


def _impatient(connection: sqlite3.Connection, _entry: object) -> None:
    connection.execute("PRAGMA busy_timeout = 50")


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
    """Every second one does: at the claim, at the arming, at the result."""
    site.make_due(READERS)

    def fail(connection: Connection) -> None:
        connection.execute(text(FAILURES[failure]))

    deliver_through(site, sink, Faulty(site.database, before_commit=fail))

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
    assert site.states() == {DeliveryState.ACCEPTED: 1}
    check(site, sink.mails)


@pytest.mark.parametrize("lost", range(1, 10))
def test_a_commit_whose_answer_is_lost_is_as_good_as_any(site: Site, sink: Sink, lost: int) -> None:
    """B3: whatever it wrote: a lease, a claim, an arming, a result."""
    site.make_due(READERS)
    deliver_through(site, sink, Faulty(site.database, loses_answer=True, every=100, first=lost))

    all_is_well(site, sink)


def test_every_second_answer_may_be_lost(site: Site, sink: Sink) -> None:
    """B3."""
    site.make_due(READERS)
    deliver_through(site, sink, Faulty(site.database, loses_answer=True))

    all_is_well(site, sink)


class Faulty(Database):
    """A database on which the first write, and every so many after it, fails once.

    It fails as the last thing before COMMIT, or with the answer to COMMIT.
    """

    def __init__(
        self,
        real: Database,
        before_commit: Callable[[Connection], object] | None = None,
        *,
        loses_answer: bool = False,
        every: int = 2,
        first: int = 2,
    ) -> None:
        super().__init__(real.url.render_as_string(hide_password=False))
        self.problems: list[str] = []
        self._before_commit = before_commit
        self._loses_answer = loses_answer
        self._every = every
        self._countdown = first

    def try_write(self, work: Callable[[Connection], T]) -> T:
        self._countdown -= 1
        if self._countdown:
            return super().try_write(work)
        self._countdown = self._every
        fail = self._before_commit
        if fail is None:
            super().try_write(work)
            raise StoreAwayError("the connection was closed")

        def work_in_vain(connection: Connection) -> T:
            result = work(connection)
            fail(connection)
            return result

        try:
            return super().try_write(work_in_vain)
        except StoreAwayError as error:
            self.problems.append(str(error))
            raise


def deliver_through(site: Site, sink: Sink, database: Database) -> None:
    """Deliver as a worker does, one tick after the other under one name, until all is done."""
    for _ in range(4):
        try:
            site.deliver(smtp(sink), database=database, connections=CONNECTIONS)
        except StoreAwayError:
            continue
    database.dispose()


def let_it_only_read(database: Database, is_so: str) -> None:
    """Let a database be read only or not, and end all sessions that knew it otherwise."""
    name = database.url.database
    elsewhere = create_engine(database.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with elsewhere.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only={is_so}"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname=:name"),
            {"name": name},
        )
    elsewhere.dispose()
