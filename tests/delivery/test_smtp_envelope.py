"""What is said of a mail, and what a server cannot carry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.smtp_envelope import Envelope, Features, envelope_of, read_features
from digest.delivery.transports import OutgoingMail
from digest.model.deliveries import Outcome, Stage, Verdict

PLAIN = b"Subject: a\r\n\r\nb\r\n"
EIGHT_BIT = "Subject: a\r\n\r\né\r\n".encode()
ALL = Features(can_pipeline=True, has_size=True, can_8bit=True, can_utf8=True)


def mail(recipient: str = "ada@b.test", message: bytes = PLAIN) -> OutgoingMail:
    return OutgoingMail("k1", "digest@a.test", recipient, message)


def commands_of(outgoing: OutgoingMail, features: Features) -> tuple[bytes, ...]:
    envelope = envelope_of(outgoing, features)
    assert isinstance(envelope, Envelope)
    return envelope.commands


def test_a_server_without_extensions_hears_of_none() -> None:
    assert commands_of(mail(), Features()) == (
        b"MAIL FROM:<digest@a.test>\r\n",
        b"RCPT TO:<ada@b.test>\r\n",
        b"DATA\r\n",
    )


@pytest.mark.parametrize(
    ("outgoing", "extras", "path"),
    [
        (mail(), "SIZE=17", "ada@b.test"),
        (mail(message=EIGHT_BIT), "SIZE=18 BODY=8BITMIME", "ada@b.test"),
        (mail("ада@b.test"), "SIZE=17 SMTPUTF8", "ада@b.test"),
        (mail("ада@bücher.example"), "SIZE=17 SMTPUTF8", "ада@xn--bcher-kva.example"),
        (mail("ada@bücher.example"), "SIZE=17", "ada@xn--bcher-kva.example"),
    ],
)
def test_extensions_are_used_where_the_mail_needs_them(
    outgoing: OutgoingMail, extras: str, path: str
) -> None:
    assert commands_of(outgoing, ALL)[:2] == (
        f"MAIL FROM:<digest@a.test> {extras}\r\n".encode(),
        f"RCPT TO:<{path}>\r\n".encode(),
    )


@pytest.mark.parametrize(
    ("outgoing", "features", "enhanced"),
    [
        (mail("ada@b.test>\r\nRCPT TO:<eve@b.test"), ALL, "5.1.3"),
        (mail("ada@b.test> SIZE=1 <"), ALL, "5.1.3"),
        (mail("ада\u2028@b.test"), ALL, "5.1.3"),
        (mail("ада@b\n.test"), ALL, "5.1.3"),
        (mail(""), ALL, "5.1.3"),
        (mail("ада@b.test"), Features(), "5.6.7"),
        (mail(message=b"bare\nline end\r\n"), ALL, "5.6.0"),
        (mail(message=b"smuggled\n.\r\nMAIL FROM:<eve@a.test>\r\n"), ALL, "5.6.0"),
        (mail(message=b"bare\rline end\r\n"), ALL, "5.6.0"),
        (mail(message=EIGHT_BIT), Features(), "5.6.3"),
        (mail(), Features(has_size=True, max_size=16), "5.3.4"),
    ],
)
def test_what_a_server_cannot_carry_fails(
    outgoing: OutgoingMail, features: Features, enhanced: str
) -> None:
    verdict = envelope_of(outgoing, features)
    assert isinstance(verdict, Verdict)
    assert (verdict.outcome, verdict.enhanced, verdict.stage) == (
        Outcome.FAILED,
        enhanced,
        Stage.MAIL,
    )


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_address_can_say_a_command(sender: str, recipient: str) -> None:
    envelope = envelope_of(OutgoingMail("k1", sender, recipient, PLAIN), ALL)
    if isinstance(envelope, Envelope):
        for command in envelope.commands:
            assert command.count(b"\r") == command.count(b"\n") == 1
            assert command.count(b"<") == command.count(b">") <= 1


def test_features_are_read_in_any_spelling() -> None:
    words = "sink greets you\npipelining\nSize 1000\nAUTH=LOGIN\nAUTH PLAIN XOAUTH2\n8bitMIME"
    assert read_features(words) == Features(
        can_pipeline=True,
        has_size=True,
        max_size=1000,
        can_8bit=True,
        logins=("LOGIN", "PLAIN", "XOAUTH2"),
    )


@pytest.mark.parametrize("size", ["SIZE", "SIZE x", "SIZE -1", "SIZE ٣", "SIZE " + "9" * 5000])
def test_a_size_that_is_no_number_is_no_limit(size: str) -> None:
    assert read_features(f"sink\n{size}") == Features(has_size=True)


def test_what_the_server_calls_itself_is_no_feature() -> None:
    assert read_features("PIPELINING") == Features()


@given(st.text())
def test_no_greeting_does_any_harm(words: str) -> None:
    read_features(words)
