"""Encryption and passwords, against aiosmtpd, which somebody else wrote."""

import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from digest.delivery.one_mail import send_now
from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp import Auth, SmtpSettings, SmtpTransport, Timeouts, Tls
from digest.model.deliveries import Outcome, Stage, Verdict
from tests.delivery.lane import MAIL, PATIENT, mail_to, mails_to, send_all, transport_to

CERTIFICATE = Path(__file__).with_name("localhost.pem")
OURS = ssl.create_default_context(cafile=CERTIFICATE)
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
    return send_now(SmtpTransport(SmtpSettings(host, server.port, **settings)), mail_to())


def test_aiosmtpd_gets_the_mail_byte_for_byte() -> None:
    with aiosmtpd() as (server, ledger):
        assert send(server, tls=Tls.NEVER) == Verdict(
            Outcome.ACCEPTED, "250 2.0.0 kept", 250, "2.0.0", Stage.END
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
        assert "no login of ours" in verdict.text
        assert sink.mails == []


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@pytest.mark.parametrize("tls", [Tls.REQUIRE, Tls.IMPLICIT])
@pytest.mark.parametrize("size", [1000, 16_000, 16_500, 1_000_000])
def test_mails_of_all_sizes_go_chained_over_an_encrypted_line(tls: Tls, size: int) -> None:
    body = b"Subject: a\r\n\r\n" + b"x" * size + b"\r\n"
    mails = [mail_to(f"{name}@b.test", body) for name in ("ada", "bob", "cy")]
    implicit = tls is Tls.IMPLICIT
    with Sink(tls=server_context(), is_implicit_tls=implicit) as sink:
        verdicts = send_all(transport_to(sink, tls=tls, context=OURS), mails)
        assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
        assert [mail.message for mail in sink.mails] == [body] * 3
        assert sink.connections == 1


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (Rule(Step.RCPT, "550 5.1.1 nobody", in_tls=True), Outcome.FAILED),
        (Rule(Step.RCPT, b"", drops=True, in_tls=True), Outcome.DEFERRED),
        (Rule(Step.DATA, b"354 go\r\n250 ok\r\n", in_tls=True), Outcome.DEFERRED),
        (Rule(Step.END, b"", drops=True, accepts=True, in_tls=True), Outcome.UNCERTAIN),
        (Rule(Step.END, b"", resets=True, accepts=True, in_tls=True), Outcome.UNCERTAIN),
        (Rule(Step.RCPT, "550 5.1.1 nobody", in_tls=False), Outcome.ACCEPTED),
    ],
)
def test_faults_mean_the_same_on_an_encrypted_line(rule: Rule, outcome: Outcome) -> None:
    with Sink(rule, tls=server_context()) as sink:
        verdict = send_now(transport_to(sink, tls=Tls.REQUIRE, context=OURS), mail_to())
        assert verdict.outcome is outcome


def test_an_encrypted_line_that_breaks_in_the_body_leaves_no_doubt() -> None:
    mail = mail_to(message=b"Subject: a\r\n\r\n" + b"x" * 5_000_000 + b"\r\n")
    stopped = Rule(Step.BODY, b"", resets=True)
    with Sink(stopped, tls=server_context(), narrow=True) as sink:
        verdict = send_now(transport_to(sink, tls=Tls.REQUIRE, context=OURS), mail)
        assert (verdict.outcome, verdict.stage) == (Outcome.DEFERRED, Stage.BODY)
        assert sink.mails == []


def test_a_certificate_for_another_name_is_refused() -> None:
    with Sink(tls=server_context()) as sink:
        # The same machine by a name that the certificate does not have.
        settings = SmtpSettings("127.1", sink.port, tls=Tls.REQUIRE, context=OURS)
        verdict = send_now(SmtpTransport(settings), mail_to())
        assert verdict.outcome is Outcome.UNREACHABLE
        assert "certificate is not valid for '127.1'" in verdict.text
        assert sink.mails == []


