"""Workers and schedulers killed at every moment of a mail's life: nothing lost, and no copy unflagged."""

import random
import signal
from contextlib import ExitStack

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState, Outcome
from tests.factories import numbered
from tests.faults.breakpoints import Point
from tests.faults.ends import copies, flagged
from tests.faults.invariants import check
from tests.faults.matter import TITLES
from tests.faults.processes import Process, orders, run_to_its_end
from tests.faults.site import Site, smtp
from tests.waiting import eventually

pytestmark = pytest.mark.slow

KILLED = -signal.SIGKILL
READERS = 6


def everything_the_dead_sent_has_arrived(sink: Sink) -> None:
    """Wait for what the kernel still holds of a dead worker's bytes."""
    eventually(lambda: sink.open_connections == 0, "the sink has seen that it is dead")


def finish(site: Site, sink: Sink) -> int:
    """Have somebody else do the rest, as late as it takes; return how many mails were taken back."""
    report = site.deliver(smtp(sink))
    site.clock.advance(minutes=5)
    site.deliver(smtp(sink))
    return report.recovered


@pytest.mark.parametrize(
    ("point", "again"),
    [(Point.PLANNING, READERS), (Point.PLANNED, 0)],
    ids=["K1 planned, not committed", "K1 planned"],
)
def test_killed_at_the_plan_a_scheduler_plans_nothing_twice(
    site: Site, sink: Sink, point: Point, again: int
) -> None:
    """Nor is anything missing."""
    site.enrol([f"reader{n}@example.org" for n in range(READERS)])
    site.take_in(numbered(TITLES))
    site.clock.advance(days=1, hours=1)

    assert run_to_its_end(orders(site, point=point)) == KILLED
    assert site.compose().composed == again
    site.planned = READERS
    finish(site, sink)

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == flagged(site) == 0
    check(site, sink.mails)


@pytest.mark.parametrize(
    "point", [Point.CLAIMED, Point.RENDERED], ids=["K2 claimed", "K3 rendered"]
)
def test_killed_before_it_is_armed_a_mail_goes_out_unflagged(
    site: Site, sink: Sink, point: Point
) -> None:
    site.make_due(READERS)

    assert run_to_its_end(orders(site, sink, point=point, nth=1)) == KILLED
    assert finish(site, sink) == READERS

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == flagged(site) == 0
    check(site, sink.mails)


@pytest.mark.parametrize(
    "point", [Point.ARMED, Point.HALF_SENT], ids=["K4 armed", "K5 body half sent"]
)
def test_killed_before_the_end_of_data_a_mail_arrives_once(
    site: Site, sink: Sink, point: Point
) -> None:
    """Flagged all the same: whoever finds it cannot know how far its worker came."""
    site.make_due(READERS)

    assert run_to_its_end(orders(site, sink, point=point, nth=3)) == KILLED
    everything_the_dead_sent_has_arrived(sink)
    assert len(sink.mails) == 2
    assert finish(site, sink) == READERS - 2

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == 0
    assert flagged(site) == 1
    check(site, sink.mails)


@pytest.mark.parametrize(
    "point", [Point.SENT, Point.ANSWERED], ids=["K6 end of data sent", "K7 reply read"]
)
def test_killed_before_the_reply_is_on_the_disk_a_mail_is_sent_once_more(
    site: Site, sink: Sink, point: Point
) -> None:
    """The same bytes, flagged, and one copy."""
    site.make_due(READERS)

    assert run_to_its_end(orders(site, sink, point=point, nth=3)) == KILLED
    everything_the_dead_sent_has_arrived(sink)
    assert len(sink.mails) == 3
    finish(site, sink)

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == flagged(site) == 1
    [lost] = site.attempts()
    assert lost.outcome is Outcome.UNCERTAIN
    check(site, sink.mails)


def test_killed_while_the_reply_is_awaited_a_mail_is_left_to_a_person_if_so_decided(
    site: Site, sink: Sink
) -> None:
    """K6: under the policy `hold` no copy is made, and the mail is listed."""
    site.make_due(READERS)

    assert run_to_its_end(orders(site, sink, point=Point.SENT, nth=3)) == KILLED
    everything_the_dead_sent_has_arrived(sink)
    site.deliver(smtp(sink), resends=False)

    assert site.states() == {DeliveryState.ACCEPTED: READERS - 1, DeliveryState.UNCERTAIN: 1}
    assert copies(sink) == 0
    check(site, sink.mails)


