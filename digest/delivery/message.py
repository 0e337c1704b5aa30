"""The bytes of one mail, the same on every call.

The stdlib's policy encodes names and subjects safely but takes milliseconds for bodies and spoils
long URLs in headers, so people's words go through `email.header`, what we compose ourselves is
checked ASCII, and the bodies are quoted-printable of our own.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.utils import format_datetime, quote
from functools import lru_cache

from digest.delivery.address import wire_address
from digest.delivery.keys import checked_key
from digest.errors import DigestError
from digest.model.mails import Words, quoted_body
from digest.text import clean_line, clip

MAX_HEADER_TEXT = 200
_FOLD_AT = 76
# Encoded words can be wrapped in encoded words; nobody honest nests them this deep.
_DECODINGS = 5
_URL = re.compile(r"(?:https?://|mailto:)[!#-;=?-~]+")  # printable ASCII but space, ", <, >
# Printable ASCII but what makes a list, a name or a comment of an address.
_ADDRESS = re.compile(r"[!#-'*+\--:=?A-~]+@[!#-'*+\--:=?A-~]+")
_LIST_ID = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_PART = (
    b"\r\nContent-Type: text/%b; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
)
# Printable ASCII; folded lines begin with a blank and hold more than blanks.
_VALUE = re.compile(r"[!-~][ -~]*(?:\r\n (?= *[!-~])[ -~]+)*|")
_ENCODED = r"=\?[!->@-~]{1,75}\?[bq]\?[ ->@-~]*\?="  # RFC 2047, 2
_ENCODED_RUN = re.compile(f"{_ENCODED}(?: *{_ENCODED})*", re.IGNORECASE)
_LONGEST_LINE = 998  # RFC 5322, 2.1.1: without the line end
# Names of the site, and the subjects of a day.
_REMEMBERED_WORDS = 2048


@dataclass(frozen=True, slots=True)
class Envelope:
    """Everything about a mail but its words.

    With `unsubscribe_url` (a page) or `one_click_url` (takes the POST of RFC 8058) the mail is a
    list mail and says so; a mail with neither, such as a confirmation, is not marked as bulk.
    """

    sender: str
    sender_name: str
    recipient: str
    site_name: str
    key: str
    planned_at: datetime
    list_id: str | None
    unsubscribe_url: str | None = None
    one_click_url: str | None = None
    unsubscribe_mailto: str | None = None
    help_url: str | None = None


def build_message(envelope: Envelope, subject: str, html: Words, text: Words) -> bytes:
    """Return the mail: CRLF, 7-bit, multipart/alternative with the text part first.

    Pure: equal arguments give identical bytes, in however many pieces they come, so that an attempt
    after a lost reply can be recognised as a copy. Raises DigestError rather than return a mail
    with a header that was not meant to be there.
    """
    boundary = "=_" + hashlib.sha256(checked_key(envelope.key).encode()).hexdigest()[:32]
    head = "".join(_line(*header) for header in _headers(envelope, subject, boundary)).encode()
    # "=_" cannot occur in quoted-printable, so the boundary cannot occur in a body.
    delimiter = f"\r\n--{boundary}".encode()
    plain = (delimiter, _PART % b"plain", quoted_body(text))
    rich = (delimiter, _PART % b"html", quoted_body(html))
    return b"".join((head, *plain, *rich, delimiter, b"--\r\n"))


def header_text(text: str, length: int = MAX_HEADER_TEXT) -> str:
    """Return text fit for a header: one line, no encoded words inside, at most `length` long.

    Encoded words are decoded first: `=?utf-8?q?=0A?=` is a line break to whoever reads the mail,
    and to nobody who only looks at the characters.
    """
    text = clean_line(text)
    for _ in range(_DECODINGS):
        if "=?" not in text:
            break
        text = clean_line(_decoded(text))
    return clip(text, length)


def _headers(envelope: Envelope, subject: str, boundary: str) -> list[tuple[str, str]]:
    sender = _checked(_ADDRESS, wire_address(envelope.sender), "address")
    recipient = _checked(_ADDRESS, wire_address(envelope.recipient), "address")
    domain = sender.rpartition("@")[2]
    headers = [
        ("From", _mailbox("From", envelope.sender_name, sender)),
        ("To", recipient),
        ("Subject", _words("Subject", header_text(subject))),
        ("Date", format_datetime(envelope.planned_at.astimezone(UTC))),
        ("Message-ID", f"<{envelope.key}@{domain}>"),
    ]
    if envelope.list_id:
        list_id = _checked(_LIST_ID, envelope.list_id, "list id")
        headers.append(("List-Id", _mailbox("List-Id", envelope.site_name, list_id)))
    is_list_mail = envelope.one_click_url or envelope.unsubscribe_url
    if is_list_mail:
        ways = [is_list_mail, envelope.unsubscribe_mailto]
        headers.append(("List-Unsubscribe", ",\r\n ".join(_link(way) for way in ways if way)))
    if envelope.one_click_url:
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    if envelope.help_url:
        headers.append(("List-Help", _link(envelope.help_url)))
    if is_list_mail:
        headers.append(("Precedence", "bulk"))
    headers += [
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Feedback-ID", _feedback_id("digest" if is_list_mail else "account", domain)),
        ("X-Digest-Key", envelope.key),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
    ]
    return headers


def _line(name: str, value: str) -> str:
    """Return a header; whatever made its value, it can neither end it nor begin another."""
    line = f"{name}: {value}\r\n"
    is_long = len(line) > _LONGEST_LINE and max(map(len, line.split("\r\n"))) > _LONGEST_LINE
    if is_long or not _VALUE.fullmatch(value):
        raise DigestError(f"{value!r} cannot stand in the header {name}")
    return line


@lru_cache(_REMEMBERED_WORDS)
def _mailbox(header: str, name: str, address: str) -> str:
    name = header_text(name)
    if not name:
        return f"<{address}>"
    phrase = f'"{quote(name)}"' if _is_plain(name) else _words(header, name)
    last_line = phrase.rpartition("\n")[2]
    space = " " if len(header) + len(last_line) + len(address) < _FOLD_AT - 5 else "\r\n "
    return f"{phrase}{space}<{address}>"


@lru_cache(_REMEMBERED_WORDS)
def _words(header: str, text: str) -> str:
    # A first word too long for the line of its header would leave that line without a character.
    is_plain = _is_plain(text) and len(header) + len(text.partition(" ")[0]) < _FOLD_AT - 2
    charset = "us-ascii" if is_plain else "utf-8"
    return Header(text, charset, header_name=header).encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    # What still looks like an encoded word was none we could read; encoded, it stays as it is.
    return text.isascii() and "=?" not in text


def _decoded(text: str) -> str:
    """Return text with its encoded words read, run by run: one character may be spread over two.

    The standard library reads ASCII only; around the runs it would write any other letter anew.
    """
    return _ENCODED_RUN.sub(_decoded_run, text)


def _decoded_run(run: re.Match[str]) -> str:
    try:
        return str(make_header(decode_header(run[0])))
    except (HeaderParseError, LookupError, ValueError):
        return run[0]


def _link(url: str) -> str:
    return f"<{_checked(_URL, url, 'address for a list header')}>"


def _feedback_id(kind: str, domain: str) -> str:
    # Gmail: three free fields, then a sender id of 5 to 15 characters that is always the same.
    sender_id = "".join(character for character in domain if character.isalnum())[:15]
    return f"::{kind}:{sender_id:x<5}"


def _checked(form: re.Pattern[str], value: str, what: str) -> str:
    if not form.fullmatch(value):
        raise DigestError(f"{value!r} is no {what}")
    return value
