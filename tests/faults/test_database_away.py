"""The database goes away in the midst of sending: no verdict is lost, and nothing is sent unarmed."""

import signal
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import create_engine, event, text

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState
from digest.pipeline import claiming, outgoing
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.faults.at_work import at_work
from tests.faults.cluster import Cluster, own_cluster
from tests.faults.ends import all_is_well
from tests.faults.processes import Process, orders
from tests.faults.site import Site, smtp
from tests.postgres import process_wait
from tests.waiting import eventually

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
    load = outgoing.load

    def crash_and_load(*arguments: object) -> object:
        monkeypatch.setattr(claiming, "load", load)
        cluster.crash()
        starting.start()
        return load(*arguments)  # type: ignore[arg-type]

    starting = threading.Timer(0.5, cluster.start)
    monkeypatch.setattr(claiming, "load", crash_and_load)
    site.deliver(smtp(sink))
    starting.join()
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
