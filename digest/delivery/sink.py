"""A small real SMTP server that keeps what it accepts, for demos and tests, and fails on demand.

It speaks enough of RFC 5321 for any client: EHLO, pipelined commands, SIZE, dot-unstuffing. Only
CRLF.CRLF ends a mail. It listens on 127.0.0.1 alone, and relays nothing.
"""

import asyncio
import re
import threading
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self

MAX_SIZE = 10_000_000
_CHUNK = 65_536
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>]*)>((?:\s+\S+)*)", re.IGNORECASE)
_SIZE = re.compile(r"\bSIZE=(\d+)", re.IGNORECASE)


class Step(StrEnum):
    """Where a rule can step in; commands not listed here are answered and have no rules."""

    BANNER = "BANNER"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "BODY"
    END = "END"
    RSET = "RSET"
    QUIT = "QUIT"


@dataclass(frozen=True, slots=True)
class Rule:
    r"""A fault to play at a step: a reply other than the usual one, or none, or late, or a drop.

    A `reply` in str is one or more lines ("250-a\r\n250 b") and gets its CRLF; in bytes it is sent
    as it is; None means the usual reply. `drops` closes the connection after it (with an empty
    bytes reply: without one). At END the mail is kept if the reply is a 2yz, or as `accepts` says.
    At BODY the step is the first piece of the mail: the reply comes in its midst. A rule with
    `recipient` (a regular expression, searched for) applies from RCPT on; `times` counts down.
    """

    step: Step
    reply: str | bytes | None = None
    recipient: str = ""
    times: int | None = None
    drops: bool = False
    accepts: bool | None = None
    delay: float = 0


@dataclass(frozen=True, slots=True)
class Received:
    """One accepted mail for one recipient, as it was before dot-stuffing."""

    sender: str
    recipient: str
    message: bytes


