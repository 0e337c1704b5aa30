"""What the doctor says of mail servers; most of them are real ones."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.checks.findings import Finding, Level
from digest.checks.probe import Seen, look_at
from digest.checks.relay import relay_findings
from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp_settings import Auth, SmtpSettings, Tls
from tests.checks.certificates import Certified, certified

NOW = datetime.now(UTC)


def server(  # noqa: PLR0917 - as a server is written down
    host: str,
    port: int,
    tls: str,
    username: str | None = None,
    password: str = "",
    context: ssl.SSLContext | None = None,
) -> SmtpSettings:
    return SmtpSettings(
        host, port, tls=Tls(tls), username=username, password=password, context=context
    )


def serving(tls: Certified, **words: Any) -> Sink:
    return Sink(tls=tls.server, logins={"ada": "secret"}, **words)


FAR = server("mail.example.org", 587, "require", "ada", "secret")


def findings(relay: SmtpSettings) -> dict[str, Finding]:
    seen = look_at(relay, patience=5)
    return {each.what: each for each in relay_findings("mail", relay, seen, NOW)}


def test_a_good_server_is_good_in_everything(tmp_path: Path) -> None:
    tls = certified(tmp_path)
    with serving(tls) as sink:
        found = findings(
            server("localhost", sink.port, "require", "ada", "secret", context=tls.trusting)
        )
    assert [(each.what, each.level) for each in found.values()] == [
        ("mail", Level.GOOD),
        ("mail encryption", Level.GOOD),
        ("mail login", Level.GOOD),
    ]
    assert "offers 8BITMIME, AUTH, PIPELINING, SIZE" in found["mail"].says
    assert f"until {NOW + timedelta(days=90):%Y-%m-%d}" in found["mail encryption"].says


def test_implicit_tls_is_looked_at_too(tmp_path: Path) -> None:
    tls = certified(tmp_path)
    with serving(tls, is_implicit_tls=True) as sink:
        relay = server("localhost", sink.port, "implicit", "ada", "secret", context=tls.trusting)
        found = findings(relay)
    assert found["mail encryption"].is_good
    assert found["mail login"].is_good


@pytest.mark.parametrize(
    ("name", "days", "says"),
    [
        ("localhost", -1, "renew its certificate"),
        ("other.example", 90, "write the name the certificate is for"),
        ("localhost", 3.5, "ends in 3 days; renew it"),
    ],
)
@pytest.mark.parametrize("policy", ["require", "implicit"])
def test_a_certificate_that_does_not_fit_says_what_to_do(
    tmp_path: Path, name: str, days: float, says: str, policy: str
) -> None:
    tls = certified(tmp_path, name, days)
    with serving(tls, is_implicit_tls=policy == "implicit") as sink:
        found = findings(server("localhost", sink.port, policy, context=tls.trusting))
    assert found["mail"].is_good  # the rest is looked at all the same
    assert found["mail encryption"].level is Level.BAD
    assert says in found["mail encryption"].says


def test_a_certificate_of_nobody_known_says_what_to_do(tmp_path: Path) -> None:
    with serving(certified(tmp_path)) as sink:
        found = findings(server("localhost", sink.port, "require"))
    assert "make this machine trust its issuer" in found["mail encryption"].says


def test_a_password_is_not_shown_to_a_server_that_cannot_be_trusted(tmp_path: Path) -> None:
    tls = certified(tmp_path, "other.example")
    with serving(tls) as sink:
        found = findings(
            server("localhost", sink.port, "opportunistic", "ada", "secret", context=tls.trusting)
        )
    assert found["mail login"].level is Level.UNKNOWN
    assert "mend the encryption first" in found["mail login"].says
    assert "AUTH" not in {command.partition(" ")[0] for command in sink.commands}


@pytest.mark.parametrize("method", list(Auth))
def test_every_way_to_log_in_is_tried_as_mails_would(tmp_path: Path, method: Auth) -> None:
    tls = certified(tmp_path)
    (tmp_path / "token").write_text("secret\n")
    with serving(tls, mechanisms=[method.upper()]) as sink:
        relay = server("localhost", sink.port, "require", "ada", context=tls.trusting)
        right = findings(replace(relay, password_file=tmp_path / "token"))
        wrong = findings(replace(relay, password="other"))  # noqa: S106 - not even a right one
        none = findings(replace(relay, password_file=tmp_path / "none"))
    assert right["mail login"].is_good
    assert "does not let ada in (535 5.7.8 Who are you)" in wrong["mail login"].says
    assert "none cannot be read" in none["mail login"].says


def test_a_method_that_is_not_offered_is_told(tmp_path: Path) -> None:
    tls = certified(tmp_path)
    with serving(tls, mechanisms=["LOGIN"]) as sink:
        relay = server("localhost", sink.port, "require", "ada", context=tls.trusting)
        found = findings(replace(relay, auth=Auth.XOAUTH2))
    assert "it offers LOGIN, we know xoauth2" in found["mail login"].says


def test_a_server_that_speaks_lmtp_is_greeted_in_lmtp(tmp_path: Path) -> None:
    with Sink(is_lmtp=True) as sink, Sink(unix_path=str(tmp_path / "lmtp"), is_lmtp=True):
        for relay in (
            SmtpSettings("127.0.0.1", sink.port, is_lmtp=True),
            SmtpSettings(str(tmp_path / "lmtp"), is_lmtp=True),
        ):
            (found,) = findings(relay).values()
            assert found.is_good, found.says
            assert found.says.startswith(f"{relay.shown_name} answers by LMTP")


def test_a_server_of_this_machine_needs_no_encryption() -> None:
    with Sink() as sink:
        for policy in ("never", "opportunistic"):
            found = findings(server("127.0.0.1", sink.port, policy))
            assert found["mail encryption"].is_good
        found = findings(server("127.0.0.1", sink.port, "require"))
    assert found["mail encryption"].level is Level.BAD
    assert "no STARTTLS, so that nothing is sent" in found["mail encryption"].says


def test_a_server_that_takes_only_small_mails_is_told_to_take_larger_ones() -> None:
    with Sink(max_size=50_000) as sink:
        found = findings(server("127.0.0.1", sink.port, "never"))
    assert "up to 50000 bytes" in found["mail size"].says


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (Rule(Step.BANNER, "554 5.7.1 Not you"), "554 5.7.1 Not you"),
        (Rule(Step.EHLO, "550 Go away"), "EHLO is answered with 550 Go away"),
        (Rule(Step.BANNER, b"", drops=True), "closed"),
    ],
)
def test_a_server_that_takes_nothing_is_quoted(rule: Rule, says: str) -> None:
    with Sink(rule) as sink:
        found = findings(server("127.0.0.1", sink.port, "never"))
    assert list(found) == ["mail"]
    assert found["mail"].level is Level.BAD
    assert says in found["mail"].says


def test_a_server_that_offers_no_pipelining_is_good_and_slower() -> None:
    with Sink(Rule(Step.EHLO, "250-slow.example\r\n250 SIZE 0")) as sink:
        found = findings(server("127.0.0.1", sink.port, "never"))
    assert found["mail"].is_good
    assert "without PIPELINING" in found["mail"].says


def test_a_server_that_is_not_there_is_told() -> None:
    (found,) = findings(server("127.0.0.1", 1, "never")).values()
    assert (found.what, found.level) == ("mail", Level.BAD)
    assert "refused" in found.says


@pytest.mark.parametrize(
    ("policy", "seen", "level", "says"),
    [
        ("never", Seen(), Level.BAD, "in plain text; set DIGEST_STARTTLS=require"),
        ("opportunistic", Seen(), Level.BAD, "offers no STARTTLS, so that mails go in plain text"),
        ("opportunistic", Seen(tls_problem="certificate has expired"), Level.BAD, "anybody"),
        ("opportunistic", Seen(tls_problem="the handshake failed (X)"), Level.BAD, "its log"),
        ("require", Seen(is_encrypted=True), Level.GOOD, "good for that name"),
    ],
)
def test_mail_to_another_machine_is_to_be_encrypted(
    policy: str, seen: Seen, level: Level, says: str
) -> None:
    relay = replace(FAR, tls=Tls(policy), username=None)
    (found,) = relay_findings("mail", relay, seen, NOW)
    assert found.level is level
    assert says in found.says


def test_a_password_in_plain_text_to_another_machine_is_a_fault() -> None:
    found = relay_findings("mail", replace(FAR, tls=Tls.NEVER), Seen(login=""), NOW)
    assert "the password goes to mail.example.org:587 in plain text" in found[-1].says


def test_no_finding_shows_a_password() -> None:
    assert "secret" not in repr(FAR)
