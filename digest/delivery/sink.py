"""A small real SMTP server that keeps what it accepts, for demos and tests, and fails on demand.

It speaks enough of RFC 5321 for any client: EHLO, pipelined commands, SIZE, dot-unstuffing, and if
told to STARTTLS, AUTH and LMTP. Only CRLF.CRLF ends a mail. It listens on 127.0.0.1 alone, and
relays nothing.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Self

from digest.delivery.sink_rules import Received, Rule, Rules, Step
from digest.delivery.sink_session import Session
from digest.delivery.sink_talk import HangUpError, Talk

__all__ = ["FEATURES", "MAX_SIZE", "Received", "Rule", "Sink", "Step"]

MAX_SIZE = 10_000_000
FEATURES = ("PIPELINING", "8BITMIME")
_NARROW = 4096


class Sink:
    """The server, running in a thread for as long as the `with` block lasts.

    `port` 0 picks a free one. `mails`, `connections` and `commands` only grow; `clear` empties
    them. Rules are tried in order, the first that fits steps in. `tls` makes it offer STARTTLS, or
    with `is_implicit_tls` speak nothing else; `logins` makes it ask for one of these names and
    passwords. A `narrow` one takes little into its buffers, so that a client feels it read slowly.
    """

    def __init__(  # noqa: PLR0913 - each is one thing a server may be
        self,
        *rules: Rule,
        port: int = 0,
        max_size: int = MAX_SIZE,
        features: Sequence[str] = FEATURES,
        tls: ssl.SSLContext | None = None,
        is_implicit_tls: bool = False,
        logins: Mapping[str, str] | None = None,
        mechanisms: Sequence[str] = ("PLAIN", "LOGIN", "XOAUTH2"),
        is_lmtp: bool = False,
        unix_path: str = "",
        narrow: bool = False,
    ) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.max_size = max_size
        self.features = features
        self.tls = tls
        self.logins = logins or {}
        self.mechanisms = mechanisms
        self.is_lmtp = is_lmtp
        self.mails: list[Received] = []
        self.commands: list[str] = []
        self.connections = 0
        self._unix_path = unix_path
        self._implicit = tls if is_implicit_tls else None
        self._narrow = narrow
        self._rules = Rules()
        self._changed = threading.Condition()
        self._started = threading.Event()
        self._problem: OSError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._stopping = asyncio.Event()
        self._sessions: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="mail sink", daemon=True)
        self.play(*rules)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        if self._problem:
            self._thread.join()
            raise self._problem
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    @property
    def open_connections(self) -> int:
        """Return how many clients are connected at this moment."""
        return len(self._sessions)

    def play(self, *rules: Rule) -> None:
        """Replace the rules."""
        self._rules.replace(*rules)

    def clear(self) -> None:
        """Forget all mails, commands and connections."""
        with self._changed:
            self.mails.clear()
            self.commands.clear()
            self.connections = 0

    def refuse(self) -> None:
        """Listen no longer, and hang up on everybody: from now on connections are refused."""
        self._in_thread(self._close())

    def listen_again(self) -> None:
        """Listen on the same port as before."""
        self._in_thread(self._open())

    def wait_for(self, count: int, within: float = 10) -> list[Received]:
        """Return the mails once there are at least `count`, or raise TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.mails) >= count, within):
                raise TimeoutError(f"{len(self.mails)} mails after {within} s, not {count}")
            return list(self.mails)

    def copies(self) -> Counter[tuple[str, str]]:
        """Return how often each mail is there, by recipient and Message-ID."""
        with self._changed:
            return Counter((mail.recipient, mail.message_id) for mail in self.mails)

    def keep(self, received: list[Received]) -> None:
        """Write accepted mails into the ledger."""
        with self._changed:
            self.mails += received
            self._changed.notify_all()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            await self._open()
        except OSError as error:
            self._problem = error
            self._started.set()
            return
        self._started.set()
        await self._stopping.wait()
        await self._close()

    async def _open(self) -> None:
        limit = _NARROW if self._narrow else 2**16
        if self._unix_path:
            self._server = await asyncio.start_unix_server(self._serve_one, self._unix_path)
            return
        listening = socket.create_server((self.host, self.port))
        if self._narrow:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _NARROW)
        self._server = await asyncio.start_server(
            self._serve_one, sock=listening, limit=limit, ssl=self._implicit
        )
        self.port = listening.getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for session in list(self._sessions):
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        await asyncio.sleep(0)  # Transports close their sockets in the next round of the loop.

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio made one for us
        self._sessions.add(task)
        self.connections += 1
        try:
            with contextlib.suppress(HangUpError, OSError):  # the client left, or a rule dropped it
                talk = Talk(reader, writer, self._rules)
                await Session(self, talk, self.connections).run()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        except asyncio.CancelledError:
            writer.transport.abort()  # The block ends: what is unsent need not be waited for.
        finally:
            self._sessions.discard(task)

    def _in_thread(self, work: Coroutine[object, object, None]) -> None:
        assert self._loop is not None  # noqa: S101 - the block has been entered
        asyncio.run_coroutine_threadsafe(work, self._loop).result()
