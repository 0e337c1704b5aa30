"""What the bodies of mails are made of.

They are quoted-printable (RFC 2045, 6.7), because 8bit dies at a relay without 8BITMIME, and base64
is 27 % larger and nearer to Gmail's clip; and because it knows nothing beyond a line, so that whole
lines can be encoded alone, and once for all the mails they stand in.

A reader's token stands in lines that are shared nevertheless: they are encoded with a gap in its
place, on a line of its own between soft line ends, and it is put in once a mail.
"""

import binascii
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

# Where a reader's token goes. Made anew in each process: nobody can write it into a title, to have
# a reader's token put into an address of theirs.
GAP = secrets.token_hex(16)
_GAP = GAP.encode()
# With the "=" of a soft line end, a line has 76 characters at most.
LONGEST_TOKEN = 70


class Shared(str):
    """Whole lines that stand in the mails of many readers, with their encoding.

    `size` is that of the lines in UTF-8, `gaps` how many tokens are still to be put in.
    """

    __slots__ = ("gaps", "quoted", "size")

    quoted: bytes
    size: int
    gaps: int

    def __new__(cls, lines: str) -> Self:
        """Return lines that must end with a line end."""
        made = super().__new__(cls, lines)
        made.quoted = quoted_printable(lines)
        made.size = len(lines.encode("utf-8", "replace"))
        made.gaps = lines.count(GAP)
        return made


@dataclass(frozen=True, slots=True)
class Body:
    """A part of a mail, in pieces that are whole lines, and the token that fills its gaps."""

    pieces: tuple[str, ...]
    token: str = ""

    def __post_init__(self) -> None:
        """Refuse a token that would not fit into its line, or end it."""
        if len(self.token) > LONGEST_TOKEN or not self.token.isascii() or "=" in self.token:
            message = f"a token of {len(self.token)} characters does not fit into a mail"
            raise ValueError(message)

    @property
    def words(self) -> str:
        """Return the part as its reader sees it."""
        return "".join(self.pieces).replace(GAP, self.token)


Words = str | Sequence[str] | Body


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
    # b2a_qp leaves room for the "=" of a soft line end before a hard one.
    return quoted.replace(b"\r\n%b\r\n" % _GAP, b"=\r\n%b=\r\n" % _GAP) if has_gaps else quoted


def quoted_body(words: Words) -> bytes:
    """Return a part of a mail in quoted-printable."""
    if isinstance(words, Body):
        return b"".join(_quoted_pieces(words.pieces)).replace(_GAP, words.token.encode())
    return b"".join(_quoted_pieces([words] if isinstance(words, str) else words))


def _quoted_pieces(words: Sequence[str]) -> list[bytes]:
    pieces = [piece for piece in words if piece]
    if not all(type(piece) is Shared or piece.endswith("\n") for piece in pieces[:-1]):
        pieces = ["".join(pieces)]
    return [
        piece.quoted if type(piece) is Shared else quoted_printable(piece)
        for piece in pieces or [""]
    ]
