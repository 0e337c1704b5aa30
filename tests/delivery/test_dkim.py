import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.delivery.dkim import Signer, sign
from digest.delivery.message import Envelope, build_message
from digest.errors import ConfigError, DigestError

AT = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
ENVELOPE = Envelope(
    sender="digest@lists.example.org",
    sender_name="Paper Digest",
    recipient="ada@example.test",
    site_name="Bücher, täglich",
    key="k3y-0f.this_mail",
    planned_at=AT,
    list_id="digest.lists.example.org",
    unsubscribe_url="https://digest.example.org/u/token",
    one_click_url="https://digest.example.org/one-click/" + "t" * 90,
    unsubscribe_mailto="mailto:unsubscribe@lists.example.org?subject=token",
    help_url="https://digest.example.org/help",
)
MESSAGE = build_message(
    ENVELOPE,
    "12 papers: a subject so long that it has to be folded, and with ümlauts as well",
    "<p>Hello</p>\n" * 40,
    "Hello\n" * 40,
)
WRONG_KEYS = {
    "not a key": "no private key in PEM form",
    "a passphrase": "has a passphrase",
    "an elliptic curve": "neither",
    "RSA of 1024 bits": "1024 bits",
}


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@cache
def by_rsa() -> Signer:
    key = pem(rsa.generate_private_key(65537, 2048))
    return Signer("Example.org", "march", key, "DIGEST_DKIM_KEY")


@cache
def by_ed25519() -> Signer:
    key = pem(ed25519.Ed25519PrivateKey.generate())
    return Signer("example.org", "march-ed", key, "DIGEST_DKIM_KEY")


def published(name: bytes, timeout: int = 5) -> bytes | None:
    """What DNS would answer."""
    del timeout
    records = [signer.dns_record() for signer in (by_rsa(), by_ed25519())]
    return {f"{each.name}.".encode(): each.value.encode() for each in records}.get(name)


def is_good(message: bytes, number: int = 0) -> bool:
    """Whether the signature of that number is good, in the eyes of dkimpy."""
    try:
        return bool(dkim.DKIM(message).verify(idx=number, dnsfunc=published))
    except dkim.DKIMException:
        return False


def signed(message: bytes = MESSAGE) -> bytes:
    return sign(message, AT, [by_rsa(), by_ed25519()])


def tags(message: bytes, number: int = 0) -> dict[str, str]:
    """The tags of the signature of that number, without white space."""
    header = re.findall(rb"^DKIM-Signature:((?:[^\r\n]|\r\n )*)", message, re.MULTILINE)[number]
    parts = re.sub(r"\s", "", header.decode()).split(";")
    return {name: value for name, _, value in (each.partition("=") for each in parts)}


def names(message: bytes) -> list[str]:
    head = message.partition(b"\r\n\r\n")[0].decode()
    return [name.lower() for name in re.findall(r"^([^\s:]+):", head, re.MULTILINE)]


@pytest.mark.parametrize("number", [0, 1], ids=["rsa", "ed25519"])
def test_a_signed_mail_is_verified_by_somebody_elses_code(number: int) -> None:
    assert is_good(signed(), number)


def test_the_mail_itself_is_left_as_it_is() -> None:
    assert signed().endswith(b"\r\n" + MESSAGE)
    assert sign(MESSAGE, AT, []) == MESSAGE


def test_the_first_signer_stands_first_and_ed25519_second() -> None:
    assert [tags(signed(), number)["a"] for number in (0, 1)] == ["rsa-sha256", "ed25519-sha256"]


def test_the_signature_says_what_it_is_and_nothing_that_weakens_it() -> None:
    found = tags(signed())
    assert {name: found[name] for name in "vcdst"} == {
        "v": "1",
        "c": "relaxed/simple",
        "d": "example.org",
        "s": "march",
        "t": str(int(AT.timestamp())),
    }
    assert found.keys() == set("vacdst") | {"h", "bh", "b"}


def test_every_header_is_covered_and_the_telling_ones_cannot_be_added() -> None:
    covered = tags(signed())["h"].split(":")
    for name in names(MESSAGE):
        assert name in covered
    for name in ("from", "to", "subject", "date", "list-unsubscribe", "content-type"):
        assert covered.count(name) == 2
    for name in ("reply-to", "cc"):
        assert covered.count(name) == 1


def test_every_attempt_has_the_same_bytes() -> None:
    assert signed() == signed()


def test_no_line_is_longer_than_is_usual() -> None:
    head = signed().removesuffix(MESSAGE).split(b"\r\n")
    assert max(map(len, head)) <= 78


@pytest.mark.parametrize("name", sorted(set(names(MESSAGE))))
@pytest.mark.parametrize("number", [0, 1], ids=["rsa", "ed25519"])
def test_a_changed_header_is_noticed(name: str, number: int) -> None:
    changed = re.sub(
        rf"^{name}: ".encode(),
        rf"{name}: x".encode(),
        signed(),
        count=1,
        flags=re.MULTILINE | re.IGNORECASE,
    )
    assert changed != signed()
    assert not is_good(changed, number)


