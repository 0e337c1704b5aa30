"""Readers who leave while their mail is on its way."""

import signal
from collections.abc import Callable
from datetime import timedelta

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import Delivery, DeliveryState, MailKind
from digest.model.subscribers import SubscriberState
from digest.pipeline import account_mails
from digest.pipeline.pausing import pause
from digest.pipeline.subscribe import subscribe, unsubscribe
from digest.store import suppressions
from tests.factories import make_wishes, numbered
from tests.faults.breakpoints import Point
from tests.faults.invariants import check
from tests.faults.processes import orders, run_to_its_end
from tests.faults.site import AUTHORITY, Site, smtp
from tests.waiting import eventually


def leave(site: Site) -> None:
    unsubscribe(site.registry, site.reader("reader1"))


def complain(site: Site) -> None:
    with site.database.writing() as connection:
        suppressions.suppress(
            connection, "reader1@example.org", "complaint", "test", "", site.clock()
        )


LEAVING = pytest.mark.parametrize("go", [leave, complain], ids=["U1 unsubscribed", "U1 complained"])


@LEAVING
@pytest.mark.parametrize("step", [None, Step.MAIL, Step.DATA])
def test_who_leaves_before_the_mail_goes_out_gets_none(
    site: Site, sink: Sink, step: Step | None, go: Callable[[Site], None]
) -> None:
    site.make_due(3)
    if step is None:
        go(site)
    else:
        sink.play(Rule(step, times=1, hook=lambda: go(site)))
    site.deliver(smtp(sink), connections=1)

    digest, *goodbye = [each for each in site.mails() if "reader1" in each.address]
    assert digest.state is DeliveryState.SUPPRESSED
    assert [each.state for each in goodbye] == ([DeliveryState.ACCEPTED] if go is leave else [])
    assert site.states()[DeliveryState.ACCEPTED] == 2 + len(goodbye)
    check(site, sink.mails, left=["reader1@example.org"])


@LEAVING
def test_who_leaves_while_the_mail_is_taken_gets_that_one_and_no_other(
    site: Site, sink: Sink, go: Callable[[Site], None]
) -> None:
    site.make_due(3)
    sink.play(Rule(Step.END, recipient="reader1@", hook=lambda: go(site)))
    site.deliver(smtp(sink), connections=1)
    goodbyes = 1 if go is leave else 0
    assert site.states() == {DeliveryState.ACCEPTED: 3 + goodbyes}
    check(site, sink.mails)

    site.take_in(numbered(["Graph Neural Networks of another day"]))
    site.clock.advance(days=1)
    site.compose()
    site.deliver(smtp(sink))
    assert [mail.recipient for mail in sink.mails].count("reader1@example.org") == 1 + goodbyes
    assert len(sink.mails) == 5 + goodbyes
    check(site, sink.mails)


@LEAVING
def test_who_leaves_after_a_lost_reply_gets_no_second_copy(
    site: Site, sink: Sink, go: Callable[[Site], None]
) -> None:
    site.make_due(3)
    sink.play(Rule(Step.END, b"", "reader1@", drops=True, accepts=True))
    site.deliver(smtp(sink), connections=1)
    go(site)
    site.clock.advance(minutes=20)
    sink.play()
    site.deliver(smtp(sink))

    assert set(sink.copies().values()) == {1}
    check(site, sink.mails)


@pytest.mark.parametrize("rest", [Step.MAIL, Step.RCPT, Step.END], ids=str)
def test_a_goodbye_that_is_put_off_comes_once(site: Site, sink: Sink, rest: Step) -> None:
    """U3: like any other mail."""
    goodbye = see_off(site)
    sink.play(Rule(rest, b"451 4.3.0 later\r\n", times=1))
    site.deliver_until_settled(smtp(sink))

    assert [each.recipient for each in sink.mails] == [goodbye.address]
    assert site.states() == {DeliveryState.ACCEPTED: 1}
    check(site, sink.mails)


