"""Several schedulers and workers at once: one digest for a day, and one sender for a mail."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState
from digest.pipeline.archive import Archives
from digest.pipeline.compose import Composer, ComposeReport
from digest.store.engine import Database
from tests.factories import numbered
from tests.faults.ends import copies, flagged
from tests.faults.invariants import check
from tests.faults.processes import Process, orders
from tests.faults.site import AUTHORITY, Site

pytestmark = pytest.mark.slow

ROUNDS = 50
READERS = 3


@pytest.fixture
def second(site: Site) -> Iterator[Database]:
    """The same database, as another process has it."""
    database = Database(site.database.url.render_as_string(hide_password=False))
    yield database
    database.dispose()


def test_two_schedulers_at_the_same_tick_compose_each_digest_once(
    site: Site, second: Database
) -> None:
    """P1: fifty times."""
    site.enrol([f"reader{n}@example.org" for n in range(READERS)])
    start = threading.Barrier(2)

    def compose(database: Database) -> ComposeReport:
        archives = Archives(database, site.clock)
        start.wait(10)
        return Composer(database, archives, AUTHORITY, site.clock).compose_due()

    with ThreadPoolExecutor(2) as pool:
        for each in range(ROUNDS):
            site.clock.advance(days=1)
            site.take_in(numbered([f"Graph Neural Networks of Day {each}"]))
            both = list(pool.map(compose, [site.database, second]))
            assert sum(report.composed + report.quiet for report in both) == READERS

    mails = site.mails()
    assert len({(mail.subscriber_id, mail.period) for mail in mails}) == len(mails)
    assert len(mails) == READERS * ROUNDS


def test_eight_workers_send_every_mail_once(site: Site, sink: Sink) -> None:
    """P2: three of them on other hosts, whose clocks go wrong by ten minutes either way."""
    mails = 160
    site.make_due(mails)
    site.clock.advance(minutes=30)
    with ExitStack() as stack:
        workers = [stack.enter_context(Process()) for _ in range(8)]
        for number, worker in enumerate(workers):
            wrong = {0: 10, 1: -10, 2: -10}.get(number, 0)
            site.clock.advance(minutes=wrong)
            owner = f"host{number}:0123abcd:1/1/1" if wrong else ""
            worker.begin(orders(site, sink, connections=2, owner=owner))
            site.clock.advance(minutes=-wrong)
        reports = [worker.report() for worker in workers]

    assert site.states() == {DeliveryState.ACCEPTED: mails}
    assert sum(report["states"].get("accepted", 0) for report in reports) == mails
    assert sum(report["recovered"] for report in reports) == 0
    assert copies(sink) == flagged(site) == 0
    check(site, sink.mails)


def test_hosts_with_wrong_clocks_take_nothing_from_one_that_works(site: Site, sink: Sink) -> None:
    """P2: leases are not counted by their clocks."""
    site.make_due(4)
    site.clock.advance(minutes=30)
    sink.play(Rule(Step.END, times=1, delay=1))
    leases = (300, 60, 30)
    with Process() as right, Process() as fast, Process() as slow:
        right.begin(orders(site, sink, owner="host1:0123abcd:1/1/1", leases=leases))
        sink.wait_for(1)
        for worker, minutes in ((fast, 10), (slow, -10)):
            site.clock.advance(minutes=minutes)
            owner = f"host{minutes}:0123abcd:1/1/1"
            worker.begin(orders(site, sink, owner=owner, leases=leases))
            assert worker.report() == {"states": {}, "recovered": 0}
            site.clock.advance(minutes=-minutes)
        right.report()

    assert site.states() == {DeliveryState.ACCEPTED: 4}
    assert copies(sink) == flagged(site) == 0
    check(site, sink.mails)
