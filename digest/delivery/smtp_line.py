"""Bytes to and from a mail server, in time, on asyncio's loop.

A socket of our own and not a stream: one system call hands over a whole mail, it is known to the
byte how much of it the system has taken, and what a server says meanwhile is seen before the next
byte leaves. Encryption is the same socket wrapped.
"""

import asyncio
import contextlib
import fcntl
import socket
import ssl
import struct
from collections.abc import Callable, Sequence

from digest.delivery.reply_reader import GarbledError, Reply, ReplyReader
from digest.delivery.waiting import Waiting

_RECEIVE = 16_384  # a TLS record: nothing that was decrypted waits where select cannot see it
_RECORD = 16_384
_NOT_NOW = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_TLS_SLACK = 256  # what two records add to what is in them, and more
_SIOCOUTQNSD = 0x894B  # linux/sockios.h: bytes that were given to be sent, and never were
_AT_ONCE = struct.pack("ii", 1, 0)


class BrokenLineError(Exception):
    """The server closed, fell silent, or said what cannot be understood: the line is of no use."""


class Line:
    """A connected socket; every reply is whole, in time, and the answer to what was sent last."""

    def __init__(self, connected: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = connected
        self._heard = ReplyReader()
        self._ahead: list[Reply] = []
        self._problem = ""
        self._waiting = Waiting(self._loop)
        self._is_closed = False
        self._loop.add_reader(connected, self._receive)

    @property
    def is_open(self) -> bool:
        """Tell whether nothing has been heard that ends it."""
        return not self._is_closed and not self._problem

    @property
    def is_encrypted(self) -> bool:
        """Tell whether nobody between us and the server can read along."""
        return isinstance(self._socket, ssl.SSLSocket)

    @property
    def has_unread(self) -> bool:
        """Tell whether the server has said what was not read yet."""
        return bool(self._ahead) or self._heard.has_unread

    def is_silent(self) -> bool:
        """Tell whether the server waits for us: connected, and nothing said that was not read."""
        if self.is_open:
            self._receive()
        return self.is_open and not self.has_unread

    def why_not_silent(self) -> str:
        """Return a sentence about what was heard out of turn."""
        said = (
            f"{self._ahead[0].code} {self._ahead[0].words}" if self._ahead else self._heard.unread
        )
        return f"spoke out of turn: {said}" if said else self._problem

    def look_ahead(self) -> Sequence[Reply]:
        """Return the replies that are already there, whole; they are still to be read."""
        if self.is_open:
            self._receive()
        try:
            while reply := self._heard.take():
                self._ahead.append(reply)
        except GarbledError as error:
            self._end(str(error))
        return self._ahead

    async def reply(self, patience: float, until: float | None = None) -> Reply:
        """Return the next reply; raises BrokenLineError if it is not all there in time."""
        deadline = self._loop.time() + patience
        deadline = deadline if until is None else min(deadline, until)
        try:
            if self._ahead:
                return self._ahead.pop(0)
            while (reply := self._heard.take()) is None:
                if not self.is_open:
                    said = self._heard.unread
                    raise BrokenLineError(self._problem + (f" after {said!r}" if said else ""))
                await self._waiting.wait(deadline)
        except GarbledError as error:
            raise BrokenLineError(str(error)) from error
        except TimeoutError as error:
            raise BrokenLineError(f"no reply within {patience:g} s") from error
        return reply

    async def ask(self, command: bytes, patience: float) -> Reply:
        """Send a command and return the reply to it."""
        await self.send(command, patience)
        return await self.reply(patience)

    async def send(self, data: bytes, patience: float) -> None:
        """Send, unless something was said out of turn; raises BrokenLineError."""
        until = self._loop.time() + patience
        await self.send_guarded(data, len(data), patience, until, lambda: None)

    async def send_guarded(
        self, data: bytes, end: int, progress: float, until: float, check: Callable[[], None]
    ) -> None:
        """Send data whose first `end` bytes must not be answered before they have left.

        Raises BrokenLineError only while they have not all left; what goes wrong later is told by
        the replies, or their absence. `check` is called before whatever could send the last of
        them, and what it raises flies out.
        """
        pieces = memoryview(data)
        sent = 0
        while True:
            if sent < end:
                if not self.is_silent():
                    raise BrokenLineError(self.why_not_silent())
                check()
            try:
                sent += self._push(pieces[sent:])
                if sent == len(data):
                    return
                await self._wait_to_send(min(self._loop.time() + progress, until))
            except (OSError, BrokenLineError) as error:  # TimeoutError is an OSError
                if sent >= end:
                    return
                problem = str(error) or f"took nothing for {progress:g} s"
                raise BrokenLineError(f"sending failed: {problem}") from error

    def has_kept_back(self, more_than: int) -> bool:
        """Tell whether the system has certainly not sent more than so many of the last bytes.

        Also after the connection has broken; of one that has not, what was kept back is certain to
        stay only if it is dropped now.
        """
        try:
            answer = fcntl.ioctl(self._socket, _SIOCOUTQNSD, bytes(4))
        except OSError:  # not Linux, or a socket of this machine
            return False
        slack = _TLS_SLACK if self.is_encrypted else 0
        return int(struct.unpack("i", answer)[0]) > more_than + slack

    async def encrypt(self, context: ssl.SSLContext, host: str, patience: float) -> None:
        """Go on over TLS; raises OSError, of which ssl.SSLError is one."""
        self._loop.remove_reader(self._socket)
        deadline = self._loop.time() + patience
        try:
            self._socket = wrapped = context.wrap_socket(
                self._socket, server_hostname=host, do_handshake_on_connect=False
            )
        except BaseException:
            # Nobody can tell whose the file descriptor is now: it must not be touched again.
            self._is_closed = True
            self._socket.close()
            raise
        while True:
            try:
                wrapped.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._loop.add_reader(wrapped, self._waiting.wake)
            except ssl.SSLWantWriteError:
                self._loop.add_writer(wrapped, self._waiting.wake)
            try:
                await self._waiting.wait(deadline)
            finally:
                self._loop.remove_reader(wrapped)
                self._loop.remove_writer(wrapped)
        self._loop.add_reader(wrapped, self._receive)

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        if not self._is_closed:
            self._is_closed = True
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._waiting.close()
            self._socket.close()

    def drop(self) -> None:
        """Hang up so that what the system has not sent yet never leaves."""
        if not self._is_closed:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.close()

    def _push(self, piece: memoryview) -> int:
        # Of a TLS record nobody can read a part, so that with one record a call it is always known
        # what can have been read.
        if self.is_encrypted:
            piece = piece[:_RECORD]
        try:
            return self._socket.send(piece)
        except _NOT_NOW:
            return 0

    def _receive(self) -> None:
        try:
            received = self._socket.recv(_RECEIVE)
        except _NOT_NOW:
            return
        except OSError as error:
            self._end(f"connection lost: {error}")
            return
        if not received:
            self._end("closed by the server")
            return
        self._heard.feed(received)
        if self._heard.is_too_long:
            self._end("spoke without end")
        self._waiting.wake()

    def _end(self, problem: str) -> None:
        self._problem = problem
        self._loop.remove_reader(self._socket)
        self._waiting.wake()

    async def _wait_to_send(self, deadline: float) -> None:
        self._loop.add_writer(self._socket, self._waiting.wake)
        try:
            await self._waiting.wait(deadline)
        finally:
            self._loop.remove_writer(self._socket)