def test_killed_together_with_the_server_a_mail_that_never_arrived_is_not_lost(
    site: Site, sink: Sink
) -> None:
    """K6: the other half of not knowing."""
    site.make_due(READERS)
    with Process() as worker:
        sink.play(
            Rule(
                Step.END,
                b"",
                times=1,
                accepts=False,
                drops=True,
                hook=lambda: worker.send_signal(signal.SIGKILL),
            )
        )
        worker.begin(orders(site, sink))
        assert worker.wait() == KILLED
    everything_the_dead_sent_has_arrived(sink)
    assert sink.mails == []
    finish(site, sink)

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == 0
    check(site, sink.mails)


def test_killed_after_the_result_is_committed_no_mail_is_sent_again(site: Site, sink: Sink) -> None:
    """K8: the one that was armed in the same commit may have been, so it is flagged."""
    site.make_due(READERS)

    assert run_to_its_end(orders(site, sink, point=Point.SETTLED, nth=3)) == KILLED
    everything_the_dead_sent_has_arrived(sink)
    accepted = site.states()[DeliveryState.ACCEPTED]
    assert accepted == len(sink.mails) == 3
    finish(site, sink)

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == 0
    assert flagged(site) <= 1
    check(site, sink.mails)


def test_what_a_worker_of_another_host_held_comes_back_with_the_end_of_its_lease(
    site: Site, sink: Sink
) -> None:
    """K2-K8: and not before, since nobody here can tell whether it is dead."""
    site.make_due(READERS)
    leases = (1.5, 0.5, 0.5)
    elsewhere = "elsewhere:0123abcd:1/1/1"

    killed = run_to_its_end(
        orders(site, sink, point=Point.ANSWERED, nth=3, owner=elsewhere, leases=leases)
    )
    assert killed == KILLED
    assert site.deliver(smtp(sink)).attempts == 0
    eventually(lambda: site.deliver(smtp(sink)).recovered > 0, "its lease is over")
    site.deliver(smtp(sink))

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == 1
    check(site, sink.mails)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_twenty_kills_over_two_thousand_mails_lose_none(site: Site, sink: Sink) -> None:
    """K1-K8: copies are at most as many as the connections that were open when it happened."""
    kills, mails, connections = 20, 2000, 4
    chance = random.Random(20)  # noqa: S311  which moments, not secrets
    site.make_due(mails)
    # Half of them from within at every point that there is, half from without, in the midst.
    points = [*Point][2:]
    moments = points + [""] * (kills - len(points))
    chance.shuffle(moments)
    with ExitStack() as stack:
        ready = stack.enter_context(Process())
        for point in moments:
            worker, ready = ready, stack.enter_context(Process())  # the next one stands by
            nth = 1 if point == Point.CLAIMED else chance.randint(20, 90)
            sink.play(Rule(Step.END, hook=_Killer(worker, 0 if point else nth)))
            worker.begin(orders(site, sink, point=point, nth=nth, connections=connections))
            assert worker.wait() == KILLED
    everything_the_dead_sent_has_arrived(sink)
    sink.play()
    before = len(sink.mails)
    finish(site, sink)

    print(f"K-test: {len(sink.mails)} received, {copies(sink)} copies, {flagged(site)} flagged")  # noqa: T201
    assert 0 < before < mails
    unknown = site.states().get(DeliveryState.UNCERTAIN, 0)
    assert site.states()[DeliveryState.ACCEPTED] == mails - unknown
    assert len(sink.copies()) == mails
    assert copies(sink) <= flagged(site) <= kills * connections
    check(site, sink.mails)


class _Killer:
    """Kills a worker at the n-th mail that the server has accepted, before it says so."""

    def __init__(self, worker: Process, nth: int) -> None:
        self._worker = worker
        self._left = nth

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._worker.send_signal(signal.SIGKILL)
