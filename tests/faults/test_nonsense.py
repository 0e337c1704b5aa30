"""Replies that are odd, and replies that are none."""

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState, Outcome
from tests.faults.invariants import check
from tests.faults.site import Site, impatient, smtp

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