def test_a_certificate_of_yesterday_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2021, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "expired.pem"
    as_pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(
        key.private_bytes(*as_pem, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(path)
    ours = ssl.create_default_context(cafile=path)
    with Sink(tls=theirs) as sink:
        verdict = send_now(transport_to(sink, tls=Tls.REQUIRE, context=ours), mail_to())
        assert verdict.outcome is Outcome.UNREACHABLE
        assert "expired" in verdict.text
        assert sink.mails == []


def test_encryption_that_is_wished_for_and_not_offered_is_told() -> None:
    with Sink() as sink:
        verdict = send(sink, tls=Tls.OPPORTUNISTIC)
        assert verdict.outcome is Outcome.ACCEPTED
        assert verdict.text == "250 2.0.0 Kept (sent in plain text: STARTTLS is not offered)"


def test_features_offered_before_the_handshake_are_forgotten() -> None:
    # The first answer to EHLO could be anybody's: here it promises what the second does not.
    before = Rule(Step.EHLO, "250-sink\r\n250-SMTPUTF8\r\n250 STARTTLS", in_tls=False)
    with Sink(before, tls=server_context(), features=()) as sink:
        transport = transport_to(sink, tls=Tls.REQUIRE, context=OURS)
        verdict = send_now(transport, mail_to("ада@b.test"))
        assert (verdict.outcome, verdict.enhanced) == (Outcome.FAILED, "5.6.7")


class TestLoggingIn:
    @pytest.mark.parametrize("auth", list(Auth))
    def test_each_way_opens_the_door(self, auth: Auth) -> None:
        with Sink(logins={"digest": "secret"}) as sink:
            verdicts = send_all(transport_to(sink, auth=auth, **LOGIN), mails_to("ada", "bob"))
            assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}

    @pytest.mark.parametrize("auth", list(Auth))
    def test_a_wrong_password_is_unreachable_each_way(self, auth: Auth) -> None:
        with Sink(logins={"digest": "other"}) as sink:
            verdict = send_now(transport_to(sink, auth=auth, **LOGIN), mail_to())
            assert (verdict.outcome, verdict.code) == (Outcome.UNREACHABLE, 535)
            assert (verdict.stage, sink.mails) == (Stage.CONNECT, [])

    @pytest.mark.parametrize(
        ("offered", "said"),
        [
            (("XOAUTH2", "LOGIN", "PLAIN"), "AUTH PLAIN"),
            (("XOAUTH2", "LOGIN"), "AUTH LOGIN"),
            (("CRAM-MD5", "XOAUTH2"), "AUTH XOAUTH2"),
        ],
    )
    def test_the_best_that_is_offered_is_chosen(self, offered: tuple[str, ...], said: str) -> None:
        with Sink(logins={"digest": "secret"}, mechanisms=offered) as sink:
            verdict = send_now(transport_to(sink, **LOGIN), mail_to())
            assert verdict.outcome is Outcome.ACCEPTED
            assert sink.commands[1].startswith(said)

    def test_a_way_that_is_asked_for_and_not_offered_is_not_replaced(self) -> None:
        with Sink(logins={"digest": "secret"}, mechanisms=("PLAIN",)) as sink:
            verdict = send_now(transport_to(sink, auth=Auth.XOAUTH2, **LOGIN), mail_to())
            assert verdict.outcome is Outcome.UNREACHABLE
            assert not any(command.startswith("AUTH") for command in sink.commands)

    @pytest.mark.parametrize(
        "answer", ["454 4.7.0 later", "500 what", b"334 \r\n", "354 yes", "what?"]
    )
    def test_no_answer_of_the_servers_fails_a_mail(self, answer: str | bytes) -> None:
        with Sink(Rule(Step.AUTH, answer), logins={"digest": "secret"}) as sink:
            verdict = send_now(transport_to(sink, timeouts=BRIEF, **LOGIN), mail_to())
            assert (verdict.outcome, verdict.stage) == (Outcome.UNREACHABLE, Stage.CONNECT)
            assert sink.mails == []

    def test_a_password_in_a_file_is_read_at_every_connecting(self, tmp_path: Path) -> None:
        token = tmp_path / "token"
        with Sink(logins={"digest": "secret"}) as sink:
            transport = transport_to(sink, username="digest", password_file=token)
            assert "token" in send_now(transport, mail_to()).text
            token.write_text("old\n", encoding="utf-8")
            assert send_now(transport, mail_to()).outcome is Outcome.UNREACHABLE
            token.write_text("secret\n", encoding="utf-8")
            assert send_now(transport, mail_to()).outcome is Outcome.ACCEPTED
