"""Nobody there, or nobody who wants to talk: the transport's trouble, and no mail's."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp import SmtpTransport
from digest.model.deliveries import DeliveryState, Outcome
from tests.faults.invariants import check
from tests.faults.site import Site, impatient, smtp

BRIEF = impatient(connect=0.5, command=0.4)


def refusing(sink: Sink) -> SmtpTransport:
    sink.refuse()
    return smtp(sink)


def resetting(sink: Sink) -> SmtpTransport:
    sink.play(Rule(Step.BANNER, b"", resets=True))
    return smtp(sink)


def without_a_route(_: Sink) -> SmtpTransport:
    return smtp(Sink(), host="255.255.255.255", port=25)


def without_a_name(_: Sink) -> SmtpTransport:
    return smtp(Sink(), host="no-such-host.invalid", port=25)


def saying(*rules: Rule) -> Callable[[Sink], SmtpTransport]:
    def transport(sink: Sink) -> SmtpTransport:
        sink.play(*rules)
        return smtp(sink, timeouts=BRIEF)

    return transport


FAULTS = {
    "C1 refused": refusing,
    "C1 reset": resetting,
    "C1 no route": without_a_route,
    "C1 no such name": without_a_name,
    "C2 banner 421": saying(Rule(Step.BANNER, "421 4.3.2 too busy", drops=True)),
    "C2 banner 554": saying(Rule(Step.BANNER, "554 5.7.1 not you", drops=True)),
    "C2 banner is garbage": saying(Rule(Step.BANNER, b"\x16\x03\x01 who is there\r\n")),
    "C2 no banner": saying(Rule(Step.BANNER, delay=60)),
    "C3 drop after EHLO": saying(Rule(Step.EHLO, b"", drops=True)),
    "C3 EHLO 421": saying(Rule(Step.EHLO, "421 4.3.2 closing", drops=True)),
    "C3 EHLO answered twice": saying(Rule(Step.EHLO, b"250 here\r\n250 here\r\n")),
    "A server that wants a login": saying(Rule(Step.MAIL, "530 5.7.0 log in first")),
    "A server that wants another sender": saying(Rule(Step.MAIL, "550 5.7.1 not from here")),
}


@pytest.fixture(params=list(FAULTS.values()), ids=list(FAULTS))
def broken(request: pytest.FixtureRequest, sink: Sink) -> SmtpTransport:
    """A transport that cannot be used, over the sink or to nowhere."""
    transport: SmtpTransport = request.param(sink)
    return transport


def test_a_server_that_cannot_be_used_costs_no_mail_anything(
    site: Site, sink: Sink, broken: SmtpTransport, caplog: pytest.LogCaptureFixture
) -> None:
    site.make_due(3)
    caplog.set_level(logging.ERROR)
    report = site.deliver(broken)

    assert not report.is_reachable
    assert {mail.attempts for mail in site.mails()} == {0}
    assert site.health(broken).failures == 1
    assert site.health(broken).down_until == site.clock() + timedelta(minutes=1)
    assert f"{broken.name} cannot be used" in caplog.text
    assert {each.outcome for each in site.attempts()} == {Outcome.UNREACHABLE}
    assert site.deliver(broken).attempts == 0  # it is left alone
    check(site, sink.mails, ready=3)

    site.clock.advance(minutes=2)
    with Sink() as another:
        site.deliver(smtp(another))
        assert site.states() == {DeliveryState.ACCEPTED: 3}
        check(site, [*sink.mails, *another.mails])


def test_what_the_first_server_did_not_take_goes_by_the_next_one_at_once(
    site: Site, sink: Sink, broken: SmtpTransport
) -> None:
    site.make_due(3)
    with Sink() as second:
        report = site.deliver(broken, smtp(second))

        assert report.is_reachable
        assert site.states() == {DeliveryState.ACCEPTED: 3}
        assert {mail.attempts for mail in site.mails()} == {1}
        check(site, [*sink.mails, *second.mails])


def test_a_server_that_is_back_is_preferred_again(site: Site, sink: Sink) -> None:
    """C1."""
    first = smtp(sink)
    site.make_due(2)
    with Sink() as second:
        sink.refuse()
        site.deliver(first, smtp(second))
        sink.listen_again()
        site.clock.advance(days=1)
        site.enrol(["another@example.org"])
        site.clock.advance(days=1)
        site.compose()
        site.deliver(first, smtp(second))

        assert [mail.recipient for mail in sink.mails] == ["another@example.org"]
        assert site.health(first).failures == 0
        check(site, [*sink.mails, *second.mails])


def test_a_server_that_stays_away_is_asked_less_and_less_often(site: Site, sink: Sink) -> None:
    """C1."""
    transport = refusing(sink)
    site.make_due(1)
    waits = []
    for _ in range(8):
        site.deliver(transport)
        down_until = site.health(transport).down_until
        assert down_until is not None
        waits.append(down_until - site.clock())
        site.clock.now = down_until

    minutes = [wait / timedelta(minutes=1) for wait in waits]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]
    check(site, sink.mails, ready=1)
    sink.listen_again()
    site.deliver(transport)
    assert site.states() == {DeliveryState.ACCEPTED: 1}
    check(site, sink.mails)


def test_a_server_that_knows_no_ehlo_is_greeted_simply_and_sent_one_command_at_a_time(
    site: Site, sink: Sink
) -> None:
    """C3."""
    site.make_due(3)
    sink.play(
        Rule(Step.EHLO, "502 5.5.1 never heard of it"),
        Rule(Step.RCPT, "550 5.1.1 no such user", recipient="reader0@"),
    )
    site.deliver(smtp(sink), connections=1)

    assert sink.commands[:4] == [
        "EHLO localhost",
        "HELO localhost",
        "MAIL FROM:<digest@example.org>",
        "RCPT TO:<reader0@example.org>",
    ]
    assert sink.commands[4] == "RSET"  # and no DATA, which would have been sent ahead
    assert sink.commands.count("HELO localhost") == sink.connections == 1
    assert site.states() == {DeliveryState.ACCEPTED: 2, DeliveryState.FAILED: 1}
    check(site, sink.mails)
