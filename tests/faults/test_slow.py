"""Servers that take their time: it is theirs, and nobody else's."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp import Timeouts
from digest.model.deliveries import DeliveryState
from tests.faults.invariants import check
from tests.faults.matter import LARGE
from tests.faults.site import Site, smtp

SLOW = "@slow.example"
# A tarpit answers in time, each time; only the whole takes too long.
BRIEF = Timeouts(connect=5, command=30, data=30, progress=30, end=1.2, transaction=1.2)
TARPITS: dict[str, dict[str, Any]] = {
    "S1 RCPT at ten bytes a second": {"step": Step.RCPT, "pace": 0.1},
    "S1 DATA at ten bytes a second": {"step": Step.DATA, "pace": 0.1},
    "S1 RCPT never": {"step": Step.RCPT, "delay": 60},
    "S1 the mail at a byte a second": {"step": Step.BODY, "rate": 1},
}


@pytest.mark.parametrize("fault", TARPITS.values(), ids=TARPITS.keys())
def test_a_tarpit_holds_up_only_its_own_mails_and_those_not_for_ever(
    site: Site, fault: dict[str, Any]
) -> None:
    slow = [f"reader{number}{SLOW}" for number in range(4)]
    others = [f"reader{number}@example.org" for number in range(40)]
    site.make_due(addresses=[*slow, *others], records=LARGE)
    with (
        Sink(Rule(recipient=SLOW, **fault), narrow=fault["step"] is Step.BODY) as sink,
        ThreadPoolExecutor(1) as pool,
    ):
        round_ = pool.submit(site.deliver, smtp(sink, timeouts=BRIEF), connections=4)
        sink.wait_for(40)
        assert not round_.done()  # all others have theirs while the slow ones are still at it
        round_.result(timeout=30)

        assert {mail.address: mail.state for mail in site.mails() if SLOW in mail.address} == (
            dict.fromkeys(slow, DeliveryState.READY)
        )
        assert not any(mail.is_maybe_duplicate for mail in site.mails())
        check(site, sink.mails, ready=4)
        sink.play()
        site.deliver_until_settled(smtp(sink))
        assert site.states() == {DeliveryState.ACCEPTED: 44}
        check(site, sink.mails)


def test_a_worker_that_is_told_to_stop_waits_for_the_slow_and_begins_nothing_new(
    site: Site, sink: Sink
) -> None:
    """S1."""
    site.make_due(4)
    stopping: list[bool] = []
    sink.play(Rule(Step.END, hook=lambda: stopping.append(True), delay=0.3))
    site.deliver(smtp(sink), connections=1, is_stopping=lambda: bool(stopping))

    assert site.states() == {DeliveryState.ACCEPTED: 1, DeliveryState.READY: 3}
    assert site.mail("reader0").state is DeliveryState.ACCEPTED
    check(site, sink.mails, ready=3)
    sink.play()
    site.deliver(smtp(sink))
    assert site.states() == {DeliveryState.ACCEPTED: 4}
    check(site, sink.mails)
