"""Workers that are told to stop, and workers that are stopped and wake when others have their mails."""

import signal

import pytest
from sqlalchemy import select

from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp import Timeouts
from digest.model.deliveries import DeliveryState, Outcome
from digest.store.tables import workers
from digest.store.workers import lease_left, recover_deliveries
from tests.faults.breakpoints import Point
from tests.faults.ends import copies, flagged
from tests.faults.invariants import check
from tests.faults.processes import Process, orders
from tests.faults.site import Site, smtp
from tests.waiting import eventually

pytestmark = pytest.mark.slow

READERS = 6
# The lease, its renewal and the margin, in seconds: a worker may sleep for half a second.
SHORT = (1.0, 0.3, 0.5)


def under_way(site: Site) -> int:
    states = site.states()
    return states.get(DeliveryState.LEASED, 0) + states.get(DeliveryState.INFLIGHT, 0)


def test_told_to_stop_a_worker_awaits_the_reply_and_begins_nothing_more(
    site: Site, sink: Sink
) -> None:
    """K9: what it had claimed is as due as it was, and nobody need wait for a lease."""
    site.make_due(READERS)
    sink.play(Rule(Step.END, times=2, delay=0.5))
    with Process() as worker:
        worker.begin(orders(site, sink, connections=2))
        sink.wait_for(2)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait() == 0
    assert len(sink.mails) == 2
    assert site.states() == {DeliveryState.ACCEPTED: 2, DeliveryState.READY: READERS - 2}
    assert not any(mail.is_maybe_duplicate for mail in site.mails())
    check(site, sink.mails, ready=READERS - 2)
    report = site.deliver(smtp(sink))

    assert report.recovered == 0
    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    check(site, sink.mails)


def test_told_to_stop_a_worker_hands_over_as_uncertain_what_is_never_answered(
    site: Site, sink: Sink
) -> None:
    """K9: after the ten minutes, which are a second here."""
    site.make_due(READERS)
    sink.play(Rule(Step.END, times=1, delay=60))
    second = 1 / Timeouts().end
    with Process() as worker:
        worker.begin(orders(site, sink, timeouts=second))
        sink.wait_for(1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait() == 0
    assert under_way(site) == 0
    assert flagged(site) == 1
    site.clock.advance(minutes=5)
    site.deliver(smtp(sink))

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == 1
    check(site, sink.mails)


def test_told_to_stop_twice_a_worker_still_ends_in_order(site: Site, sink: Sink) -> None:
    """K9: an impatient supervisor makes no copy."""
    site.make_due(READERS)
    sink.play(Rule(Step.END, times=1, delay=0.5))
    with Process() as worker:
        worker.begin(orders(site, sink))
        sink.wait_for(1)
        worker.send_signal(signal.SIGTERM)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait() == 0

    assert under_way(site) == flagged(site) == 0
    check(site, sink.mails, ready=READERS - 1)


@pytest.mark.parametrize("point", [Point.CLAIMED, Point.RENDERED])
def test_a_worker_that_slept_over_its_lease_may_arm_nothing(
    site: Site, sink: Sink, point: Point
) -> None:
    """K10: somebody else has sent its mails by the time it wakes."""
    site.make_due(READERS)
    with Process() as sleeper:
        sleeper.begin(orders(site, sink, point=point, signal="STOP", leases=SHORT))
        sleeper.wait_until_stopped()
        eventually(lambda: site.deliver(smtp(sink)).recovered > 0, "its lease is over")
        sleeper.send_signal(signal.SIGCONT)
        states = sleeper.report()["states"]

    assert "accepted" not in states
    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == flagged(site) == 0
    check(site, sink.mails)


@pytest.mark.parametrize(
    ("point", "is_taken_over"),
    [(Point.ARMED, True), (Point.ARMED, False), (Point.HALF_SENT, False)],
    ids=["K10 taken over", "K10 not yet", "K10 in the body"],
)
def test_a_worker_that_slept_after_arming_does_not_send(
    site: Site, sink: Sink, *, point: Point, is_taken_over: bool
) -> None:
    """Even if nobody has found it out yet."""
    site.make_due(READERS)
    with Process() as sleeper:
        sleeper.begin(orders(site, sink, point=point, signal="STOP", leases=SHORT))
        sleeper.wait_until_stopped()
        if is_taken_over:
            eventually(lambda: site.deliver(smtp(sink)).recovered > 0, "its lease is over")
        else:
            eventually(lambda: is_over(site), "its lease is over")
        sleeper.send_signal(signal.SIGCONT)
        sleeper.report()
    site.deliver_until_settled(smtp(sink))

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == 0
    check(site, sink.mails)


def test_a_sleepers_late_250_is_written_down_and_its_mail_flagged(site: Site, sink: Sink) -> None:
    """K10: it was sent again meanwhile, so the reader has two, and the ledger says so."""
    site.make_due(READERS)
    with Process() as sleeper:
        sleeper.begin(orders(site, sink, point=Point.ANSWERED, signal="STOP", leases=SHORT))
        sleeper.wait_until_stopped()
        eventually(lambda: site.deliver(smtp(sink)).recovered > 0, "its lease is over")
        sleeper.send_signal(signal.SIGCONT)
        sleeper.report()

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == flagged(site) == 1
    assert {each.outcome for each in site.attempts()} >= {Outcome.UNCERTAIN, Outcome.ACCEPTED}
    check(site, sink.mails)


def test_a_sleepers_late_250_spares_the_copy_if_it_comes_in_time(site: Site, sink: Sink) -> None:
    """K10: the mail was taken back and waits; the verdict of the old fence settles it."""
    site.make_due(READERS)
    with Process() as sleeper:
        sleeper.begin(orders(site, sink, point=Point.ANSWERED, signal="STOP", leases=SHORT))
        sleeper.wait_until_stopped()
        eventually(lambda: recovered(site) > 0, "its lease is over")
        sleeper.send_signal(signal.SIGCONT)
        sleeper.report()
    site.deliver(smtp(sink))

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == 0
    check(site, sink.mails)


def recovered(site: Site) -> int:
    """Take back what the gone held, and send nothing."""
    with site.database.writing() as connection:
        return recover_deliveries(connection, site.clock(), lambda _owner: False)


def is_over(site: Site) -> bool:
    """Tell whether no worker's lease has anything left, and take nothing back."""
    with site.database.reading() as connection:
        owners = connection.execute(select(workers.c.owner)).scalars().all()
        return not any(lease_left(connection, owner) for owner in owners)
