"""Servers that take their time: a lane is not theirs for ever, and nothing is doubted without need."""

import asyncio
import time

import pytest

from digest.delivery.one_mail import send_now
from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp import Timeouts
from digest.model.deliveries import Outcome, Stage
from tests.delivery.lane import mail_to, mails_to, send_in_turn, transport_to

LARGE = mail_to(message=b"Subject: a\r\n\r\n" + b"x" * 5_000_000 + b"\r\n")
SHORT = Timeouts(command=0.2, data=0.2, progress=0.2, end=0.2, transaction=0.3)


def test_a_server_that_reads_next_to_nothing_is_given_up_without_doubt() -> None:
    with Sink(Rule(Step.BODY, rate=1), narrow=True) as sink:
        verdict = send_now(transport_to(sink, timeouts=SHORT), LARGE)
        assert (verdict.outcome, verdict.stage) == (Outcome.DEFERRED, Stage.BODY)
        assert sink.mails == []


def test_a_server_that_reads_slowly_but_steadily_is_given_up_at_the_deadline() -> None:
    timeouts = Timeouts(command=5, data=5, progress=5, end=5, transaction=0.3)
    with Sink(Rule(Step.BODY, rate=200_000), narrow=True) as sink:
        began = time.monotonic()
        verdict = send_now(transport_to(sink, timeouts=timeouts), LARGE)
        assert time.monotonic() - began < 6
        assert (verdict.outcome, verdict.stage) == (Outcome.DEFERRED, Stage.BODY)
        assert sink.mails == []


def test_what_the_system_took_but_could_not_send_leaves_no_doubt() -> None:
    # 200 kB fit into the system's own buffer; the server's is full before the mail has ended.
    mail = mail_to(message=b"Subject: a\r\n\r\n" + b"x" * 200_000 + b"\r\n")
    with Sink(Rule(Step.BODY, rate=1), narrow=True) as sink:
        verdict = send_now(transport_to(sink, timeouts=SHORT), mail)
        assert (verdict.outcome, verdict.stage) == (Outcome.DEFERRED, Stage.BODY)
        assert sink.mails == []


def test_a_mail_that_was_kept_back_never_arrives_after_all() -> None:
    mail = mail_to(message=b"Subject: a\r\n\r\n" + b"x" * 200_000 + b"\r\n")
    stalled = Rule(Step.BODY, b"", delay=0.6)
    with Sink(stalled, narrow=True) as sink:
        verdict = send_now(transport_to(sink, timeouts=SHORT), mail)
        assert verdict.outcome is Outcome.DEFERRED
        sink.play()
        send_now(transport_to(sink), mail_to("bob@b.test"))
        with pytest.raises(TimeoutError):
            sink.wait_for(2, within=0.6)


def test_a_server_that_dawdles_at_every_step_is_given_up_at_the_deadline() -> None:
    timeouts = Timeouts(command=1, data=1, progress=1, end=1, transaction=0.25)
    slow = [Rule(step, pace=0.008) for step in (Step.MAIL, Step.RCPT, Step.DATA)]
    with Sink(*slow) as sink:
        verdict = send_now(transport_to(sink, timeouts=timeouts), mail_to())
        assert verdict.outcome is Outcome.DEFERRED
        assert sink.mails == []


def test_the_wait_for_the_end_of_data_is_not_cut_short_by_the_deadline() -> None:
    timeouts = Timeouts(command=1, data=1, progress=1, end=5, transaction=0.05)
    with Sink(Rule(Step.END, delay=0.2)) as sink:
        assert send_now(transport_to(sink, timeouts=timeouts), mail_to()).outcome is (
            Outcome.ACCEPTED
        )


def test_the_alarm_of_one_wait_does_not_ring_in_the_next() -> None:
    timeouts = Timeouts(command=0.1, data=0.1, progress=0.1, end=2, transaction=2)
    with Sink(Rule(Step.END, delay=0.25)) as sink:
        verdicts = asyncio.run(
            send_in_turn(transport_to(sink, timeouts=timeouts), mails_to("ada", "bob", "cy"))
        )
        assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}


def test_a_slow_server_does_not_hold_up_another() -> None:
    async def send(slow: Sink, quick: Sink) -> float:
        timeouts = Timeouts().scaled(0.001)
        waiting = asyncio.create_task(
            send_in_turn(transport_to(slow, timeouts=timeouts), mails_to("ada"))
        )
        began = asyncio.get_running_loop().time()
        await send_in_turn(transport_to(quick), mails_to(*"abcdefgh"))
        took = asyncio.get_running_loop().time() - began
        assert not waiting.done()
        await waiting
        return took

    with Sink(Rule(Step.END, delay=1)) as slow, Sink() as quick:
        assert asyncio.run(send(slow, quick)) < 0.3
        assert len(quick.mails) == 8
