"""Mail from outside, opened with bounds: so many bytes, so many parts, never deeper than needed."""

import re
from collections.abc import Collection, Iterator
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32

# A report of any server is in its first few kilobytes; what follows is our own mail.
MAX_HEAD = 262_144
# Honest ones have three or four; the parser recurses once per part in a part.
MAX_PARTS = 60
MAX_ADDRESSES = 40
_MAX_LINE = 2000
_ADDRESS = re.compile(r"[A-Za-z0-9._=+-]{1,64}@[A-Za-z0-9.-]{1,255}", re.ASCII)
_HEADERS = BytesHeaderParser(policy=compat32)

Mail = Message


def open_mail(message: bytes, max_head: int = MAX_HEAD, max_line: int = _MAX_LINE) -> Mail:
    """Return a mail of which only the head was read, in lines cut to a length.

    One with more parts than anybody means comes back as headers and a text.
    """
    lines = message[:max_head].split(b"\n")
    head = b"\n".join(line[:max_line] for line in lines)
    if head.lower().count(b"content-type:") > MAX_PARTS:
        return _HEADERS.parsebytes(head)
    return message_from_bytes(head, policy=compat32)


def parts_of(mail: Mail) -> Iterator[Mail]:
    """Yield a mail and the parts it is made of; a mail inside it is one part, and not opened."""
    yield mail
    if mail.get_content_maintype() == "multipart":
        for part in enclosed(mail):
            yield from parts_of(part)


def enclosed(part: Mail) -> list[Mail]:
    """Return the parts of a multipart, the mail in a message/rfc822, the blocks of a report."""
    payload = part.get_payload()
    return (
        [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []
    )


def part_of_type(mail: Mail, types: Collection[str]) -> Mail | None:
    """Return the first part of one of the types, None if there is none."""
    return next((part for part in parts_of(mail) if part.get_content_type() in types), None)


def fields_of(mail: Mail) -> Iterator[tuple[str, str]]:
    """Yield the header fields: name in small letters, value as it stands there, undecoded."""
    for name, value in mail.raw_items():
        yield name.lower(), str(value)


def field(mail: Mail, name: str) -> str:
    """Return the first header field of a name (in small letters), "" if there is none."""
    return next((value for found, value in fields_of(mail) if found == name), "")


def addresses_in(mail: Mail, names: Collection[str]) -> tuple[str, ...]:
    """Return what looks like a plain address in the header fields of the given names."""
    found = [
        address
        for name, value in fields_of(mail)
        if name in names
        for address in _ADDRESS.findall(value)
    ]
    return tuple(dict.fromkeys(found[:MAX_ADDRESSES]))


def enclosed_headers(part: Mail) -> Mail | None:
    """Return the headers of the mail that a part encloses, whole or as headers alone, if it does."""
    if part.get_content_maintype() == "message":
        return next(iter(enclosed(part)), None)
    if part.get_content_type() != "text/rfc822-headers":
        return None
    payload = part.get_payload()
    return _HEADERS.parsebytes(str(payload).encode("ascii", "replace"))


def words_of(mail: Mail) -> str:
    """Return the text of the first plain part, "" if there is none."""
    for part in parts_of(mail):
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return ""
