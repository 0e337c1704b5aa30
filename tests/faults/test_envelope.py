"""What a server can do before it has the mail: break off, refuse, and talk nonsense."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.throttle import REFUSALS_SEEN
from digest.model.deliveries import DeliveryState, Outcome, PauseScope
from digest.store import pauses
from tests.factories import numbered
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
    sink.play(Rule(step, "421 4.3.2 enough", "example.org", drops=True))
    if step is Step.MAIL:  # which names nobody
        sink.play(Rule(step, "421 4.3.2 enough", times=1, drops=True))
    transport = smtp(sink)
    site.deliver(transport, connections=1)

    mail = site.mail("ada")
    throttle = site.throttle(transport)
    assert (mail.state, mail.attempts) == (DeliveryState.READY, 0)
    assert throttle.cooldown_until == mail.next_at
    wait = mail.next_at - site.clock()
    assert timedelta(seconds=45) <= wait <= timedelta(seconds=75)
    assert site.mail("bob").state is DeliveryState.ACCEPTED
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


@pytest.mark.parametrize(
    ("reply", "is_at_once"),
    [
        ("550 5.1.1 no such user", True),
        ("550 5.1.10 null MX", True),
        ("553 5.1.3 no such address", True),
        ("550 no such user", False),
        ("553 not a mailbox", False),
    ],
    ids=lambda value: f"M6 {value}",
)
def test_a_recipient_who_does_not_exist_is_written_to_no_more(
    site: Site, sink: Sink, reply: str, *, is_at_once: bool
) -> None:
    site.make_due(2)
    sink.play(Rule(Step.RCPT, reply, "reader1@"))
    days = 1 if is_at_once else 2
    for day in range(days):
        site.deliver(smtp(sink))
        assert len(site.suppressions()) == (day + 1 == days)
        check(site, sink.mails)
        next_day(site, f"Graph Neural Networks on day {day}")

    states = site.states()
    assert states[DeliveryState.FAILED] == days
    sink.play()
    site.deliver(smtp(sink))
    assert site.states() == {DeliveryState.FAILED: days, DeliveryState.ACCEPTED: days + 1}
    check(site, sink.mails)


NOT_ABOUT_THE_READER = ["550 5.7.1 spam", "550 5.7.515 sender not trusted", "554 policy"]


@pytest.mark.parametrize("step", [Step.RCPT, Step.END])
@pytest.mark.parametrize("reply", NOT_ABOUT_THE_READER, ids=lambda reply: f"M7 {reply}")
def test_a_refusal_that_is_about_us_is_not_held_against_the_reader(
    site: Site, sink: Sink, step: Step, reply: str
) -> None:
    site.make_due(2)
    for day in range(3):
        sink.play(Rule(step, reply, "reader1@"))
        site.deliver(smtp(sink))
        assert site.suppressions() == []
        check(site, sink.mails)
        next_day(site, f"Graph Neural Networks on day {day}")
    sink.play()
    site.deliver(smtp(sink))

    assert site.states() == {DeliveryState.FAILED: 3, DeliveryState.ACCEPTED: 5}
    check(site, sink.mails)


def next_day(site: Site, title: str) -> None:
    """Let a day pass that has a paper of its own."""
    site.take_in(numbered([title]))
    site.clock.advance(days=1)
    site.compose()


def test_a_group_that_refuses_what_we_send_is_paused_until_somebody_has_looked(
    site: Site, sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    """M7: above one in twenty."""
    crowd = [f"reader{number}@example.org" for number in range(REFUSALS_SEEN + 40)]
    site.make_due(addresses=[*crowd, "bob@example.net"])
    sink.play(Rule(Step.END, "550 5.7.1 spam", r"reader\d*0@"))  # one in ten
    caplog.set_level(logging.ERROR)
    site.deliver(smtp(sink), connections=4)

    with site.database.reading() as connection:
        [pause] = pauses.pauses(connection)
    assert (pause.scope, pause.name) == (PauseScope.DOMAIN, "example.org")
    assert "550 5.7.1 spam" in pause.reason
    assert "example.org is paused" in caplog.text
    assert site.mail("bob").state is DeliveryState.ACCEPTED
    waiting = site.states()[DeliveryState.READY]
    assert 0 < waiting <= 40
    assert site.suppressions() == []
    check(site, sink.mails, ready=waiting)

    assert site.deliver(smtp(sink)).attempts == 0
    with site.database.writing() as connection:
        pauses.resume(connection, PauseScope.DOMAIN, "example.org")
    sink.play()
    site.deliver(smtp(sink))
    assert DeliveryState.READY not in site.states()
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


LONG_LINE = "x" * 4000
ODD_BUT_SOUND = {
    "M9 many lines": "{0}-first\r\n{0}-\r\n{0} last",
    "M9 a long line": "{0} " + LONG_LINE,
    "M9 a bare code": "{0}",
    "M9 bytes that are no text": b"%s \xff\xfe\x80\r\n",
}
CODES = {Step.MAIL: "250", Step.RCPT: "250", Step.DATA: "354", Step.END: "250"}


@pytest.mark.parametrize("step", CODES.keys())
@pytest.mark.parametrize("reply", ODD_BUT_SOUND.values(), ids=ODD_BUT_SOUND.keys())
def test_odd_replies_that_are_sound_are_understood(
    site: Site, sink: Sink, step: Step, reply: str | bytes
) -> None:
    code = CODES[step]
    site.make_due(3)
    said = reply % code.encode() if isinstance(reply, bytes) else reply.format(code)
    sink.play(Rule(step, said), Rule(Step.RCPT, "550 5.1.1 no such user", "reader1@"))
    if step is Step.RCPT:
        sink.play(Rule(step, "550 5.1.1 no such user", "reader1@"), Rule(step, said))
    site.deliver(smtp(sink), connections=1)

    assert site.mail("reader1").state is DeliveryState.FAILED
    assert site.states()[DeliveryState.ACCEPTED] == 2
    assert sink.connections == 1
    check(site, sink.mails)


@pytest.mark.parametrize("step", CODES.keys())
def test_replies_that_come_byte_by_byte_are_understood(site: Site, sink: Sink, step: Step) -> None:
    """M9."""
    site.make_due(2)
    sink.play(Rule(step, pace=0.001))
    site.deliver(smtp(sink), connections=1)

    assert site.states() == {DeliveryState.ACCEPTED: 2}
    assert sink.connections == 1
    check(site, sink.mails)


UNSOUND = {
    "M9 no code": b"hello there\r\n",
    "M9 a NUL": b"%s \0\r\n",
    "M9 two codes": b"%s-go\r\n550 5.1.1 no\r\n",
    "M9 the code of another step": b"220 again\r\n",
    "M9 one too many": b"%s fine\r\n250 2.0.0 fine\r\n",
    "M9 a 354 too many": b"%s fine\r\n354 go\r\n",
    "M9 no line end": b"%s fine",
    "M9 without end": b"%s-" + b"x" * 100_000,
}


@pytest.mark.parametrize("step", CODES.keys())
@pytest.mark.parametrize("reply", UNSOUND.values(), ids=UNSOUND.keys())
def test_nonsense_is_never_taken_for_the_answer_to_something_else(
    site: Site, sink: Sink, step: Step, reply: bytes
) -> None:
    """reader1 does not exist: whoever shifts replies by one blames, or spares, another."""
    site.make_due(3)
    said = reply.replace(b"%s", CODES[step].encode())
    refused = Rule(Step.RCPT, "550 5.1.1 no such user", "reader1@")
    sink.play(Rule(step, said, times=1), refused)
    site.deliver(smtp(sink, timeouts=impatient(command=0.4, data=0.4, end=0.5)), connections=1)
    site.deliver_until_settled(smtp(sink), connections=1)

    assert site.states() == {DeliveryState.ACCEPTED: 2, DeliveryState.FAILED: 1}
    assert site.mail("reader1").state is DeliveryState.FAILED
    assert site.mail("reader1").enhanced == "5.1.1"
    assert {each.address_key for each in site.suppressions()} <= {"reader1@example.org"}
    flagged = [mail.address for mail in site.mails() if mail.is_maybe_duplicate]
    assert flagged == [] or step is Step.END
    doubted = {each.stage for each in site.attempts() if each.outcome is Outcome.UNCERTAIN}
    assert doubted <= {"end of data"}
    check(site, sink.mails)


@pytest.mark.parametrize("step", CODES.keys(), ids=lambda step: f"M9 {step}")
def test_a_refusal_too_many_is_held_against_nobody(site: Site, sink: Sink, step: Step) -> None:
    """After DATA or within it, it can only be meant for the mail it comes in; before, for none."""
    site.make_due(3)
    said = f"{CODES[step]} fine\r\n550 5.1.1 no such user"
    sink.play(Rule(step, said, times=1), Rule(Step.RCPT, "550 5.1.1 no", "reader1@"))
    site.deliver_until_settled(smtp(sink), connections=1)

    assert site.mail("reader1").state is DeliveryState.FAILED
    assert site.mail("reader2").state is DeliveryState.ACCEPTED
    may_fail = step in {Step.RCPT, Step.DATA}
    assert site.mail("reader0").state is (
        DeliveryState.FAILED if may_fail else DeliveryState.ACCEPTED
    )
    assert {each.address_key for each in site.suppressions()} <= {"reader1@example.org"}
    check(site, sink.mails)
