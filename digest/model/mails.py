"""What the bodies of mails are made of.

They are quoted-printable (RFC 2045, 6.7), because 8bit dies at a relay without 8BITMIME, and base64
is 27 % larger and nearer to Gmail's clip; and because it knows nothing beyond a line, so that whole
lines can be encoded alone, and once for all the mails they stand in.

A reader's token stands in lines that are shared nevertheless: they are encoded with a gap in its
place, on a line of its own between soft line ends, and it is put in once a mail.
"""

import binascii
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

# Where a reader's token goes. Made anew in each process: nobody can write it into a title, to have
# a reader's token put into an address of theirs.
GAP = secrets.token_hex(16)
_GAP = GAP.encode()
# Neither markup nor a line end, and the same in quoted-printable.
_TOKEN = re.compile(r"[A-Za-z0-9._~-]*")
# With the "=" of a soft line end, a line has 76 characters at most.
_LINE = 75
# b2a_qp makes three characters of a space at the end of a line without asking whether they fit.
_END_TOO_LATE = re.compile(rb"^(.{73,})(=(?:20|09)\r)$", re.MULTILINE)


class Shared(str):
    """Whole lines that stand in the mails of many readers, with their encoding.

    `around` is their quoted-printable, cut where tokens are still to be put in, `quoted_size` its
    length without them; `size` is that of the lines in UTF-8 with CRLF, gaps and all.
    """

    __slots__ = ("around", "quoted_size", "size")

    around: tuple[bytes, ...]
    quoted_size: int
    size: int

    def __new__(cls, lines: str) -> Self:
        """Return lines that must end with a line end."""
        made = super().__new__(cls, lines)
        made.around = tuple(quoted_printable(lines).split(_GAP))
        made.quoted_size = sum(map(len, made.around))
        made.size = utf8_size(lines)
        return made


@dataclass(frozen=True, slots=True)
class Body:
    """A part of a mail, in pieces that are whole lines, and the token that fills its gaps."""

    pieces: tuple[str, ...]
    token: str = ""

    def __post_init__(self) -> None:
        """Refuse a token that could be anything but a part of an address."""
        if not _TOKEN.fullmatch(self.token):
            message = f"{self.token!r} is no token: one has letters, digits, '.', '_', '~' and '-'"
            raise ValueError(message)

    @property
    def words(self) -> str:
        """Return the part as its reader sees it."""
        return "".join(self.pieces).replace(GAP, self.token)

    @property
    def filling(self) -> bytes:
        """Return what fills a gap in quoted-printable, where it begins and ends a line."""
        token = self.token.encode()
        return b"=\r\n".join(token[at : at + _LINE] for at in range(0, len(token), _LINE))


Words = str | Sequence[str] | Body


def utf8_size(lines: str) -> int:
    """Return the bytes of lines that end with LF, each with CRLF as it is in a mail."""
    length = len(lines) if lines.isascii() else len(lines.encode("utf-8", "replace"))
    return length + lines.count("\n")


def quoted_printable(lines: str) -> bytes:
    """Return lines in quoted-printable with CRLF, a last one without an end with one."""
    if not lines.endswith("\n"):
        # As EmailMessage does; and b2a_qp breaks long lines with CRLF only if it has seen one.
        lines += "\n"
    if "\r" in lines:
        lines = lines.replace("\r\n", "\n").replace("\r", "\n")
    has_gaps = GAP in lines
    if has_gaps:
        lines = lines.replace(GAP, f"\n{GAP}\n")
    # A lone surrogate becomes a question mark: it cannot be written in UTF-8.
    quoted = binascii.b2a_qp(lines.replace("\n", "\r\n").encode("utf-8", "replace"), istext=True)
    if b"=20\r\n" in quoted or b"=09\r\n" in quoted:
        quoted = _END_TOO_LATE.sub(rb"\1=\r\n\2", quoted)
    # Before a hard line end there is now room for the "=" of a soft one.
    return quoted.replace(b"\r\n%b\r\n" % _GAP, b"=\r\n%b=\r\n" % _GAP) if has_gaps else quoted


def quoted_body(words: Words) -> bytes:
    """Return a part of a mail in quoted-printable."""
    if not isinstance(words, Body):
        words = Body((words,) if isinstance(words, str) else tuple(words))
    pieces, filling = words.pieces, words.filling
    quoted: list[bytes] = []
    for number, piece in enumerate(pieces, start=1):
        if type(piece) is Shared:
            quoted.append(filling.join(piece.around))
        elif piece.endswith("\n") or (piece and number == len(pieces)):
            quoted.append(_quoted(piece, filling))
        elif piece:
            # What follows goes on in the same line.
            return _quoted("".join(pieces), filling)
    return b"".join(quoted) or quoted_printable("")


def _quoted(lines: str, filling: bytes) -> bytes:
    return quoted_printable(lines).replace(_GAP, filling)
