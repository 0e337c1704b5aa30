"""What a sink says and hears, with the rules that step in: bytes, delays, drops, TLS."""

import asyncio
import socket
import ssl
import struct

from digest.delivery.sink_rules import Rule, Rules, Step, wire

_CHUNK = 65_536
_AT_ONCE = struct.pack("ii", 1, 0)


class HangUpError(Exception):
    """The connection is over."""


class Talk:
    """One connection of a sink. Replies to commands that came together leave together."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rules: Rules
    ) -> None:
        self.in_tls = writer.get_extra_info("ssl_object") is not None
        self._reader = reader
        self._writer = writer
        self._rules = rules
        self._buffer = b""
        self._unsent = b""

    def rule_for(self, step: Step, recipients: list[str]) -> Rule | None:
        """Return the rule that steps in here, and count it as used."""
        return self._rules.rule_for(step, recipients, in_tls=self.in_tls)

    async def answer(self, step: Step, usual: str, recipients: list[str] | None = None) -> bool:
        """Say the usual thing or what a rule says, and tell whether it was a yes."""
        return await self.play(self.rule_for(step, recipients or []), usual)

    async def play(self, rule: Rule | None, usual: str) -> bool:
        """Do what a rule says, or say the usual thing; tells whether a yes was said."""
        if rule is None:
            self.say(wire(usual))
            return usual.startswith(("2", "3"))
        reply = wire(usual if rule.reply is None else rule.reply)
        if rule.hook:
            rule.hook()
        if rule.delay:
            await self.flush()
            await asyncio.sleep(rule.delay)
        await self._say_slowly(reply, rule.pace) if rule.pace else self.say(reply)
        if rule.then or rule.drops or rule.resets:
            await self.flush()
        if rule.then:
            rule.then()
        if rule.resets:
            connected = self._writer.get_extra_info("socket")
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self._writer.transport.abort()
        if rule.drops or rule.resets:
            raise HangUpError
        return reply.startswith((b"2", b"3"))

    def say(self, reply: bytes) -> None:
        """Have something said before the next thing is waited for."""
        self._unsent += reply

    async def _say_slowly(self, reply: bytes, pace: float) -> None:
        for number in range(len(reply)):
            self.say(reply[number : number + 1])
            await self.flush()
            await asyncio.sleep(pace)

    async def flush(self) -> None:
        """Say it now."""
        unsent, self._unsent = self._unsent, b""
        self._writer.write(unsent)
        await self._writer.drain()

    async def line(self) -> bytes:
        """Return the next line without its end; raises HangUpError."""
        while b"\r\n" not in self._buffer:
            await self._receive()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    async def body(self, recipients: list[str]) -> bytes:
        """Return a mail as it was before dot-stuffing; raises HangUpError."""
        # With a CRLF put in front, an empty mail and a stuffed first line are no special cases.
        self._buffer = b"\r\n" + self._buffer
        start = 0
        rule = self.rule_for(Step.BODY, recipients)
        rate = rule.rate if rule else 0
        while (end := self._buffer.find(b"\r\n.\r\n", start)) < 0:
            start = max(len(self._buffer) - 4, 0)
            await self._receive(rate)
            if rule is not None:
                await self.play(rule, "")
                await self.flush()
                rule = None
        body, self._buffer = self._buffer[: end + 2], self._buffer[end + 5 :]
        return body.replace(b"\r\n..", b"\r\n.")[2:]

    async def encrypt(self, context: ssl.SSLContext) -> None:
        """Go on over TLS; what came before the handshake may have been anybody's (RFC 3207, 4.2)."""
        await self.flush()
        self._buffer = b""
        await self._writer.start_tls(context)
        self.in_tls = True

    async def _receive(self, rate: float = 0) -> None:
        await self.flush()
        if rate:
            await asyncio.sleep(1 / min(rate, 100))
        received = await self._reader.read(max(int(rate / 100), 1) if rate else _CHUNK)
        if not received:
            raise HangUpError
        self._buffer += received
