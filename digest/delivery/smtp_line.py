"""What is said to a mail server and heard from it: each reply whole, in time, and in its turn."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence

from digest.delivery.reply_reader import GarbledError, Reply, ReplyReader
from digest.delivery.smtp_wire import Wire


class BrokenLineError(Exception):
    """The server closed, fell silent, or said what cannot be understood: the line is of no use."""


class Line:
    """A connected socket; every reply is whole, in time, and the answer to what was sent last."""

    def __init__(self, connected: socket.socket) -> None:
        self._now = asyncio.get_running_loop().time
        self._heard = ReplyReader()
        self._ahead: list[Reply] = []
        self._wire = Wire(connected, self._hear)

    @property
    def is_open(self) -> bool:
        """Tell whether nothing has been heard that ends it."""
        return self._wire.is_open

    @property
    def is_encrypted(self) -> bool:
        """Tell whether nobody between us and the server can read along."""
        return self._wire.is_encrypted

    @property
    def has_unread(self) -> bool:
        """Tell whether the server has said what was not read yet."""
        return bool(self._ahead) or self._heard.has_unread

    def is_silent(self) -> bool:
        """Tell whether the server waits for us: connected, and nothing said that was not read."""
        self._wire.receive()
        return self.is_open and not self.has_unread

    def why_not_silent(self) -> str:
        """Return a sentence about what was heard out of turn."""
        said = (
            f"{self._ahead[0].code} {self._ahead[0].words}" if self._ahead else self._heard.unread
        )
        return f"spoke out of turn: {said}" if said else self._wire.problem

    def look_ahead(self) -> Sequence[Reply]:
        """Return the replies that have already come, whole; they are still to be read."""
        try:
            while reply := self._heard.take():
                self._ahead.append(reply)
        except GarbledError as error:
            self._wire.end(str(error))
        return self._ahead

    async def reply(self, patience: float, until: float | None = None) -> Reply:
        """Return the next reply; raises BrokenLineError if it is not all there in time."""
        if self._ahead:
            return self._ahead.pop(0)
        deadline = None
        try:
            while (reply := self._heard.take()) is None:
                if not self.is_open:
                    said = self._heard.unread
                    raise BrokenLineError(self._wire.problem + (f" after {said!r}" if said else ""))
                if deadline is None:
                    deadline = self._now() + patience
                    deadline = deadline if until is None else min(deadline, until)
                await self._wire.waiting.wait(deadline)
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
        until = self._now() + patience
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
                sent += self._wire.push(pieces[sent:])
                if sent == len(data):
                    return
                await self._wire.wait_to_push(min(self._now() + progress, until))
            except (OSError, BrokenLineError) as error:  # TimeoutError is an OSError
                if sent >= end:
                    return
                problem = str(error) or f"took nothing for {progress:g} s"
                raise BrokenLineError(f"sending failed: {problem}") from error

    def has_kept_back(self, more_than: int) -> bool:
        """Tell whether the system has certainly not sent more than so many of the last bytes."""
        return self._wire.has_kept_back(more_than)

    async def encrypt(self, context: ssl.SSLContext, host: str, patience: float) -> None:
        """Go on over TLS; raises OSError, of which ssl.SSLError is one."""
        await self._wire.encrypt(context, host, self._now() + patience)

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        self._wire.close()

    def drop(self) -> None:
        """Hang up so that what the system has not sent yet never leaves. Safe to call twice."""
        self._wire.drop()

    def _hear(self, received: bytes) -> str:
        self._heard.feed(received)
        return "spoke without end" if self._heard.is_too_long else ""
