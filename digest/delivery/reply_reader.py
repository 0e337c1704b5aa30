"""Replies out of bytes: whole ones, and only such as RFC 5321 knows."""

from typing import NamedTuple

MAX_REPLY = 16_384


class GarbledError(Exception):
    """What was said is no SMTP reply: no code, two codes, a NUL, or too long."""


class Reply(NamedTuple):
    """One reply; `words` are those of all its lines, as they came."""

    code: int
    words: str

    @property
    def kind(self) -> int:
        """Return the first digit of the code."""
        return self.code // 100


class ReplyReader:
    """Takes bytes in whatever pieces they come, gives one reply at a time.

    `unread` is what no reply was made of yet: if there is any when none is owed, the server spoke
    out of turn.
    """

    def __init__(self) -> None:
        self._unread = b""
        self._lines: list[bytes] = []
        self._code = b""
        self._size = 0

    def feed(self, received: bytes) -> None:
        """Take what was received."""
        self._unread = self._unread + received if self._unread else received

    @property
    def has_unread(self) -> bool:
        """Tell whether something was said that no reply was made of."""
        return bool(self._unread or self._lines)

    @property
    def is_too_long(self) -> bool:
        """Tell whether more was said than any reply holds, so that nothing more need be read."""
        return len(self._unread) > 4 * MAX_REPLY

    @property
    def unread(self) -> str:
        """Return the beginning of it, to be told to a person."""
        return b"\n".join([*self._lines, self._unread])[:80].decode("latin-1")

    def take(self) -> Reply | None:
        """Return the next reply, or None while it is not whole; raises GarbledError."""
        if not self._unread:
            return None
        while (end := self._unread.find(b"\n")) >= 0:
            line, self._unread = self._unread[:end].rstrip(b"\r"), self._unread[end + 1 :]
            if self._take_line(line):
                return self._whole()
        if self._size + len(self._unread) > MAX_REPLY:
            raise GarbledError("a reply without end")
        return None

    def _whole(self) -> Reply:
        words = self._lines[0] if len(self._lines) == 1 else b"\n".join(self._lines)
        reply = Reply(int(self._code), words.decode("utf-8", "replace"))
        self._lines.clear()
        self._code, self._size = b"", 0
        return reply

    def _take_line(self, line: bytes) -> bool:
        """Tell whether the line was a reply's last."""
        self._size += len(line) + 2
        code, separator = line[:3], line[3:4]
        if (
            not (code.isdigit() and b"200" <= code <= b"599" and separator in (b" ", b"-", b""))
            or (self._code or code) != code
            or b"\0" in line
            or self._size > MAX_REPLY
        ):
            raise GarbledError(f"no SMTP reply: {line[:80].decode('latin-1')}")
        self._code = code
        self._lines.append(line[4:].strip())
        return separator != b"-"
