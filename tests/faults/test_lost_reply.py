"""The only moment at which nobody can know: when the end of a mail has been sent."""

import threading
from typing import Any

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState
from digest.pipeline.outgoing import Leases
from digest.store import workers
from tests.faults.invariants import check
from tests.faults.site import Site, impatient, smtp

BRIEF = impatient(end=0.5)
LOST: dict[str, dict[str, Any]] = {
    "D4 drop": {"reply": b"", "drops": True},
    "D4 RST": {"reply": b"", "resets": True},
    "D4 part of a reply": {"reply": b"25", "drops": True},
    "D4 garbage": {"reply": b"\0\xff\xfe\r\n"},
    "D4 another step's": {"reply": b"354 go on\r\n"},
    "D4 silence": {"delay": 60},
    # The reply of a retry that a proxy has kept for too long.
    "D6 late": {"delay": 1},
}


@pytest.fixture(params=list(LOST.values()), ids=list(LOST))
def lost(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A way for a server to accept a mail without anybody's being told."""
    fault: dict[str, Any] = request.param
    return {"accepts": True, **fault}


def test_a_lost_reply_makes_one_more_copy_of_the_same_bytes(
    site: Site, sink: Sink, lost: dict[str, Any]
) -> None:
    site.make_due(3)
    sink.play(Rule(Step.END, recipient="reader1@", times=1, **lost))
    site.deliver(smtp(sink, timeouts=BRIEF), connections=1)
    mail = site.mail("reader1")
    assert (mail.state, mail.is_maybe_duplicate) == (DeliveryState.READY, True)
    check(site, sink.mails, ready=1)
    site.deliver_until_settled(smtp(sink))

    assert site.states() == {DeliveryState.ACCEPTED: 3}
    assert [mail.address for mail in site.mails() if mail.is_maybe_duplicate] == [mail.address]
    assert sorted(sink.copies().values()) == [1, 1, 2]
    check(site, sink.mails)


def test_a_reply_that_is_lost_twice_leaves_the_mail_to_a_person(
    site: Site, sink: Sink, lost: dict[str, Any]
) -> None:
    site.make_due(3)
    sink.play(Rule(Step.END, recipient="reader1@", **lost))
    for _ in range(4):
        site.deliver(smtp(sink, timeouts=BRIEF), connections=1)
        site.clock.advance(minutes=20)

    assert site.states() == {DeliveryState.ACCEPTED: 2, DeliveryState.UNCERTAIN: 1}
    assert sorted(sink.copies().values()) == [1, 1, 2]
    check(site, sink.mails)


def test_where_a_person_is_to_decide_nothing_is_sent_again(
    site: Site, sink: Sink, lost: dict[str, Any]
) -> None:
    site.make_due(3)
    sink.play(Rule(Step.END, recipient="reader1@", times=1, **lost))
    for _ in range(3):
        site.deliver(smtp(sink, timeouts=BRIEF), connections=1, resends=False)
        site.clock.advance(minutes=20)

    assert site.states() == {DeliveryState.ACCEPTED: 2, DeliveryState.UNCERTAIN: 1}
    assert site.mail("reader1").state is DeliveryState.UNCERTAIN
    assert set(sink.copies().values()) == {1}
    check(site, sink.mails)
    site.clock.advance(days=3)
    site.deliver(smtp(sink), resends=False)
    assert site.mail("reader1").state is DeliveryState.UNCERTAIN  # for as long as it takes


def test_what_may_have_arrived_does_not_go_by_another_server_in_the_same_breath(
    site: Site, sink: Sink, lost: dict[str, Any]
) -> None:
    site.make_due(1)
    sink.play(Rule(Step.END, times=1, **lost))
    with Sink() as second:
        site.deliver(smtp(sink, timeouts=BRIEF), smtp(second))
        assert second.commands == []
        check(site, sink.mails, ready=1)


def test_a_copy_that_is_refused_does_not_say_that_the_first_one_was(
    site: Site, sink: Sink, lost: dict[str, Any]
) -> None:
    site.make_due(1)
    sink.play(Rule(Step.END, times=1, **lost), Rule(Step.END, "554 5.6.0 I have that one already"))
    site.deliver(smtp(sink, timeouts=BRIEF))
    site.clock.advance(minutes=20)
    site.deliver(smtp(sink))

    assert site.states() == {DeliveryState.UNCERTAIN: 1}
    check(site, sink.mails)


def test_a_reply_that_is_late_but_in_time_is_waited_for_under_a_lease_that_is_renewed(
    site: Site, sink: Sink
) -> None:
    """D5: meanwhile another worker looks for mails whose worker is gone, and finds none."""
    # A busy machine may not come to renew anything for a second.
    leases = Leases(length=3.5, renewal=0.1, margin=0.2)
    seen: list[int] = []

    def outlast_the_lease() -> None:
        until = lease_until(site)
        while lease_now(site) < until:
            threading.Event().wait(0.05)
        # In a thread of its own: this one has a loop.
        other = threading.Thread(target=look_for_the_lost)
        other.start()
        other.join()

    def look_for_the_lost() -> None:
        seen.append(site.deliver(smtp(sink), owner="another").recovered)

    site.make_due(1)
    sink.play(Rule(Step.END, hook=outlast_the_lease))
    site.deliver(smtp(sink), leases=leases, owner="elsewhere/1/1")

    assert seen == [0]
    assert site.states() == {DeliveryState.ACCEPTED: 1}
    assert not site.mail().is_maybe_duplicate
    check(site, sink.mails)


def lease_until(site: Site) -> float:
    with site.database.reading() as connection:
        return workers.lease_left(connection, "elsewhere/1/1") + workers.lease_now(connection)


def lease_now(site: Site) -> float:
    with site.database.reading() as connection:
        return workers.lease_now(connection)


def test_a_late_reply_is_never_read_as_another_mails(site: Site, sink: Sink) -> None:
    """D6: the reply to reader0 comes while reader1, who does not exist, is asked about."""
    late = Rule(Step.END, "250 2.0.0 kept at last", "reader0@", times=1, delay=0.6)
    site.make_due(3)
    sink.play(
        late,
        Rule(Step.RCPT, "550 5.1.1 no such user", "reader1@", delay=0.4),
        Rule(Step.END, recipient="reader2@", delay=0.2),
    )
    site.deliver(smtp(sink, timeouts=impatient(end=0.4)), connections=1)
    assert site.mail("reader0").is_maybe_duplicate
    assert site.mail("reader1").state is DeliveryState.FAILED
    assert site.mail("reader2").state is DeliveryState.ACCEPTED
    check(site, sink.mails, ready=1)
    site.deliver_until_settled(smtp(sink))

    assert site.states() == {DeliveryState.ACCEPTED: 2, DeliveryState.FAILED: 1}
    check(site, sink.mails)
