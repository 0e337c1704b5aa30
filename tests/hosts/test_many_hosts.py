"""A morning of 20,000 readers on six hosts that die, are cut off, doubled and started anew."""

import signal
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from tests.hosts.cluster import CONNECTIONS, LEASE, Cluster, cluster
from tests.hosts.crowd import enrol, moment, take_in_papers
from tests.hosts.network import need_namespaces
from tests.hosts.reckoning import reckon
from tests.waiting import eventually

pytestmark = pytest.mark.slow

READERS = 20_000
WORKERS = ("worker1", "worker2")
SCHEDULERS = ("scheduler1", "scheduler2")
_WHOLE = 240.0  # seconds for a step: many times what a quiet machine needs


@pytest.fixture
def site() -> Iterator[Cluster]:
    need_namespaces()
    with cluster(*WORKERS, *SCHEDULERS) as made:
        try:
            yield made
        finally:
            # Shown when the test fails, or by `pytest -s`.
            print(made.programs.ends_of_logs(), *made.story(), sep="\n")  # noqa: T201


def test_every_reader_gets_one_digest_whatever_happens_to_the_hosts(
    site: Cluster, record_property: Callable[[str, object], None]
) -> None:
    """Each event comes when so many mails have been accepted; in the end nothing is in the way."""
    site.run("scheduler1", "db", "upgrade")
    due_at = moment()
    take_in_papers(site.database, due_at)
    enrol(site.database, READERS, due_at)
    site.tell("readers are due")
    for host in SCHEDULERS:
        site.start(host, "scheduler")
    for host in WORKERS:
        site.start(host, "worker")

    after(site, 0.1)
    site.programs.end("worker1", signal.SIGKILL)
    site.tell("worker1 is killed")
    after(site, 0.15)
    site.start("worker1", "worker")
    site.tell("worker1 is started anew")
    after(site, 0.2)
    site.network.cut("worker2")
    site.tell("worker2 is cut off")
    after(site, 0.3)
    site.stop_postgres()
    site.tell("PostgreSQL is stopped")
    site.start_postgres()
    site.tell("PostgreSQL is up again")
    after(site, 0.4)
    assert site.programs.end("scheduler2", signal.SIGTERM) == 0, site.programs.log("scheduler2")
    site.tell("scheduler2 is stopped")
    eventually(lambda: not is_known(site, "worker2"), "it is taken for dead", _WHOLE)
    site.tell("worker2 has lost its lease and its mails")
    site.network.mend("worker2")
    site.tell("worker2 is back")
    clear_at = site.now()

    eventually(lambda: site.mails.count() >= READERS, "everybody has a mail", _WHOLE)
    site.tell("the last mail is accepted")
    eventually(lambda: is_settled(site), "every mail is settled")
    for host in (*WORKERS, "scheduler1"):
        assert site.programs.end(host, signal.SIGTERM) == 0, site.programs.log(host)
    site.tell(f"all have stopped, after {site.cpu():.0f} s of CPU")

    result = reckon(site.database, site.mails.mails(), clear_at, LEASE)
    site.tell(str(result))
    record_property("counted", str(result))
    record_property("events", site.story())
    assert result.readers == READERS
    assert result.late == 0
    # As many as were under way on the two hosts that went without a word, and none for the restart.
    assert result.copies <= 2 * CONNECTIONS


def after(site: Cluster, share: float) -> None:
    """Wait until the mails of so many readers have been accepted."""
    eventually(lambda: site.mails.count() >= READERS * share, f"{share:.0%} of the mails", _WHOLE)


def is_known(site: Cluster, host: str) -> bool:
    """Tell whether a host has a lease: who is forgotten has no mails in hand either."""
    return ask(site, "SELECT EXISTS (SELECT FROM workers WHERE owner LIKE :host)", f"{host}:%")


def is_settled(site: Cluster) -> bool:
    left = "SELECT count(settled_at) = :readers FROM deliveries"
    return ask(site, left, readers=READERS)


def ask(site: Cluster, question: str, host: str = "", readers: int = 0) -> bool:
    with site.database.asking() as connection:
        given = {"host": host, "readers": readers}
        return bool(connection.execute(text(question), given).scalar_one())
