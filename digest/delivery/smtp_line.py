"""One SMTP connection that never mistakes one reply for another.

smtplib knows how to connect, greet, encrypt and log in; its reading of replies is lenient (an
extra line is taken for the next reply, a slow one may take for ever) and its sendmail() does not
say how far it came. So the reading and the hand-over of the body are done here.
"""

import smtplib
import socket
import ssl
import time
from dataclasses import dataclass, fields
from typing import Self

MAX_REPLY = 16_384
_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait; RFC 5321, 4.5.3.2. A shorter `end` would make duplicates."""

    connect: float = 30
    command: float = 300
    data: float = 120
    progress: float = 180
    end: float = 600

    def scaled(self, factor: float) -> Self:
        """Return all of them times a factor: tests have less patience."""
        return type(self)(*(getattr(self, field.name) * factor for field in fields(self)))


class BrokenLineError(smtplib.SMTPServerDisconnected):
    """The server closed, fell silent, or said what cannot be understood: the line is of no use."""


class NothingSentError(BrokenLineError):
    """The same, noticed before a byte of the command left."""


class Line(smtplib.SMTP):
    """A greeted connection; every reply is whole, in time, and the answer to what was sent last."""

    def __init__(
        self,
        host: str,
        port: int,
        local_hostname: str,
        timeouts: Timeouts,
        implicit_tls: ssl.SSLContext | None = None,
    ) -> None:
        self.timeouts = timeouts
        self.patience = timeouts.command
        self.mails = 0
        self.opened_at = time.monotonic()
        self.needs_reset = False
        self._implicit_tls = implicit_tls
        self._unread = b""
        try:
            super().__init__(host, port, local_hostname, timeouts.connect)
        except BaseException:
            self.close()
            raise

    def ask(self, command: str, patience: float | None = None) -> tuple[int, str]:
        """Send a command and return the reply to it; waits `patience`, or as long as for any."""
        self.patience = self.timeouts.command if patience is None else patience
        code, words = self.docmd(command)
        return code, words.decode("utf-8", "replace")

    def send_body(self, message: bytes) -> None:
        """Send the mail without the line that ends it: a server that has no more must forget it."""
        stuffed = message.replace(b"\r\n.", b"\r\n..")
        if stuffed.startswith(b"."):
            stuffed = b"." + stuffed
        if not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"
        self.patience = self.timeouts.progress
        for start in range(0, len(stuffed), _PIECE):
            self.send(stuffed[start : start + _PIECE])

    def is_silent(self) -> bool:
        """Tell whether the server waits for us: connected, and nothing said that was not read."""
        if self.sock is None or self._unread:
            return False
        try:
            self.sock.settimeout(0)
            self._unread = self.sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        else:
            return False
        finally:
            self.sock.settimeout(self.patience)

    def send(self, s: str | bytes) -> None:  # type: ignore[override]  # typeshed takes any buffer
        """Send, within the patience and only if nothing has been said out of turn."""
        if not self.is_silent():
            said = self._unread.decode("latin-1")
            raise NothingSentError(f"spoke out of turn: {said}" if said else "closed by the server")
        assert self.sock is not None  # noqa: S101 - or the line were not silent
        self.sock.settimeout(self.patience)
        try:
            self.sock.sendall(s.encode("ascii") if isinstance(s, str) else s)
        except OSError as error:
            raise BrokenLineError(f"sending failed: {error}") from error

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        """Send a command and return the reply; after STARTTLS nothing in plain text may follow."""
        reply = super().docmd(cmd, args)
        if cmd.upper() == "STARTTLS" and not self.is_silent():
            # What was slipped in before the handshake would pass for said after it.
            raise BrokenLineError("spoke on in plain text after the reply to STARTTLS")
        return reply

    def getreply(self) -> tuple[int, bytes]:
        """Return one reply, or raise BrokenLineError: no code, two codes, too long, too late."""
        deadline = time.monotonic() + self.patience
        words: list[bytes] = []
        size = 0
        first_code = None
        while True:
            line = self._read_line(deadline)
            size += len(line)
            code, separator = line[:3], line[3:4]
            if (
                not (code.isdigit() and b"200" <= code <= b"599" and separator in {b" ", b"-", b""})
                or (first_code or code) != code
                or b"\0" in line
                or size > MAX_REPLY
            ):
                raise BrokenLineError(f"no SMTP reply: {line[:80].decode('latin-1')}")
            first_code = code
            words.append(line[4:].strip())
            if separator != b"-":
                return int(code), b"\n".join(words)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # smtplib's hook, as SMTP_SSL uses it.
        connection = socket.create_connection((host, port), timeout)
        # The last line of a mail is a small packet that must not wait for an acknowledgement.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._implicit_tls is None:
            return connection
        return self._implicit_tls.wrap_socket(connection, server_hostname=host)

    def _read_line(self, deadline: float) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > MAX_REPLY:
                raise BrokenLineError("a reply without end")
            self._unread += self._receive(deadline)
        line, _, self._unread = self._unread.partition(b"\n")
        return line.removesuffix(b"\r")

    def _receive(self, deadline: float) -> bytes:
        # The whole reply has to be there in time, not each byte of it.
        remaining = deadline - time.monotonic()
        if self.sock is None:
            raise BrokenLineError("not connected")
        if remaining <= 0:
            raise BrokenLineError(f"no reply within {self.patience:g} s")
        try:
            self.sock.settimeout(remaining)
            received = self.sock.recv(4096)
        except TimeoutError as error:
            raise BrokenLineError(f"no reply within {self.patience:g} s") from error
        except OSError as error:
            raise BrokenLineError(f"connection lost: {error}") from error
        finally:
            self.sock.settimeout(self.patience)
        if not received:
            said = self._unread.decode("latin-1")
            raise BrokenLineError(f"closed by the server{f' after {said!r}' if said else ''}")
        return received
