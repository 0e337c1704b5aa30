"""The mail itself: broken off, refused at its end, or followed by nothing polite."""

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState, Outcome, Stage
from tests.faults.invariants import check
from tests.faults.matter import LARGE
from tests.faults.site import Site, impatient, smtp

BRIEF = impatient(progress=0.5, end=0.5)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(Rule(Step.BODY, b"", "reader1@", drops=True), id="D1 drop"),
        pytest.param(Rule(Step.BODY, b"", "reader1@", resets=True), id="D1 RST"),
        pytest.param(Rule(Step.BODY, b"", "reader1@", delay=60), id="D1 stall"),
    ],
)
def test_a_line_that_breaks_within_the_mail_leaves_no_doubt(site: Site, rule: Rule) -> None:
    site.make_due(3, records=LARGE)
    with Sink(rule, narrow=True) as sink:
        site.deliver(smtp(sink, timeouts=BRIEF), connections=1)
        mail = site.mail("reader1")
        assert (mail.state, mail.is_maybe_duplicate) == (DeliveryState.READY, False)
        assert [each.stage for each in site.attempts()] == [Stage.BODY]
        check(site, sink.mails, ready=1)
        sink.play()
        site.deliver_until_settled(smtp(sink))

        assert site.states() == {DeliveryState.ACCEPTED: 3}
        assert not any(mail.is_maybe_duplicate for mail in site.mails())
        check(site, sink.mails)


@pytest.mark.parametrize("code", [421, 450, 451, 452])
@pytest.mark.parametrize("step", [Step.BODY, Step.END], ids=["D2 within", "D2 at the end"])
def test_a_mail_that_is_refused_for_now_is_not_taken_and_comes_later(
    site: Site, code: int, step: Step
) -> None:
    site.make_due(3, records=LARGE)
    reply = f"{code} 4.3.1 disk full\r\n".encode()
    rule = Rule(step, reply, "reader1@", drops=step is Step.BODY)
    with Sink(rule, narrow=True) as sink:
        site.deliver(smtp(sink), connections=1)
        assert site.mail("reader1").state is DeliveryState.READY
        outcome = Outcome.THROTTLED if code == 421 else Outcome.DEFERRED
        assert {each.outcome for each in site.attempts("reader1")} == {outcome}
        waiting = site.states()[DeliveryState.READY]
        assert waiting == (2 if code == 421 else 1)
        check(site, sink.mails, ready=waiting)
        sink.play()
        site.deliver_until_settled(smtp(sink))

        assert site.states() == {DeliveryState.ACCEPTED: 3}
        check(site, sink.mails)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(Rule(Step.QUIT, b"", drops=True), id="D7 drop for 221"),
        pytest.param(Rule(Step.QUIT, b"", resets=True), id="D7 RST for 221"),
        pytest.param(Rule(Step.QUIT, delay=60), id="D7 no 221"),
        pytest.param(Rule(Step.END, drops=True), id="D7 drop after 250"),
        pytest.param(Rule(Step.END, resets=True), id="D7 RST after 250"),
    ],
)
def test_what_comes_after_the_acceptance_does_not_matter(
    site: Site, sink: Sink, rule: Rule
) -> None:
    site.make_due(3)
    sink.play(rule)
    site.deliver_until_settled(smtp(sink), connections=1)

    assert site.states() == {DeliveryState.ACCEPTED: 3}
    assert set(sink.copies().values()) == {1}
    check(site, sink.mails)
