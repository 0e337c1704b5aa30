"""What a server can do before it has the mail: break off, want less of us, say later."""

from datetime import timedelta
from typing import Any

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState
from tests.faults.invariants import check
from tests.faults.site import Site, impatient, smtp

BRIEF = impatient(command=0.4, data=0.4)
ENVELOPE = [Step.MAIL, Step.RCPT, Step.DATA]
BREAKS: dict[str, dict[str, Any]] = {
    "drop": {"reply": b"", "drops": True},
    "RST": {"reply": b"", "resets": True},
    "stall": {"delay": 60},
}


@pytest.mark.parametrize("step", ENVELOPE)
@pytest.mark.parametrize("fault", BREAKS.values(), ids=[f"M1 {name}" for name in BREAKS])
def test_a_line_that_breaks_before_the_mail_leaves_no_doubt(
    site: Site, sink: Sink, step: Step, fault: dict[str, Any]
) -> None:
    site.make_due(2)
    sink.play(Rule(step, **fault))
    site.deliver(smtp(sink, timeouts=BRIEF), connections=1)
    assert not any(mail.is_maybe_duplicate for mail in site.mails())
    assert {each.stage for each in site.attempts()} == {step.value}
    check(site, sink.mails, ready=2)

    sink.play()
    site.deliver_until_settled(smtp(sink))
    assert site.states() == {DeliveryState.ACCEPTED: 2}
    assert not any(mail.is_maybe_duplicate for mail in site.mails())
    check(site, sink.mails)


@pytest.mark.parametrize("step", ENVELOPE)
@pytest.mark.parametrize("fault", BREAKS.values(), ids=[f"M1 {name}" for name in BREAKS])
def test_a_line_that_breaks_after_the_mail_before_says_nothing_of_that_one(
    site: Site, sink: Sink, step: Step, fault: dict[str, Any]
) -> None:
    """The envelope of the second mail leaves together with the end of the first."""
    site.make_due(2)
    broken = Rule(step, times=1, **fault)
    sink.play(Rule(Step.END, times=1, hook=lambda: sink.play(broken)))
    site.deliver(smtp(sink, timeouts=BRIEF), connections=1)
    assert site.mail("reader0").state is DeliveryState.ACCEPTED

    sink.play()
    site.deliver_until_settled(smtp(sink))
    assert site.states() == {DeliveryState.ACCEPTED: 2}
    assert not any(mail.is_maybe_duplicate for mail in site.mails())
    check(site, sink.mails)


@pytest.mark.parametrize("step", [*ENVELOPE, Step.BODY, Step.END])
def test_a_server_that_has_had_enough_is_left_alone_by_its_group_only(
    site: Site, sink: Sink, step: Step
) -> None:
    """M2."""
    site.make_due(addresses=["ada@example.org", "bob@example.net"])
    said = "421 4.3.2 enough"
    sink.play(Rule(step, said, "example.org", drops=step is Step.BODY))
    if step is Step.MAIL:  # which names nobody
        sink.play(Rule(step, said, times=1))
    transport = smtp(sink)
    site.deliver(transport, connections=1)

    mail = site.mail("ada")
    throttle = site.throttle(transport)
    assert (mail.state, mail.attempts) == (DeliveryState.READY, 0)
    assert throttle.cooldown_until == mail.next_at
    wait = mail.next_at - site.clock()
    assert timedelta(seconds=45) <= wait <= timedelta(seconds=75)
    assert site.mail("bob").state is DeliveryState.ACCEPTED
    assert sink.connections == 2  # the first was closed
    check(site, sink.mails, ready=1)

    sink.play()
    site.deliver(transport)
    assert site.mail("ada").state is DeliveryState.READY  # too early
    site.clock.advance(seconds=76)
    site.deliver(transport)
    assert site.states() == {DeliveryState.ACCEPTED: 2}
    check(site, sink.mails)


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        (Step.MAIL, "454 4.7.0 too many mails"),
        (Step.MAIL, "450 4.7.1 too many mails"),
        (Step.DATA, "454 too many mails"),
        (Step.DATA, "451 4.7.500 server busy"),
    ],
    ids=lambda value: f"M5 {value}",
)
def test_a_group_that_throttles_is_left_alone_for_longer_and_longer(
    site: Site, sink: Sink, step: Step, reply: str
) -> None:
    site.make_due(1)
    sink.play(Rule(step, reply))
    transport = smtp(sink)
    waits = []
    for _ in range(4):
        site.deliver(transport)
        until = site.throttle(transport).cooldown_until
        assert until is not None
        waits.append((until - site.clock()) / timedelta(minutes=1))
        site.clock.now = until
    assert site.mail().attempts == 0
    assert site.throttle(transport).strikes == 4
    assert all(0.75 <= wait / 2**n <= 1.25 for n, wait in enumerate(waits))
    assert len({wait / 2**n for n, wait in enumerate(waits)}) > 1  # with jitter
    check(site, sink.mails, ready=1)

    sink.play()
    site.deliver(transport)
    assert site.states() == {DeliveryState.ACCEPTED: 1}
    check(site, sink.mails)


LATER = {
    "M3 450": "450 4.2.0 greylisted",
    "M3 451": "451 4.7.1 greylisted, come back later",
    "M3 in words": "450 4.2.0 greylisted, try again in 600 seconds",
    "M4 452": "452 4.5.3 too many recipients",
    "M4 552": "552 too many recipients",
}


@pytest.mark.parametrize(("name", "reply"), LATER.items(), ids=LATER.keys())
def test_a_recipient_who_is_refused_for_now_gets_the_same_mail_later(
    site: Site, sink: Sink, name: str, reply: str
) -> None:
    site.make_due(3)
    sink.play(Rule(Step.RCPT, reply, "reader1@", times=2))
    for tries in (1, 2):
        began = site.clock()
        site.deliver(smtp(sink), connections=1)
        mail = site.mail("reader1")
        assert (mail.state, mail.attempts) == (DeliveryState.READY, tries)
        if name.startswith("M3"):
            assert mail.next_at - began >= timedelta(minutes=10 if "words" in name else 5)
        assert sink.connections == 1 if tries == 1 else 2
        check(site, sink.mails, ready=1)
        before = len(sink.commands)
        site.deliver(smtp(sink))
        assert len(sink.commands) == before  # nobody is bothered before the time
        site.clock.now = mail.next_at
    assert site.mail("reader1").message_hash is None  # it was never about to go out
    site.deliver(smtp(sink))

    assert site.states() == {DeliveryState.ACCEPTED: 3}
    check(site, sink.mails)


def test_a_354_for_nobody_is_ended_with_nothing(site: Site, sink: Sink) -> None:
    """M8: the recipient was refused, yet DATA, sent ahead, is answered with a 354."""
    site.make_due(3)
    sink.play(
        Rule(Step.RCPT, "550 5.1.1 no such user", "reader1@"),
        Rule(Step.DATA, "354 go on, whoever it is for"),
    )
    site.deliver(smtp(sink), connections=1)

    assert site.mail("reader1").state is DeliveryState.FAILED
    assert site.mail("reader1").enhanced == "5.1.1"
    assert site.states()[DeliveryState.ACCEPTED] == 2
    assert sink.connections == 1
    check(site, sink.mails)