def test_a_goodbye_whose_reply_is_lost_is_flagged_and_sent_once_more(
    site: Site, sink: Sink
) -> None:
    """U3: the same bytes."""
    see_off(site)
    sink.play(Rule(Step.END, b"", times=1, drops=True, accepts=True))
    site.deliver_until_settled(smtp(sink))

    assert site.states() == {DeliveryState.ACCEPTED: 1}
    assert set(sink.copies().values()) == {2}
    assert site.mail().is_maybe_duplicate
    check(site, sink.mails)


def test_who_comes_back_before_the_goodbye_went_out_gets_the_question_alone(
    site: Site, sink: Sink
) -> None:
    """U3: it would not be true any more."""
    see_off(site)
    reader = subscribe(site.registry, "reader0@example.org", make_wishes())
    site.planned = 1
    site.deliver(smtp(sink))

    goodbye, confirm = site.mails()
    assert (goodbye.kind, goodbye.state) == (MailKind.GOODBYE, DeliveryState.SUPPRESSED)
    assert (confirm.kind, confirm.state) == (MailKind.CONFIRM, DeliveryState.ACCEPTED)
    assert [each.recipient for each in sink.mails] == [reader.address]


def test_who_left_and_then_complains_gets_no_goodbye(site: Site, sink: Sink) -> None:
    """U3: nothing is ever sent to who complained, not even that."""
    site.enrol(["reader1@example.org"])
    leave(site)
    complain(site)
    site.deliver(smtp(sink))

    assert site.states() == {DeliveryState.SUPPRESSED: 1}
    assert sink.mails == []


def test_leaving_that_is_cut_short_has_not_happened(site: Site) -> None:
    """U4: a reader is never gone without their goodbye, nor has it while they stay."""
    site.enrol(["reader0@example.org"])
    number = site.reader().id
    with pytest.raises(InterruptedError):
        leave_and_fall(site, number)
    assert site.reader().state is SubscriberState.ACTIVE
    assert site.mails() == []

    unsubscribe(site.registry, site.reader())
    assert [each.kind for each in site.mails()] == [MailKind.GOODBYE]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("point", "copies"),
    [(Point.CLAIMED, 1), (Point.RENDERED, 1), (Point.HALF_SENT, 1), (Point.SENT, 2)],
)
def test_a_worker_killed_over_a_goodbye_neither_loses_nor_doubles_it_unflagged(
    site: Site, sink: Sink, point: Point, copies: int
) -> None:
    """U4: a copy is made only where the first may not have arrived."""
    see_off(site)
    assert run_to_its_end(orders(site, sink, point=point)) == -signal.SIGKILL
    eventually(lambda: sink.open_connections == 0, "the sink has seen that the worker is dead")
    site.deliver_until_settled(smtp(sink))

    assert site.states() == {DeliveryState.ACCEPTED: 1}
    assert list(sink.copies().values()) == [copies]
    check(site, sink.mails)


def leave_and_fall(site: Site, number: int) -> None:
    """Have a reader leave, and the process end before that is committed."""
    with site.database.writing() as connection:
        account_mails.leave(connection, AUTHORITY, number, site.clock())
        raise InterruptedError


def see_off(site: Site) -> Delivery:
    """Have a reader leave; return their goodbye, which waits to be sent."""
    site.enrol(["reader0@example.org"])
    unsubscribe(site.registry, site.reader())
    [goodbye] = site.mails()
    assert goodbye.kind is MailKind.GOODBYE
    return goodbye


def test_who_pauses_when_the_first_reply_was_lost_gets_no_copy_and_no_paper_twice(
    site: Site, sink: Sink
) -> None:
    """U1: it may have arrived, so nobody says that it was certainly not."""
    site.make_due(1)
    [reader] = site.readers()
    sink.play(
        Rule(
            Step.END,
            b"",
            times=1,
            drops=True,
            accepts=True,
            hook=lambda: pause(site.registry, reader, site.clock().date() + timedelta(days=3)),
        )
    )
    site.deliver_until_settled(smtp(sink))

    assert site.states() == {DeliveryState.UNCERTAIN: 1}
    assert set(sink.copies().values()) == {1}
