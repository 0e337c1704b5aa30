"""Encryption and passwords, against aiosmtpd, which somebody else wrote."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp import SmtpSettings, SmtpTransport, Tls
from digest.delivery.smtp_line import Timeouts
from digest.model.deliveries import Outcome, Verdict

MAIL = b"Subject: Papers\r\n\r\n.hidden\r\nHello\r\n"
CERTIFICATE = Path(__file__).with_name("localhost.pem")
OURS = ssl.create_default_context(cafile=CERTIFICATE)
PATIENT = Timeouts().scaled(0.02)
BRIEF = Timeouts(command=0.3)
LOGIN = {"username": "digest", "password": "secret"}


class AnyPort(Controller):  # type: ignore[misc, unused-ignore]
    """A controller on a free port: once it is open it calls that port, not number 0."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Ledger:
    """An aiosmtpd handler that keeps what it got, and over what."""

    def __init__(self) -> None:
        self.mails: list[tuple[bytes, bool]] = []

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append((envelope.original_content, session.ssl is not None))
        return "250 2.0.0 kept"


def check_password(
    _server: Any, _session: Any, _envelope: Any, _method: str, data: Any
) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"digest", b"secret"), handled=False)


@contextmanager
def aiosmtpd(
    *, implicit: bool = False, starttls: bool = False, **options: Any
) -> Iterator[tuple[Controller, Ledger]]:
    ledger = Ledger()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    if implicit:
        options["ssl_context"] = context
    elif starttls:
        options["tls_context"] = context
    controller = AnyPort(ledger, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller, ledger
    finally:
        controller.stop()


def send(server: Controller | Sink, host: str = "127.0.0.1", **settings: Any) -> Verdict:
    settings = {"timeouts": PATIENT} | settings
    assert server.port is not None
    transport = SmtpTransport(SmtpSettings(host, server.port, **settings))
    try:
        return transport.send("digest@a.test", "ada@b.test", MAIL, "k1")
    finally:
        transport.close()


def test_aiosmtpd_gets_the_mail_byte_for_byte() -> None:
    with aiosmtpd() as (server, ledger):
        assert send(server, tls=Tls.NEVER) == Verdict(
            Outcome.ACCEPTED, "250 2.0.0 kept", 250, "2.0.0"
        )
        assert ledger.mails == [(MAIL, False)]


def test_starttls_encrypts_and_checks_the_certificate() -> None:
    with aiosmtpd(starttls=True) as (server, ledger):
        assert send(server, tls=Tls.REQUIRE, context=OURS).outcome is Outcome.ACCEPTED
        assert ledger.mails == [(MAIL, True)]


def test_implicit_tls_encrypts_from_the_first_byte() -> None:
    with aiosmtpd(implicit=True) as (server, ledger):
        assert send(server, tls=Tls.IMPLICIT, context=OURS).outcome is Outcome.ACCEPTED
        assert [mail for mail, _ in ledger.mails] == [MAIL]


@pytest.mark.parametrize("tls", [Tls.REQUIRE, Tls.IMPLICIT])
def test_a_certificate_nobody_vouches_for_is_refused(tls: Tls) -> None:
    with aiosmtpd(implicit=tls is Tls.IMPLICIT, starttls=True) as (server, ledger):
        verdict = send(server, tls=tls)
        assert verdict.outcome is Outcome.UNREACHABLE
        assert "certificate verify failed" in verdict.text
        assert ledger.mails == []


def test_opportunistic_takes_any_certificate_rather_than_none() -> None:
    with aiosmtpd(starttls=True) as (server, ledger):
        verdict = send(server, tls=Tls.OPPORTUNISTIC)
        assert verdict.outcome is Outcome.ACCEPTED
        assert "plain text" not in verdict.text
        assert ledger.mails == [(MAIL, True)]


OFFERS_TLS = Rule(Step.EHLO, "250-sink\r\n250-AUTH PLAIN\r\n250 STARTTLS")


@pytest.mark.parametrize(
    "answer",
    [
        Rule(Step.STARTTLS, "220 go, or so it says"),
        Rule(Step.STARTTLS, "454 4.7.0 not now"),
        Rule(Step.STARTTLS, b"", drops=True),
        Rule(Step.STARTTLS, b"220 go\r\n250 injected before the handshake\r\n"),
    ],
    ids=["no handshake", "refused", "dropped", "injected"],
)
class TestAHandshakeThatFails:
    def test_sends_in_plain_text_once_and_says_so_where_encryption_is_a_wish(
        self, answer: Rule
    ) -> None:
        with Sink(OFFERS_TLS, answer) as sink:
            verdict = send(sink, tls=Tls.OPPORTUNISTIC, timeouts=BRIEF)
            assert verdict.outcome is Outcome.ACCEPTED
            assert "(sent in plain text: " in verdict.text
            assert (len(sink.mails), sink.connections) == (1, 2)

    def test_sends_nothing_where_encryption_is_required(self, answer: Rule) -> None:
        with Sink(OFFERS_TLS, answer) as sink:
            verdict = send(sink, tls=Tls.REQUIRE, timeouts=BRIEF)
            assert verdict.outcome is Outcome.UNREACHABLE
            assert sink.mails == []
            assert not any(command.startswith("MAIL") for command in sink.commands)

    def test_never_makes_us_say_the_password(self, answer: Rule) -> None:
        with Sink(OFFERS_TLS, answer) as sink:
            verdict = send(sink, timeouts=BRIEF, **LOGIN)
            assert verdict.outcome is Outcome.UNREACHABLE
            assert not any(command.startswith("AUTH") for command in sink.commands)


def test_what_is_said_between_starttls_and_the_handshake_is_noticed() -> None:
    injected = Rule(Step.STARTTLS, b"220 go\r\n250 AUTH PLAIN\r\n")
    with Sink(OFFERS_TLS, injected) as sink:
        verdict = send(sink, tls=Tls.REQUIRE)
        assert "spoke on in plain text" in verdict.text


def test_a_password_is_not_said_where_encryption_is_not_offered() -> None:
    with Sink(Rule(Step.EHLO, "250-sink\r\n250 AUTH PLAIN")) as sink:
        assert send(sink, **LOGIN).outcome is Outcome.UNREACHABLE
        assert not any(command.startswith("AUTH") for command in sink.commands)


def test_required_encryption_that_is_not_offered_is_unreachable() -> None:
    with Sink() as sink:
        verdict = send(sink, tls=Tls.REQUIRE)
        assert (verdict.outcome, verdict.text) == (
            Outcome.UNREACHABLE,
            "connect: STARTTLS is not offered",
        )


def test_the_right_password_opens_the_door() -> None:
    options: dict[str, Any] = {
        "starttls": True,
        "authenticator": check_password,
        "auth_required": True,
    }
    with aiosmtpd(**options) as (server, ledger):
        verdict = send(server, tls=Tls.REQUIRE, context=OURS, **LOGIN)
        assert verdict.outcome is Outcome.ACCEPTED
        assert len(ledger.mails) == 1


@pytest.mark.parametrize(("username", "password"), [("digest", "wrong"), ("digest", "wröng")])
def test_a_wrong_password_fails_no_mail(username: str, password: str) -> None:
    options: dict[str, Any] = {
        "starttls": True,
        "authenticator": check_password,
        "auth_required": True,
    }
    with aiosmtpd(**options) as (server, ledger):
        verdict = send(server, tls=Tls.REQUIRE, context=OURS, username=username, password=password)
        assert verdict.outcome is Outcome.UNREACHABLE
        assert password not in verdict.text
        assert ledger.mails == []


def test_a_missing_password_fails_no_mail() -> None:
    options: dict[str, Any] = {
        "authenticator": check_password,
        "auth_required": True,
        "auth_require_tls": False,
    }
    with aiosmtpd(**options) as (server, ledger):
        verdict = send(server, tls=Tls.NEVER)
        assert (verdict.outcome, verdict.code) == (Outcome.UNREACHABLE, 530)
        assert ledger.mails == []


def test_a_server_that_knows_no_login_fails_no_mail() -> None:
    with Sink() as sink:
        verdict = send(sink, tls=Tls.NEVER, **LOGIN)
        assert verdict.outcome is Outcome.UNREACHABLE
        assert sink.mails == []