class Sink:
    """The server, running in a thread for as long as the `with` block lasts.

    `port` 0 picks a free one. `mails`, `connections` and `commands` only grow; `clear` empties
    them. Rules are tried in order, the first that fits steps in.
    """

    def __init__(self, *rules: Rule, port: int = 0, max_size: int = MAX_SIZE) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.max_size = max_size
        self.mails: list[Received] = []
        self.commands: list[str] = []
        self.connections = 0
        self._rules: list[tuple[Rule, list[int | None]]] = []
        self._changed = threading.Condition()
        self._started = threading.Event()
        self._problem: OSError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
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

    def play(self, *rules: Rule) -> None:
        """Replace the rules."""
        self._rules = [(rule, [rule.times]) for rule in rules]

    def clear(self) -> None:
        """Forget all mails, commands and connections."""
        with self._changed:
            self.mails.clear()
            self.commands.clear()
            self.connections = 0

    def wait_for(self, count: int, within: float = 10) -> list[Received]:
        """Return the mails once there are at least `count`, or raise TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.mails) >= count, within):
                raise TimeoutError(f"{len(self.mails)} mails after {within} s, not {count}")
            return list(self.mails)

    def keep(self, received: list[Received]) -> None:
        """Write accepted mails into the ledger."""
        with self._changed:
            self.mails += received
            self._changed.notify_all()

    def rule_for(self, step: Step, recipients: list[str]) -> Rule | None:
        """Return the rule that steps in here, and count it as used."""
        for rule, left in self._rules:
            fits = rule.step is step and (
                not rule.recipient or any(re.search(rule.recipient, to) for to in recipients)
            )
            if fits and left[0] != 0:
                left[0] = None if left[0] is None else left[0] - 1
                return rule
        return None

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        sessions: set[asyncio.Task[None]] = set()

        async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - asyncio made one for us
            sessions.add(task)
            self.connections += 1
            try:
                await _Session(self, reader, writer).run()
            except (_HangUpError, OSError):
                pass  # A client that left, or a rule that dropped it.
            except asyncio.CancelledError:
                writer.transport.abort()  # The block ends: what is unsent need not be waited for.
            finally:
                sessions.discard(task)
                writer.close()

        try:
            server = await asyncio.start_server(serve_one, self.host, self.port)
        except OSError as error:
            self._problem = error
            self._started.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        server.close()
        for session in list(sessions):
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)
        await asyncio.sleep(0)  # Transports close their sockets in the next round of the loop.


class _HangUpError(Exception):
    """The connection is over."""


class _Session:
    """One client: commands in, replies out, mails into the ledger."""

    def __init__(
        self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._sink = sink
        self._reader = reader
        self._writer = writer
        self._buffer = b""
        self._sender: str | None = None
        self._recipients: list[str] = []

    async def run(self) -> None:
        await self._answer(Step.BANNER, "220 digest sink ESMTP")
        while True:
            line = (await self._line()).decode("utf-8", "replace")
            self._sink.commands.append(line)
            verb, _, argument = line.partition(" ")
            await self._obey(verb.upper(), argument)

    async def _obey(self, verb: str, argument: str) -> None:
        match verb:
            case "EHLO":
                self._forget()
                features = f"250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE {self._sink.max_size}"
                await self._answer(Step.EHLO, f"250-digest sink\r\n{features}")
            case "HELO":
                self._forget()
                await self._say(b"250 digest sink\r\n")
            case "MAIL":
                await self._mail(argument)
            case "RCPT":
                await self._rcpt(argument)
            case "DATA":
                await self._data()
            case "RSET":
                self._forget()
                await self._answer(Step.RSET, "250 2.0.0 Ok")
            case "NOOP":
                await self._say(b"250 2.0.0 Ok\r\n")
            case "QUIT":
                await self._answer(Step.QUIT, "221 2.0.0 Bye")
                raise _HangUpError
            case "STARTTLS" | "AUTH":
                await self._answer(Step(verb), "502 5.5.1 Not here")
            case _:
                await self._say(b"500 5.5.2 No such command\r\n")

    async def _mail(self, argument: str) -> None:
        path = _PATH.fullmatch(argument)
        size = _SIZE.search(argument)
        if not path:
            await self._say(b"501 5.5.4 MAIL FROM:<address>\r\n")
        elif self._sender is not None:
            await self._say(b"503 5.5.1 One mail at a time\r\n")
        elif size and int(size[1]) > self._sink.max_size:
            await self._say(b"552 5.3.4 Too large\r\n")
        elif await self._answer(Step.MAIL, "250 2.1.0 Ok"):
            self._sender = path[1]

    async def _rcpt(self, argument: str) -> None:
        path = _PATH.fullmatch(argument)
        if not path:
            await self._say(b"501 5.5.4 RCPT TO:<address>\r\n")
        elif self._sender is None:
            await self._say(b"503 5.5.1 MAIL first\r\n")
        elif await self._answer(Step.RCPT, "250 2.1.5 Ok", [path[1]]):
            self._recipients.append(path[1])

    async def _data(self) -> None:
        if not self._recipients:
            await self._say(b"503 5.5.1 RCPT first\r\n")
        elif await self._answer(Step.DATA, "354 End with a dot on a line", self._recipients):
            message = await self._body()
            is_small = len(message) <= self._sink.max_size
            await self._end(message, "250 2.0.0 Kept" if is_small else "552 5.3.4 Too large")
            self._forget()

    async def _end(self, message: bytes, usual: str) -> None:
        rule = self._sink.rule_for(Step.END, self._recipients)
        reply = _wire(usual if rule is None or rule.reply is None else rule.reply)
        accepts = reply.startswith(b"2")
        if rule is not None and rule.accepts is not None:
            accepts = rule.accepts
        if accepts and self._sender is not None:
            sender = self._sender
            self._sink.keep([Received(sender, to, message) for to in self._recipients])
        await self._play(rule, reply)

    async def _answer(self, step: Step, usual: str, recipients: list[str] | None = None) -> bool:
        """Say the usual thing or what a rule says, and tell whether it was a yes."""
        rule = self._sink.rule_for(step, recipients or [])
        reply = _wire(usual if rule is None or rule.reply is None else rule.reply)
        await self._play(rule, reply)
        return reply.startswith((b"2", b"3"))

    async def _play(self, rule: Rule | None, reply: bytes) -> None:
        if rule is not None and rule.delay:
            await asyncio.sleep(rule.delay)
        await self._say(reply)
        if rule is not None and rule.drops:
            raise _HangUpError

    async def _say(self, reply: bytes) -> None:
        self._writer.write(reply)
        await self._writer.drain()

    async def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            await self._receive()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    async def _body(self) -> bytes:
        # With a CRLF put in front, an empty mail and a stuffed first line are no special cases.
        self._buffer = b"\r\n" + self._buffer
        start = 0
        rule = self._sink.rule_for(Step.BODY, self._recipients)
        while (end := self._buffer.find(b"\r\n.\r\n", start)) < 0:
            start = max(len(self._buffer) - 4, 0)
            await self._receive()
            if rule is not None:
                await self._play(rule, _wire(rule.reply or b""))
                rule = None
        body, self._buffer = self._buffer[: end + 2], self._buffer[end + 5 :]
        return body.replace(b"\r\n..", b"\r\n.")[2:]

    async def _receive(self) -> None:
        received = await self._reader.read(_CHUNK)
        if not received:
            raise _HangUpError
        self._buffer += received

    def _forget(self) -> None:
        self._sender = None
        self._recipients = []


def _wire(reply: str | bytes) -> bytes:
    return reply if isinstance(reply, bytes) else reply.encode() + b"\r\n"
