"""Signatures that prove to a receiver whose mail it is (RFC 6376, RFC 8463).

Headers are canonicalised relaxed, because relays refold them, the body simple: ours is
quoted-printable, which nobody has a reason to touch, and the simple form costs one look at its end.
Everything signed comes from the mail and its Date, so that every attempt has the same bytes.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from digest.errors import ConfigError, DigestError

# RFC 8301, 3.2: 2048 bits or more should be used, and more than 4096 need not be verifiable.
SMALLEST_RSA = 2048
LARGEST_RSA = 4096
_DOMAIN = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)
# Named once more than they stand in a mail: a verifier then refuses one that was added. They are
# what a reader sees, what a reply goes to and what an unsubscribe button does. A relay may break
# nothing with this: none of them is a relay's to add.
_OVERSIGNED = (
    *("from", "to", "cc", "subject", "date", "reply-to", "message-id"),
    *("mime-version", "content-type", "content-transfer-encoding"),
    *("list-unsubscribe", "list-unsubscribe-post"),
)
# Written by relays on the way (RFC 6376, 5.4.1).
_NOT_OURS = frozenset({"received", "return-path", "dkim-signature"})
_HEADER = re.compile(rb"([!-9;-~]+):((?:[\t -~\x80-\xff]+|\r\n[ \t])*)\r\n")
_LINE = 74
_TXT_STRING = 255

_PADDING = padding.PKCS1v15()
_SHA256 = hashes.SHA256()


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """The TXT record that lets receivers verify what a key signed."""

    name: str
    value: str

    @property
    def zone_line(self) -> str:
        """Return it as a zone file has it: in strings of at most 255 characters."""
        strings = [
            self.value[at : at + _TXT_STRING] for at in range(0, len(self.value), _TXT_STRING)
        ]
        return f"{self.name}. IN TXT " + " ".join(f'"{each}"' for each in strings)


class Signer:
    """Signs for a domain with one private key, which is RSA (2048 to 4096 bits) or Ed25519.

    `pem` is the key without a passphrase. Raises ConfigError, which names `setting`: what the
    operator has to change, such as a variable and the file it leads to.
    """

    def __init__(self, domain: str, selector: str, pem: bytes, setting: str) -> None:
        self.domain = _name(domain, "domain", setting)
        self.selector = _name(selector, "selector", setting)
        key = _private_key(pem, setting)
        self._sign_bytes: Callable[[bytes], bytes]
        if isinstance(key, RSAPrivateKey):
            self.algorithm, self._kind = "rsa-sha256", "rsa"
            self._sign_bytes = lambda data: key.sign(data, _PADDING, _SHA256)
            self._public = key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        else:
            self.algorithm, self._kind = "ed25519-sha256", "ed25519"
            # RFC 8463, 3: what is signed is the hash, not the data.
            self._sign_bytes = lambda data: key.sign(hashlib.sha256(data).digest())
            self._public = key.public_key().public_bytes_raw()

    def dns_record(self) -> DnsRecord:
        """Return the record to publish for this key."""
        public = base64.b64encode(self._public).decode()
        name = f"{self.selector}._domainkey.{self.domain}"
        return DnsRecord(name, f"v=DKIM1; k={self._kind}; p={public}")

    def header(self, seconds: int, signed: str, body_hash: str, headers: bytes) -> bytes:
        """Return the header for canonical `headers`, whose names are `signed`."""
        head = (
            f"DKIM-Signature: v=1; a={self.algorithm}; c=relaxed/simple;\r\n"
            f" d={self.domain}; s={self.selector}; t={seconds};\r\n"
            f" h={signed};\r\n bh={body_hash};\r\n b="
        ).encode("ascii")
        own = b"dkim-signature:" + _relaxed(head.partition(b":")[2])
        signature = base64.b64encode(self._sign_bytes(headers + own))
        lines = [signature[at : at + _LINE] for at in range(0, len(signature), _LINE)]
        return head + b"\r\n ".join(lines) + b"\r\n"


def sign(message: bytes, at: datetime, signers: Sequence[Signer]) -> bytes:
    """Return a mail with a signature by every signer before it, the first signer's first.

    `at` is the mail's Date: the same mail has the same signatures whenever it is signed. Raises
    DigestError for a mail whose headers cannot be read, or without a From.
    """
    if not signers:
        return message
    split = message.find(b"\r\n\r\n")
    if split < 0:
        raise DigestError("a mail without an empty line after its headers cannot be signed")
    names, headers = _canonical(message[: split + 2])
    if "from" not in names:
        raise DigestError("a mail without From cannot be signed")
    signed = _folded((*names, *_OVERSIGNED))
    body_hash = base64.b64encode(_body_digest(message, split + 4)).decode()
    seconds = int(at.timestamp())
    found = [signer.header(seconds, signed, body_hash, headers) for signer in signers]
    return b"".join((*found, message))


def _canonical(head: bytes) -> tuple[tuple[str, ...], bytes]:
    """Return the names of headers, the last first, and the headers in relaxed form, in that order.

    Of several with one name a verifier takes the last first (RFC 6376, 5.4.2).
    """
    found = _HEADER.findall(head)
    if len(head) != sum(len(name) + len(value) + len(b":\r\n") for name, value in found):
        raise DigestError("a mail whose headers cannot be read cannot be signed")
    names = []
    lines = []
    for name, value in reversed(found):
        lower = name.lower()
        if (text := lower.decode("ascii")) in _NOT_OURS:
            continue
        names.append(text)
        lines.append(b"%b:%b\r\n" % (lower, _relaxed(value)))
    return tuple(names), b"".join(lines)


def _relaxed(value: bytes) -> bytes:
    # The pattern above lets no white space through but blanks, tabs and folds.
    return b" ".join(value.split())


@lru_cache(maxsize=64)
def _folded(names: tuple[str, ...]) -> str:
    """Return names with colons between, in lines."""
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > _LINE:
            lines.append("")
        lines[-1] += f"{name}:"
    return "\r\n ".join(lines).removesuffix(":")


def _body_digest(message: bytes, start: int) -> bytes:
    """Return the SHA-256 of the body in simple form: whatever it ends with, one line end."""
    end = len(message)
    while end - start >= 2 and message.endswith(b"\r\n", start, end):  # noqa: PLR2004  a CRLF
        end -= 2
    # A view: a slice would copy the body.
    found = hashlib.sha256(memoryview(message)[start:end])
    found.update(b"\r\n")
    return found.digest()


def _name(text: str, what: str, setting: str) -> str:
    lower = text.lower()
    if not _DOMAIN.fullmatch(lower):
        hint = "write a name in ASCII, such as example.org (an international one as xn--...)"
        raise ConfigError(setting, f"{text!r} is no {what} for DKIM: {hint}")
    return lower


def _private_key(pem: bytes, setting: str) -> RSAPrivateKey | Ed25519PrivateKey:
    make = "make one with: openssl genrsa -out dkim.pem 2048"
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError as error:
        hint = (
            "the key has a passphrase; write it without: openssl pkey -in dkim.pem -out plain.pem"
        )
        raise ConfigError(setting, hint) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(setting, f"this is no private key in PEM form; {make}") from error
    if isinstance(key, Ed25519PrivateKey):
        return key
    if not isinstance(key, RSAPrivateKey):
        raise ConfigError(setting, f"DKIM knows RSA and Ed25519 keys, this is neither; {make}")
    if not SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
        sizes = f"{SMALLEST_RSA} to {LARGEST_RSA}"
        raise ConfigError(setting, f"an RSA key of {key.key_size} bits; use {sizes}. {make}")
    return key
