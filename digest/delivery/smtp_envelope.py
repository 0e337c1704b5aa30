"""What is said of a mail before its bytes, and whether this server can carry it at all: pure."""

import re
from dataclasses import dataclass

from digest.delivery.address import wire_address
from digest.delivery.line_ends import LineEnds, look_at
from digest.delivery.transports import OutgoingMail
from digest.errors import AddressError
from digest.model.deliveries import Outcome, Stage, Verdict


@dataclass(frozen=True, slots=True)
class Features:
    """What a server offers; `max_size` 0 is none that it tells."""

    can_pipeline: bool = False
    has_size: bool = False
    max_size: int = 0
    can_8bit: bool = False
    can_utf8: bool = False
    can_encrypt: bool = False
    logins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Envelope:
    """The commands of one mail as they go over the wire, MAIL, RCPT and DATA, and how its lines end."""

    commands: tuple[bytes, bytes, bytes]
    line_ends: LineEnds


_BARRED = re.compile("[<> ]")
_DATA = b"DATA\r\n"
RSET = b"RSET\r\n"


def read_features(words: str) -> Features:
    """Return what the answer to EHLO or LHLO offers; lines that are not understood offer nothing."""
    offered: dict[str, list[str]] = {}
    for line in words.upper().split("\n")[1:]:
        # AUTH=PLAIN is how it was written before RFC 2554, and still is beside the other.
        name, *values = line.replace("=", " ").split() or [""]
        offered.setdefault(name, []).extend(values)
    size = next(iter(offered.get("SIZE", [])), "")
    return Features(
        can_pipeline="PIPELINING" in offered,
        has_size="SIZE" in offered,
        max_size=int(size) if size.isascii() and size.isdigit() and len(size) <= 20 else 0,  # noqa: PLR2004 - digits of 2**64
        can_8bit="8BITMIME" in offered,
        can_utf8="SMTPUTF8" in offered,
        can_encrypt="STARTTLS" in offered,
        logins=tuple(offered.get("AUTH", ())),
    )


def envelope_of(mail: OutgoingMail, features: Features) -> Envelope | Verdict:
    """Return the mail's envelope, or the verdict that this server cannot carry it."""
    try:
        sender, recipient = _path(mail.sender), _path(mail.recipient)
    except AddressError as error:
        return _impossible("5.1.3", str(error))
    addresses = sender + recipient
    is_8bit, is_utf8 = not mail.message.isascii(), not addresses.isascii()
    size, ends = len(mail.message), look_at(mail.message)
    problem = None
    if not recipient or not addresses.isprintable() or _BARRED.search(addresses):
        problem = _impossible("5.1.3", "the address has characters SMTP cannot carry")
    elif not ends.are_whole:
        problem = _impossible("5.6.0", "the mail has line ends SMTP cannot carry")
    elif 0 < features.max_size < size:
        sentence = f"the mail has {size} bytes, and the server takes {features.max_size}"
        problem = _impossible("5.3.4", sentence)
    elif is_8bit and not features.can_8bit:
        problem = _impossible("5.6.3", "the mail is 8-bit, which the server does not take")
    elif is_utf8 and not features.can_utf8:
        problem = _impossible("5.6.7", "the address is international, which the server cannot")
    if problem:
        return problem
    extras = (
        f" SIZE={size}" * features.has_size + " BODY=8BITMIME" * is_8bit + " SMTPUTF8" * is_utf8
    )
    opening = f"MAIL FROM:<{sender}>{extras}\r\n".encode()
    return Envelope((opening, f"RCPT TO:<{recipient}>\r\n".encode(), _DATA), ends)


def _path(address: str) -> str:
    """Return the address with its domain in ASCII; its local part, if it is not, stays as it is."""
    local, at, domain = address.rpartition("@")
    if address.isascii() or local.isascii():
        return wire_address(address)
    return local + at + wire_address(f"x@{domain}").removeprefix("x@")


def _impossible(enhanced: str, problem: str) -> Verdict:
    return Verdict(Outcome.FAILED, problem, enhanced=enhanced, stage=Stage.MAIL)
