"""A socket on asyncio's loop: bytes in as they come, bytes out as far as the system takes them.

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
from collections.abc import Callable

from digest.delivery.waiting import Waiting

_RECEIVE = 16_384  # a TLS record: nothing that was decrypted waits where select cannot see it
_RECORD = 16_384
_NOT_NOW = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_TLS_SLACK = 256  # what two records add to what is in them, and more
_SIOCOUTQNSD = 0x894B  # linux/sockios.h: bytes that were given to be sent, and never were
_AT_ONCE = struct.pack("ii", 1, 0)


class Wire:
    """A connected socket for one task, which `waiting` lets sleep until something happens.

    What is received is given to `take`, which says what is wrong with it, or nothing. `problem`
    tells why nothing more will come.
    """

    def __init__(self, connected: socket.socket, take: Callable[[bytes], str]) -> None:
        self._loop = asyncio.get_running_loop()
        self.waiting = Waiting(self._loop)
        self.problem = ""
        self._socket = connected
        self._take = take
        self._is_closed = False
        self._loop.add_reader(connected, self.receive)

    @property
    def is_open(self) -> bool:
        """Tell whether nothing has been heard that ends it."""
        return not self._is_closed and not self.problem

    @property
    def is_encrypted(self) -> bool:
        """Tell whether nobody between us and the server can read along."""
        return isinstance(self._socket, ssl.SSLSocket)

    def receive(self) -> None:
        """Take what has come, if anything has; never raises."""
        if not self.is_open:
            return
        try:
            received = self._socket.recv(_RECEIVE)
        except _NOT_NOW:
            return
        except OSError as error:
            self.end(f"connection lost: {error}")
            return
        problem = self._take(received) if received else "closed by the server"
        if problem:
            self.end(problem)
        self.waiting.wake()

    def end(self, problem: str) -> None:
        """Listen no longer."""
        self.problem = problem
        self._loop.remove_reader(self._socket)
        self.waiting.wake()

    def push(self, piece: memoryview) -> int:
        """Return how many bytes the system takes now; raises OSError.

        Of a TLS record nobody can read a part: with one a call it is known what can have been read.
        """
        if self.is_encrypted:
            piece = piece[:_RECORD]
        try:
            return self._socket.send(piece)
        except _NOT_NOW:
            return 0

    async def wait_to_push(self, deadline: float) -> None:
        """Return once the system may take more, or something was received; raises TimeoutError."""
        self._loop.add_writer(self._socket, self.waiting.wake)
        try:
            await self.waiting.wait(deadline)
        finally:
            self._loop.remove_writer(self._socket)

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

    async def encrypt(self, context: ssl.SSLContext, host: str, deadline: float) -> None:
        """Go on over TLS; raises OSError, of which ssl.SSLError is one."""
        self._loop.remove_reader(self._socket)
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
                self._loop.add_reader(wrapped, self.waiting.wake)
            except ssl.SSLWantWriteError:
                self._loop.add_writer(wrapped, self.waiting.wake)
            try:
                await self.waiting.wait(deadline)
            finally:
                self._loop.remove_reader(wrapped)
                self._loop.remove_writer(wrapped)
        self._loop.add_reader(wrapped, self.receive)

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        if not self._is_closed:
            self._is_closed = True
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self.waiting.close()
            self._socket.close()

    def drop(self) -> None:
        """Hang up so that what the system has not sent yet never leaves."""
        if not self._is_closed:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.close()
