"""Encryption that fails and passwords that are wrong: no mail goes out in plain text for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp import SmtpTransport, Tls
from digest.model.deliveries import DeliveryState, Outcome
from tests.checks.certificates import Certified, certified
from tests.faults.invariants import check
from tests.faults.site import Site, impatient, smtp

# A handshake with somebody who does not shake hands ends in time, and none other does.
PATIENCE = impatient(command=0.8)
OFFERS = "250-sink\r\n250-PIPELINING\r\n250 STARTTLS"
NO_HANDSHAKES = {
    "T1 not offered": [],
    "T1 refused": [Rule(Step.EHLO, OFFERS), Rule(Step.STARTTLS, "454 4.7.0 not now")],
    "T1 unknown": [Rule(Step.EHLO, OFFERS), Rule(Step.STARTTLS, "500 5.5.1 what")],
    "T1 dropped": [Rule(Step.EHLO, OFFERS), Rule(Step.STARTTLS, b"", drops=True)],
    "T1 reset": [Rule(Step.EHLO, OFFERS), Rule(Step.STARTTLS, b"", resets=True)],
    "T1 silent": [Rule(Step.EHLO, OFFERS), Rule(Step.STARTTLS, "220 go on")],
    "T2 injected": [
        Rule(Step.EHLO, OFFERS),
        Rule(Step.STARTTLS, b"220 go on\r\n250-here\r\n250 AUTH PLAIN\r\n"),
    ],
}


def assert_left_alone_and_replaced(site: Site, sink: Sink, broken: SmtpTransport) -> None:
    """Assert that nothing goes by a transport, no mail is blamed, and the next one takes all."""
    report = site.deliver(broken)
    assert not report.is_reachable
    assert {mail.attempts for mail in site.mails()} == {0}
    assert {each.outcome for each in site.attempts()} == {Outcome.UNREACHABLE}
    assert site.health(broken).failures == 1
    assert not [said for said in sink.commands if said.startswith("RCPT")]
    check(site, sink.mails, ready=2)
    site.clock.advance(minutes=2)
    with Sink() as second:
        site.deliver(broken, smtp(second))
        assert site.states() == {DeliveryState.ACCEPTED: 2}
        assert sink.mails == []
        check(site, second.mails)


@pytest.mark.parametrize("rules", NO_HANDSHAKES.values(), ids=NO_HANDSHAKES.keys())
def test_nothing_goes_out_in_plain_text_where_encryption_is_required(
    site: Site, sink: Sink, rules: list[Rule]
) -> None:
    site.make_due(2)
    sink.play(*rules)
    required = smtp(sink, tls=Tls.REQUIRE, timeouts=PATIENCE)
    assert_left_alone_and_replaced(site, sink, required)


@pytest.mark.parametrize("rules", NO_HANDSHAKES.values(), ids=NO_HANDSHAKES.keys())
def test_a_mail_that_had_to_go_in_plain_text_says_so(
    site: Site, sink: Sink, rules: list[Rule]
) -> None:
    site.make_due(2)
    sink.play(*rules)
    site.deliver(smtp(sink, tls=Tls.OPPORTUNISTIC, timeouts=PATIENCE), connections=1)

    assert site.states() == {DeliveryState.ACCEPTED: 2}
    assert all("sent in plain text: " in mail.text for mail in site.mails())
    assert sink.connections == (2 if rules else 1)  # one retry
    check(site, sink.mails)


def _unknown(folder: Path) -> Certified:
    (folder / "other").mkdir()
    return Certified(certified(folder).server, certified(folder / "other").trusting)


WRONG = {
    "T1 nobody vouches for it": _unknown,
    "T1 expired": lambda folder: certified(folder, days=-1),
    "T1 for another name": lambda folder: certified(folder, "mx.example.net"),
}


@pytest.mark.parametrize("tls", [Tls.REQUIRE, Tls.IMPLICIT])
@pytest.mark.parametrize("certificate", WRONG.values(), ids=WRONG.keys())
def test_a_certificate_that_is_wrong_is_no_encryption(
    site: Site, tmp_path: Path, tls: Tls, certificate: Callable[[Path], Certified]
) -> None:
    site.make_due(2)
    theirs = certificate(tmp_path)
    with Sink(tls=theirs.server, is_implicit_tls=tls is Tls.IMPLICIT) as sink:
        strict = smtp(sink, host="localhost", tls=tls, context=theirs.trusting)
        assert_left_alone_and_replaced(site, sink, strict)
        assert "certificate verify failed" in site.health(strict).problem


@pytest.mark.parametrize("tls", [Tls.REQUIRE, Tls.IMPLICIT, Tls.OPPORTUNISTIC])
def test_a_certificate_that_is_right_lets_everything_through(
    site: Site, tmp_path: Path, tls: Tls
) -> None:
    """T1."""
    site.make_due(2)
    theirs = certified(tmp_path)
    with Sink(tls=theirs.server, is_implicit_tls=tls is Tls.IMPLICIT) as sink:
        site.deliver(smtp(sink, host="localhost", tls=tls, context=theirs.trusting))
        assert site.states() == {DeliveryState.ACCEPTED: 2}
        assert not any("plain" in mail.text for mail in site.mails())
        check(site, sink.mails)


LOGIN = {"username": "ada", "password": "secret"}
LOGINS: dict[str, tuple[dict[str, Any], list[Rule]]] = {
    "A1 535": ({"logins": {"ada": "another"}}, []),
    "A1 454": ({"logins": {"ada": "secret"}}, [Rule(Step.AUTH, "454 4.7.0 later")]),
    "A1 dropped": ({"logins": {"ada": "secret"}}, [Rule(Step.AUTH, b"", drops=True)]),
    "A1 garbage": ({"logins": {"ada": "secret"}}, [Rule(Step.AUTH, b"\0\0\0\r\n")]),
    "A1 no method of ours": ({"logins": {"ada": "secret"}, "mechanisms": ["GSSAPI"]}, []),
    "A1 no method": ({"logins": {"ada": "secret"}, "mechanisms": []}, []),
}


@pytest.mark.parametrize(("kind", "rules"), LOGINS.values(), ids=LOGINS.keys())
def test_no_mail_fails_because_of_our_password(
    site: Site, kind: dict[str, Any], rules: list[Rule]
) -> None:
    site.make_due(2)
    with Sink(*rules, **kind) as sink:
        assert_left_alone_and_replaced(site, sink, smtp(sink, **LOGIN))


def test_the_mails_go_out_once_the_password_is_right(site: Site, tmp_path: Path) -> None:
    """A1."""
    word = tmp_path / "password"
    word.write_text("wrong\n")
    site.make_due(2)
    with Sink(logins={"ada": "secret"}) as sink:
        transport = smtp(sink, username="ada", password_file=word)
        site.deliver(transport)
        assert "535" in site.health(transport).problem
        check(site, sink.mails, ready=2)
        word.write_text("secret\n")
        site.clock.advance(minutes=2)
        site.deliver(transport)

        assert site.states() == {DeliveryState.ACCEPTED: 2}
        check(site, sink.mails)
