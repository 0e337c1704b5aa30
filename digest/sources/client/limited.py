"""How much is read of a connection: a line, or the size of a chunk, may ask for any amount."""

import io
import socket
from http.client import HTTPResponse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


def reading_at_most(most: int) -> type[HTTPResponse]:
    """Return how the library is to read answers: no further than so many bytes."""

    class Bounded(HTTPResponse):
        def __init__(self, sock: socket.socket, *arguments: object, **named: object) -> None:
            super().__init__(sock, *arguments, **named)  # type: ignore[arg-type]  # as the library calls it
            self.fp.close()
            raw = sock.makefile("rb", buffering=0)
            self.fp = io.BufferedReader(_Limited(raw, most))

    return Bounded


class _Limited(io.RawIOBase):
    """A connection's bytes, of which there are only so many: no line or chunk asks for more."""

    def __init__(self, raw: socket.SocketIO, most: int) -> None:
        super().__init__()
        self._raw = raw
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        count = self._raw.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise OSError("it says more than anybody reads")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
