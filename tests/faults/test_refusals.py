"""Whom and what a server will not have: the address, our mail, or us."""

import logging

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.suppression import SOFT_POINTS
from digest.delivery.throttle import REFUSALS_SEEN
from digest.model.deliveries import DeliveryState, PauseScope
from digest.store import pauses, suppressions
from tests.factories import numbered
from tests.faults.invariants import check
from tests.faults.matter import TITLES
from tests.faults.site import Site, smtp


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


REFUSALS = {
    "D3 552 5.2.2 mailbox full": SOFT_POINTS,
    "D3 552 5.3.4 too large": 0,
    "D3 554 5.6.0 not understood": 0,
    "D3 554 transaction failed": 0,
    "D3 550 5.7.1 spam": 0,
}


@pytest.mark.parametrize(("reply", "score"), REFUSALS.items(), ids=REFUSALS.keys())
def test_a_mail_that_is_refused_for_good_fails_and_its_papers_come_with_the_next(
    site: Site, sink: Sink, reply: str, score: float
) -> None:
    site.make_due(2)
    sink.play(Rule(Step.END, reply.removeprefix("D3 "), "reader1@"))
    site.deliver(smtp(sink))
    assert site.mail("reader1").state is DeliveryState.FAILED
    with site.database.reading() as connection:
        assert suppressions.score_of(connection, "reader1@example.org") == score
    assert site.suppressions() == []
    check(site, sink.mails)

    sink.play()
    sink.clear()
    site.clock.advance(days=1)
    site.compose()
    site.deliver(smtp(sink))
    [mail] = sink.mails  # reader0 has seen everything
    assert mail.recipient == "reader1@example.org"
    assert TITLES[0].encode() in mail.message


def test_a_mail_that_a_server_says_is_too_large_for_it_is_not_offered(site: Site) -> None:
    """D3."""
    site.make_due(1)
    with Sink(max_size=5_000) as sink:
        site.deliver(smtp(sink))
        assert site.mail().state is DeliveryState.FAILED
        assert site.mail().enhanced == "5.3.4"
        assert not [said for said in sink.commands if said.startswith("MAIL")]
        assert site.suppressions() == []
        check(site, sink.mails)
