"""Passwords and codes of operators: what is kept of them, and whether what is shown fits.

A password is kept as Argon2id makes it (RFC 9106, 7.4: 64 MiB, 3 passes), the secret of the codes
(RFC 6238) sealed with a key made of the site's secret: a leaked database gives neither.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidKey, InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from digest.errors import CredentialError, TooManyError

SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = 200
_STEP = 30
_DIGITS = 6
_SECRET_BYTES = 20
_NONCE_BYTES = 12
# Each takes 64 MiB and half a second: whoever tries passwords by the hundred is to fill neither the
# memory nor the threads that pages are made in.
_ROOM = threading.BoundedSemaphore(2)
QUEUE = threading.BoundedSemaphore(4)
_NEXT_TRY = timedelta(seconds=10)


def check_password(password: str) -> None:
    """Raise CredentialError for a password that is too short to keep anybody out, or endless."""
    if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise CredentialError(
            f"A password has {SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters: "
            "take four or five words that have nothing to do with one another."
        )


def hash_password(password: str) -> str:
    """Return what is kept of a password: Argon2id with its costs and salt, as PHC string."""
    with _ROOM:
        argon = Argon2id(
            salt=secrets.token_bytes(16), length=32, iterations=3, lanes=1, memory_cost=64 * 1024
        )
        return argon.derive_phc_encoded(_bytes(password))


def is_password(password: str, kept: str) -> bool:
    """Tell whether a password is the one that `kept` was made of; costs the same if it is not.

    Raises TooManyError where four are looked at already.
    """
    if not QUEUE.acquire(blocking=False):
        raise TooManyError(_NEXT_TRY)
    try:
        with _ROOM:
            Argon2id.verify_phc_encoded(_bytes(password[: 2 * _LONGEST_PASSWORD]), kept)
    except InvalidKey:
        return False
    finally:
        QUEUE.release()
    return True


# What the password of a name that nobody has is compared with, so that the answer takes as long.
# It was made of random bytes that nobody kept.
NOBODYS = (
    "$argon2id$v=19$m=65536,t=3,p=1$AiBm1/WqJ+r1OG3E1XTLlQ$"
    "mZShSiyGWAyQyhXm26piN3SOUKYpCZLme4OpzwykOjA"
)


def new_secret() -> bytes:
    """Return a new secret for the codes of one operator."""
    return secrets.token_bytes(_SECRET_BYTES)


def shown_secret(secret: bytes) -> str:
    """Return a secret as people type it into a program that makes codes."""
    return base64.b32encode(secret).decode().rstrip("=")


def secret_address(secret: bytes, name: str, site_name: str) -> str:
    """Return the otpauth:// address that programs which make codes read from a QR code."""
    label = quote(f"{site_name}:{name}", safe="")
    asked = {"secret": shown_secret(secret), "issuer": site_name}
    return f"otpauth://totp/{label}?{urlencode(asked, quote_via=quote)}"


def code_at(secret: bytes, now: datetime) -> str:
    """Return the code of a secret at a moment."""
    return _totp(secret).generate(int(now.timestamp())).decode()


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """Return the time step whose code this is, None if it is none of now, before or after.

    One step either side, for clocks and slow fingers; whoever asks sees to it that a step is used
    once (RFC 6238, 5.2).
    """
    given = "".join(code.split()).encode(errors="replace")
    here = int(now.timestamp()) // _STEP
    totp = _totp(secret)
    # All are compared, whichever it is: the time it takes tells nothing.
    found = [
        step
        for step in (here - 1, here, here + 1)
        if hmac.compare_digest(totp.generate(step * _STEP), given)
    ]
    return max(found, default=None)


class Vault:
    """Seals secrets with a key of the site; several keys may be given, oldest first."""

    def __init__(self, site_secrets: Sequence[str]) -> None:
        self._keys = [
            hmac.digest(each.encode(), b"digest.operators", hashlib.sha256) for each in site_secrets
        ]

    def seal(self, secret: bytes, name: str) -> str:
        """Return a secret sealed for one operator's name: moved to another's row, it opens nothing."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._keys[-1]).encrypt(nonce, secret, name.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def unseal(self, sealed: str, name: str) -> bytes:
        """Return the secret. Raises CredentialError if no key of this site opens it."""
        try:
            raw = base64.urlsafe_b64decode(sealed)
        except (binascii.Error, ValueError):
            raw = b""
        for key in reversed(self._keys) if len(raw) > _NONCE_BYTES else ():
            try:
                return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], name.encode())
            except InvalidTag:
                continue
        raise CredentialError(
            f"what makes the codes of {name} was sealed with another DIGEST_SECRET: "
            f"say `digest operators reset {name}`"
        )


def _totp(secret: bytes) -> TOTP:
    # SHA-1 is what the programs on telephones know; HMAC has no use for its collisions.
    return TOTP(secret, _DIGITS, SHA1(), _STEP)  # noqa: S303  as above


def _bytes(password: str) -> bytes:
    # A terminal and a telephone may write the same letter in two ways.
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")
