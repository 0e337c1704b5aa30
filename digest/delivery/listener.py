"""Returned mail taken in as a mail server: LMTP for one on the same machine, or SMTP."""

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.delivery.intakes import IntakeError, Take, Taken
from digest.delivery.verp import Returns

logger = logging.getLogger(__name__)

# Our mails are a tenth of it, and no honest report is much longer than the mail it is about.
MAX_SIZE = 1_048_576
MAX_CONNECTIONS = 50
# How many bodies are held in memory, and how many of them are worked on.
_MAX_BODIES = 16
_WORKERS = 2
# A whole mail has to come in this many seconds.
_PATIENCE = 120.0

_LATER = "451 4.3.0 This cannot be taken in now, please try again."


class ReturnsListener:
    """Listens in a thread of its own, from `open` to `close`; port 0 picks a free one.

    Answers 250 only to what is committed. Takes one recipient at a time, so that the one reply
    after a mail is right in LMTP too.
    """

    def __init__(
        self, host: str, port: int, returns: Returns, take: Take, *, is_lmtp: bool
    ) -> None:
        self.host = host
        self.port = port
        self._kind = "lmtp" if is_lmtp else "smtp"
        self._returns = returns
        self._take = take
        self._taken = 0
        self._lock = threading.Lock()
        self._controller: _Controller | None = None
        self._workers: ThreadPoolExecutor | None = None

    @property
    def name(self) -> str:
        """Return its address."""
        return f"{self._kind}://{self.host}:{self.port}"

    def open(self) -> None:
        """Bind the port and listen."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            bound = socket.create_server((self.host, self.port), family=family)
        except OSError as error:
            raise IntakeError(f"{self.name} cannot be opened: {error.strerror or error}") from error
        self.port = bound.getsockname()[1]
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="returns")
        # Postfix takes a server that greets with its own name for itself.
        greeting = f"returns.{self._returns.domain}"
        session = _LmtpSession if self._kind == "lmtp" else _SmtpSession
        self._controller = _Controller(self, bound, session, greeting)
        self._controller.start()

    def collect(self) -> int:
        """Return how many mails have come since it was last asked."""
        with self._lock:
            taken, self._taken = self._taken, 0
        return taken

    def close(self) -> None:
        """Listen no more; what is being taken in is finished first."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None
        if self._workers is not None:
            self._workers.shutdown()
            self._workers = None

    async def handle_RCPT(  # noqa: N802  aiosmtpd's hooks
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Accept the addresses that verify."""
        if not self._returns.is_ours(address):
            return "550 5.1.1 There is no such address here."
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time, please."
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail in, and answer when that is committed."""
        loop = asyncio.get_running_loop()
        recipients, message = list(envelope.rcpt_tos), envelope.original_content or b""
        try:
            taken = await loop.run_in_executor(self._workers, self._take, recipients, message)
        except Exception:
            logger.exception("a returned mail cannot be taken in now")
            return _LATER
        with self._lock:
            self._taken += 1
        return f"250 2.0.0 {'noted' if taken is not Taken.PARKED else 'parked'}"

    async def handle_exception(self, error: Exception) -> str:
        """Say nothing about our insides to strangers."""
        logger.error("a session broke", exc_info=error)
        return _LATER


class _SmtpSession(SMTP):
    """One connection, within limits: so many at once, and so many mails held in memory."""

    line_length_limit = 65_536  # a report may quote anything
    peers: set[SMTP]
    bodies: asyncio.Semaphore

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or say that there are too many."""
        super().connection_made(transport)
        if len(self.peers) < MAX_CONNECTIONS:
            self.peers.add(self)
            return
        assert self._handler_coroutine is not None  # noqa: S101  just begun
        self._handler_coroutine.cancel()
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(b"421 4.3.2 Too many connections, please try again.\r\n")
        transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the connection."""
        self.peers.discard(self)
        super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Take one mail when there is room for it."""
        async with self.bodies:
            await super().smtp_DATA(arg)


class _LmtpSession(_SmtpSession, LMTP):
    pass


class _Controller(Controller):
    """Runs the sessions in a thread, on a port that is bound already."""

    def __init__(
        self,
        handler: ReturnsListener,
        bound: socket.socket,
        session: type[_SmtpSession],
        greeting: str,
    ) -> None:
        super().__init__(handler, handler.host, handler.port)
        self._bound = bound
        self._session = session
        self._greeting = greeting
        self._peers: set[SMTP] = set()
        self._bodies = asyncio.Semaphore(_MAX_BODIES)

    def factory(self) -> _SmtpSession:
        """Return the session of the next connection."""
        session = self._session(
            self.handler,
            data_size_limit=MAX_SIZE,
            hostname=self._greeting,
            ident="Digest",
            timeout=_PATIENCE,
            loop=self.loop,
        )
        session.peers, session.bodies = self._peers, self._bodies
        return session

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._bound)
