"""The sink's side of one connection: commands in, replies out, mails into the ledger."""

import base64
import re
from typing import TYPE_CHECKING

from digest.delivery.sink_rules import Received, Step, wire
from digest.delivery.sink_talk import HangUpError, Talk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from digest.delivery.sink import Sink

_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>]*)>((?:\s+\S+)*)", re.IGNORECASE)
_SIZE = re.compile(r"\bSIZE=(\d+)", re.IGNORECASE)


class Session:
    """One client of a sink."""

    def __init__(self, sink: "Sink", talk: Talk, number: int) -> None:
        self._sink = sink
        self._talk = talk
        self._number = number
        self._is_logged_in = False
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "LHLO" if sink.is_lmtp else "EHLO": self._greet,
            "STARTTLS": self._start_tls,
            "AUTH": self._log_in,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "RSET": self._reset,
            "NOOP": self._noop,
            "QUIT": self._quit,
        }
        if not sink.is_lmtp:
            self._commands["HELO"] = self._greet_simply

    async def run(self) -> None:
        """Serve until one side hangs up; raises HangUpError or OSError."""
        await self._talk.answer(Step.BANNER, "220 digest sink ESMTP")
        while True:
            line = (await self._talk.line()).decode("utf-8", "replace")
            self._sink.commands.append(line)
            verb, _, argument = line.partition(" ")
            obey = self._commands.get(verb.upper(), self._not_known)
            await obey(argument)

    async def _greet(self, _: str) -> None:
        self._forget()
        await self._talk.answer(Step.EHLO, "\r\n".join(self._greeting()))

    async def _greet_simply(self, _: str) -> None:
        self._forget()
        self._talk.say(b"250 digest sink\r\n")

    async def _reset(self, _: str) -> None:
        self._forget()
        await self._talk.answer(Step.RSET, "250 2.0.0 Ok")

    async def _noop(self, _: str) -> None:
        self._talk.say(b"250 2.0.0 Ok\r\n")

    async def _not_known(self, _: str) -> None:
        self._talk.say(b"500 5.5.2 No such command\r\n")

    async def _quit(self, _: str) -> None:
        await self._talk.answer(Step.QUIT, "221 2.0.0 Bye")
        await self._talk.flush()
        raise HangUpError

    def _greeting(self) -> list[str]:
        features = ["digest sink", *self._sink.features, f"SIZE {self._sink.max_size}"]
        if self._sink.tls is not None and not self._talk.in_tls:
            features.append("STARTTLS")
        if self._sink.logins and self._sink.mechanisms:
            features.append(f"AUTH {' '.join(self._sink.mechanisms)}")
        return [f"250-{feature}" for feature in features[:-1]] + [f"250 {features[-1]}"]

    async def _start_tls(self, _: str) -> None:
        context = self._sink.tls
        if context is None or self._talk.in_tls:
            await self._talk.answer(Step.STARTTLS, "502 5.5.1 Not here")
        elif await self._talk.answer(Step.STARTTLS, "220 2.0.0 Go on"):
            self._forget()
            await self._talk.encrypt(context)

    async def _log_in(self, argument: str) -> None:
        if not self._sink.logins:
            await self._talk.answer(Step.AUTH, "502 5.5.1 Not here")
            return
        mechanism, _, first = argument.partition(" ")
        words = [first] if first else []
        if mechanism.upper() == "LOGIN":
            # Some say the name at once.
            for challenge in (b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6")[len(words) :]:
                self._talk.say(b"334 " + challenge + b"\r\n")
                words.append((await self._talk.line()).decode("ascii", "replace"))
        said = tuple(base64.b64decode(word).decode() for word in words)
        is_known = any(
            said in {(f"\0{name}\0{word}",), (name, word), (_token(name, word),)}
            for name, word in self._sink.logins.items()
        )
        if not is_known and mechanism.upper() == "XOAUTH2":
            self._talk.say(b"334 " + base64.b64encode(b'{"status":"401"}') + b"\r\n")
            await self._talk.line()
        usual = "235 2.7.0 Welcome" if is_known else "535 5.7.8 Who are you"
        self._is_logged_in = await self._talk.answer(Step.AUTH, usual)

    async def _mail(self, argument: str) -> None:
        path = _PATH.fullmatch(argument)
        size = _SIZE.search(argument)
        if not path:
            self._talk.say(b"501 5.5.4 MAIL FROM:<address>\r\n")
        elif self._sender is not None:
            self._talk.say(b"503 5.5.1 One mail at a time\r\n")
        elif self._sink.logins and not self._is_logged_in:
            self._talk.say(b"530 5.7.0 Log in first\r\n")
        elif size and int(size[1]) > self._sink.max_size:
            self._talk.say(b"552 5.3.4 Too large\r\n")
        elif await self._talk.answer(Step.MAIL, "250 2.1.0 Ok"):
            self._sender = path[1]

    async def _rcpt(self, argument: str) -> None:
        path = _PATH.fullmatch(argument)
        if not path:
            self._talk.say(b"501 5.5.4 RCPT TO:<address>\r\n")
        elif self._sender is None:
            self._talk.say(b"503 5.5.1 MAIL first\r\n")
        elif await self._talk.answer(Step.RCPT, "250 2.1.5 Ok", [path[1]]):
            self._recipients.append(path[1])

    async def _data(self, _: str) -> None:
        rule = self._talk.rule_for(Step.DATA, self._recipients)
        if not self._recipients and (rule is None or rule.reply is None):
            self._talk.say(b"503 5.5.1 RCPT first\r\n")
        elif await self._talk.play(rule, "354 End with a dot on a line"):
            message = await self._talk.body(self._recipients)
            is_small = len(message) <= self._sink.max_size
            await self._end(message, "250 2.0.0 Kept" if is_small else "552 5.3.4 Too large")
            self._forget()

    async def _end(self, message: bytes, usual: str) -> None:
        if not self._recipients:
            await self._talk.answer(Step.END, "554 5.5.1 For nobody")
        # LMTP answers for each recipient, SMTP once for all of them.
        each = [[to] for to in self._recipients] if self._sink.is_lmtp else [self._recipients]
        for recipients in each if self._recipients else []:
            rule = self._talk.rule_for(Step.END, recipients)
            reply = wire(usual if rule is None or rule.reply is None else rule.reply)
            accepts = reply.startswith(b"2")
            if rule is not None and rule.accepts is not None:
                accepts = rule.accepts
            if accepts:
                sender = self._sender or ""
                received = [Received(sender, to, message, self._number) for to in recipients]
                self._sink.keep(received)
            await self._talk.play(rule, usual)

    def _forget(self) -> None:
        self._sender = None
        self._recipients = []


def _token(name: str, word: str) -> str:
    return f"user={name}\1auth=Bearer {word}\1\1"