@pytest.mark.parametrize(
    "added",
    ["From: eve@example.com", "Reply-To: eve@example.com", "Subject: Win", "To: x@example.org"],
)
def test_an_added_header_is_noticed(added: str) -> None:
    assert not is_good(added.encode() + b"\r\n" + signed())


def test_a_changed_body_is_noticed() -> None:
    assert not is_good(signed().replace(b"Hello", b"Hallo", 1))
    assert not is_good(signed() + b"more\r\n")


def test_what_relays_do_breaks_nothing() -> None:
    received = b"Received: from a by b; Mon, 9 Mar 2026 06:30:01 +0000\r\nReturn-Path: <x@y>\r\n"
    refolded = re.sub(rb"\r\n boundary", rb" \r\n\t  boundary", signed(), count=1)
    assert refolded != signed()
    assert is_good(received + refolded)
    assert is_good(signed() + b"\r\n\r\n")


def test_received_and_older_signatures_are_not_signed() -> None:
    received = b"Received: from a by b\r\n" + signed()
    found = tags(sign(received, AT, [by_rsa()]))
    assert not {"received", "dkim-signature"} & set(found["h"].split(":"))


header_values = st.text(
    st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")) | st.just("\t"), max_size=60
)


@settings(deadline=None)
@given(
    values=st.lists(st.tuples(st.sampled_from(["X-One", "Subject", "to", "X-TWO"]), header_values)),
    folds=st.integers(0, 5),
    body=st.lists(st.sampled_from([b"\r\n", b"a", b" ", b".", b"\t", b"=20"])).map(b"".join),
)
@example(values=[("Subject", " ")], folds=1, body=b"")
@example(values=[("Subject", "one"), ("Subject", "two")], folds=0, body=b"\r\n\r\n")
def test_any_headers_and_body_are_signed_as_others_read_them(
    values: list[tuple[str, str]], folds: int, body: bytes
) -> None:
    head = "From: a@example.org\r\n" + "".join(
        f"{name}:{value.replace('b', ' ' * folds + chr(13) + chr(10) + chr(9) + 'b')}\r\n"
        for name, value in values
    )
    message = head.encode() + b"\r\n" + body
    if not body.endswith(b"\r\n"):
        message += b"\r\n"
    assert is_good(signed(message))
    assert is_good(signed(message), 1)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"From: a@b\r\n",
        b"To: a@b\r\n\r\nbody\r\n",
        b"From: a@b\nTo: c@d\r\n\r\nbody\r\n",
        b"From: a@b\r\nno header\r\n\r\nbody\r\n",
        b" From: a@b\r\n\r\nbody\r\n",
    ],
)
def test_what_cannot_be_read_is_not_signed(wrong: bytes) -> None:
    with pytest.raises(DigestError):
        signed(wrong)


def test_the_dns_record_is_what_a_zone_needs() -> None:
    record = by_rsa().dns_record()
    assert record.name == "march._domainkey.example.org"
    assert record.value.startswith("v=DKIM1; k=rsa; p=MII")
    strings = re.findall(r'"([^"]*)"', record.zone_line)
    assert record.zone_line.startswith("march._domainkey.example.org. IN TXT ")
    assert "".join(strings) == record.value
    assert max(map(len, strings)) <= 255
    short = by_ed25519().dns_record()
    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=", short.value)


def wrong_key(kind: str) -> bytes:
    if kind == "not a key":
        return b"-----BEGIN PRIVATE KEY-----\nnonsense\n"
    if kind == "an elliptic curve":
        return pem(ec.generate_private_key(ec.SECP256R1()))
    if kind == "RSA of 1024 bits":
        return pem(rsa.generate_private_key(65537, 1024))  # noqa: S505  refused
    return ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )


@pytest.mark.parametrize("kind", WRONG_KEYS)
def test_a_key_that_cannot_sign_names_the_setting(kind: str) -> None:
    with pytest.raises(ConfigError, match=WRONG_KEYS[kind]) as raised:
        Signer("example.org", "march", wrong_key(kind), "DIGEST_DKIM_KEY (dkim.pem)")
    assert str(raised.value).startswith("DIGEST_DKIM_KEY (dkim.pem): ")


@pytest.mark.parametrize(
    ("domain", "selector"),
    [
        ("bücher.example", "march"),
        ("", "march"),
        ("a..b", "march"),
        ("example.org", "mar ch"),
        ("example.org", "a;b"),
        ("example.org; l=0", "march"),
        ("example.org\r\nBcc: x", "march"),
        ("example.org", "march\n"),
    ],
)
def test_a_domain_or_selector_that_cannot_be_names_the_setting(domain: str, selector: str) -> None:
    key = pem(ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(ConfigError, match="DIGEST_DKIM"):
        Signer(domain, selector, key, "DIGEST_DKIM_KEY")


def test_a_confirmation_is_signed_as_well() -> None:
    envelope = replace(
        ENVELOPE, list_id=None, unsubscribe_url=None, one_click_url=None, unsubscribe_mailto=None
    )
    message = signed(build_message(envelope, "Please confirm", "<p>Hi", "Hi"))
    assert is_good(message)
    assert not is_good(b"List-Unsubscribe: <https://evil.example/>\r\n" + message)
