"""A mail server that keeps a line of each mail it accepts, and can take some thousand a second.

`python -m tests.hosts.mail_sink ADDRESS PORT LEDGER`. A line has the moment, the recipient, the
Message-ID and the SHA-256 of the mail; it is in the file before the client is told that the mail
was accepted. `digest.delivery.sink` would do the same, with all the mails in memory.
"""

import asyncio
import hashlib
import os
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_END = b"\r\n.\r\n"
_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^>]*)>", re.IGNORECASE | re.MULTILINE)
_RECIPIENT = re.compile(rb"<([^>]*)>")
_GREETING = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10000000\r\n"
_USUAL = {
    b"EHLO": _GREETING,
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"DATA": b"354 End with a dot on a line\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail that was accepted: when, for whom, the local part of its Message-ID, its hash."""

    at: float
    recipient: str
    key: str
    sha256: str


class Ledger:
    """What the server has written down so far, as whoever reads its file sees it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._count = 0

    def count(self) -> int:
        """Return how many mails were accepted until now."""
        if self._path.exists():
            with self._path.open("rb") as lines:
                lines.seek(self._read)
                new = lines.read()
            self._read += len(new)
            self._count += new.count(b"\n")
        return self._count

    def mails(self) -> list[Kept]:
        """Return them, in the order they were accepted."""
        rows = [line.split(" ") for line in self._path.read_text().splitlines()]
        return [Kept(float(at), to, key, digest) for at, to, key, digest in rows]


class _Session(asyncio.Protocol):
    def __init__(self, ledger: int) -> None:
        self._ledger = ledger
        self._came = bytearray()
        self._in_mail = False
        self._recipient = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        looked_at = max(len(self._came) - len(_END), 0)
        self._came += data
        replies: list[bytes] = []
        kept: list[bytes] = []
        while (end := self._came.find(_END if self._in_mail else b"\r\n", looked_at)) >= 0:
            looked_at = 0
            if self._in_mail:
                kept.append(self._line_of(bytes(self._came[: end + 2])))
                replies.append(b"250 2.0.0 Kept\r\n")
                del self._came[: end + len(_END)]
                self._in_mail = False
            else:
                replies.append(self._obey(bytes(self._came[:end])))
                del self._came[: end + 2]
        if kept:
            os.write(self._ledger, b"".join(kept))
        self._transport.write(b"".join(replies))
        if replies and replies[-1] is _USUAL[b"QUIT"]:
            self._transport.close()

    def _obey(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"RCPT" and (found := _RECIPIENT.search(line)):
            self._recipient = found[1]
        self._in_mail = verb == b"DATA"
        return _USUAL.get(verb, b"250 2.0.0 Ok\r\n")

    def _line_of(self, stuffed: bytes) -> bytes:
        message = (b"\r\n" + stuffed).replace(b"\r\n.", b"\r\n")[2:]
        found = _MESSAGE_ID.search(message)
        key = found[1].partition(b"@")[0] if found else b"none"
        digest = hashlib.sha256(message).hexdigest().encode()
        return b"%f %s %s %s\n" % (time.time(), self._recipient, key, digest)


async def _serve(address: str, port: int, ledger: int) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: _Session(ledger), address, port, backlog=200
    )
    await server.serve_forever()


if __name__ == "__main__":
    file = os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2]), file))
