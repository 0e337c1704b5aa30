"""Passwords and codes of operators: what is kept of them, and what fits."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from digest import credentials
from digest.credentials import NOBODYS, Vault, check_password, code_at, new_secret, step_of
from digest.errors import CredentialError, TooManyError

NOW = datetime(2026, 3, 18, 6, 0, 5, tzinfo=UTC)
PASSWORD = "four words that rhyme"  # noqa: S105  of the tests


def cheap(password: str) -> str:
    """What is kept of a password, made in no time."""
    argon = Argon2id(salt=b"somesalt", length=16, iterations=1, lanes=1, memory_cost=8)
    return argon.derive_phc_encoded(password.encode())


def test_a_password_is_kept_as_argon2id_with_its_costs() -> None:
    kept = credentials.hash_password(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert kept.split("$")[:4] == NOBODYS.split("$")[:4], "the work for nobody is the same"
    assert len(kept) <= 255
    assert credentials.is_password(PASSWORD, kept)
    assert not credentials.is_password(PASSWORD + " ", kept)


def test_a_letter_that_is_written_in_two_ways_is_one() -> None:
    kept = cheap("vier W\u00f6rter")
    assert credentials.is_password("vier Wo\u0308rter", kept)


def test_who_tries_passwords_by_the_hundred_does_not_keep_others_waiting() -> None:
    kept = cheap(PASSWORD)
    with ExitStack() as stack:
        while credentials.QUEUE.acquire(blocking=False):
            stack.callback(credentials.QUEUE.release)
        with pytest.raises(TooManyError):
            credentials.is_password(PASSWORD, kept)
    assert credentials.is_password(PASSWORD, kept)


@pytest.mark.parametrize("password", ["", "short", "elevenchars", "x" * 201])
def test_a_password_has_a_length(password: str) -> None:
    with pytest.raises(CredentialError, match="12 to 200 characters"):
        check_password(password)


def test_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B, the last six of eight digits.
    secret = b"12345678901234567890"
    for second, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        moment = datetime.fromtimestamp(second, UTC)
        assert code_at(secret, moment) == code
        assert step_of(secret, f" {code[:3]} {code[3:]} ", moment) == second // 30


def test_a_code_is_good_a_step_either_side() -> None:
    secret = new_secret()
    here = int(NOW.timestamp()) // 30
    for steps in (-2, -1, 0, 1, 2):
        code = code_at(secret, NOW + timedelta(seconds=30 * steps))
        expected = here + steps if abs(steps) < 2 else None
        assert step_of(secret, code, NOW) == expected
    for nonsense in ("", "000", "12345678", "\udcff", "\u0661" * 6, "-1"):
        assert step_of(secret, nonsense, NOW) is None


def test_a_sealed_secret_opens_with_the_sites_keys_only() -> None:
    secret = new_secret()
    old = Vault(["an old secret"]).seal(secret, "grace")
    assert len(old) <= 80
    assert Vault(["an old secret", "a new one"]).unseal(old, "grace") == secret
    assert secret not in old.encode()
    for vault, name, sealed in (
        (Vault(["a new one"]), "grace", old),
        (Vault(["an old secret"]), "ada", old),
        (Vault(["an old secret"]), "grace", ""),
        (Vault(["an old secret"]), "grace", "not base64 \u00fc"),
        (Vault(["an old secret"]), "grace", old[:-8] + "AAAAAAA="),
    ):
        with pytest.raises(CredentialError, match="digest operators reset"):
            vault.unseal(sealed, name)


def test_a_program_that_makes_codes_reads_the_address() -> None:
    secret = new_secret()
    address = urlsplit(credentials.secret_address(secret, "grace", "Papers & more: ours"))
    asked = parse_qs(address.query)
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/Papers & more: ours:grace"
    assert asked["issuer"] == ["Papers & more: ours"]
    assert asked["secret"] == [credentials.shown_secret(secret)]
