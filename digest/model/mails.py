"""What the bodies of mails are made of.

They are quoted-printable (RFC 2045, 6.7), because 8bit dies at a relay without 8BITMIME, and base64
is 27 % larger and nearer to Gmail's clip; and because it knows nothing beyond a line, so that whole
lines can be encoded alone, and once for all the mails they stand in.
"""

import binascii
from collections.abc import Sequence
from typing import Self


class Shared(str):
    """Whole lines that stand in the mails of many readers, with their encoding.

    `size` is that of the lines in UTF-8.
    """

    __slots__ = ("quoted", "size")

    quoted: bytes
    size: int

    def __new__(cls, lines: str) -> Self:
        """Return lines that must end with a line end."""
        made = super().__new__(cls, lines)
        made.quoted = quoted_printable(lines)
        made.size = len(lines.encode("utf-8", "replace"))
        return made


# A body, or the pieces it is made of.
Words = str | Sequence[str]


def quoted_printable(lines: str) -> bytes:
    """Return lines in quoted-printable with CRLF, a last one without an end with one."""
    if not lines.endswith("\n"):
        # As EmailMessage does; and b2a_qp breaks long lines with CRLF only if it has seen one.
        lines += "\n"
    if "\r" in lines:
        lines = lines.replace("\r\n", "\n").replace("\r", "\n")
    # A lone surrogate becomes a question mark: it cannot be written in UTF-8.
    return binascii.b2a_qp(lines.replace("\n", "\r\n").encode("utf-8", "replace"), istext=True)


def quoted_pieces(words: Words) -> list[bytes]:
    """Return a body in quoted-printable, in pieces."""
    pieces = [words] if isinstance(words, str) else [piece for piece in words if piece]
    if not all(type(piece) is Shared or piece.endswith("\n") for piece in pieces[:-1]):
        pieces = ["".join(pieces)]
    return [
        piece.quoted if type(piece) is Shared else quoted_printable(piece)
        for piece in pieces or [""]
    ]
