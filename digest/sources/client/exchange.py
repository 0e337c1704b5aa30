"""One request and its answer, with one connection: checked, bounded and within a time.

The connection goes to an address that was checked before, and to no other: a name is not looked up
a second time, when it may say something else. The certificate is checked for the name.
"""

import io
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from threading import Event, Thread
from typing import IO

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from digest.clock import steady
from digest.sources.client.addresses import Place
from digest.sources.client.aside import LOOK, aside
from digest.sources.client.bodies import BodyError, spool
from digest.sources.client.limited import reading_at_most

_CONNECT = 10.0
_SILENCE = 30.0
_CHUNK = 1 << 16
# Headers, the ends of chunks and packing that grew what it packed come on top of a body.
_OVERHEAD = 1 << 20
_LATE, _STOPPED = "took too long to answer", "was left, as Digest was told to stop"


class ExchangeError(Exception):
    """No answer, or not a whole one; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of whom."""

    method: str
    place: Place
    addresses: Sequence[str]
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What came: `body` is whole, and empty unless the status is 200."""

    status: int
    headers: Mapping[str, str]
    body: IO[bytes]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of an answer is read, until when by the steady clock, and what ends it sooner."""

    until: float
    most: int
    is_stopping: Callable[[], bool]

    @property
    def left(self) -> float:
        """Return the seconds that are left; raises ExchangeError if there are none, or at a stop."""
        left = self.until - steady()
        if left <= 0:
            raise ExchangeError(_LATE)
        if self.is_stopping():
            raise ExchangeError(_STOPPED)
        return left


def exchange(request: Request, bounds: Bounds, trusted: Callable[[], ssl.SSLContext]) -> Response:
    """Return the answer to a request, its body only if it is a good one; raises ExchangeError.

    Cookies are not kept.
    """
    try:
        connection = _connect(request, bounds, trusted)
        with _cut_in_time(connection, bounds):
            response = _read(connection, request, bounds)
    except (HTTPError, HTTPException, OSError, ValueError, BodyError) as error:
        raise ExchangeError(_said(error)) from error
    else:
        return response


def _connect(
    request: Request, bounds: Bounds, trusted: Callable[[], ssl.SSLContext]
) -> HTTPConnection:
    """Return a connection to the first address that takes one."""
    place = request.place
    problem: Exception = OSError("there is no address to ask at")
    for address in request.addresses:
        patience = min(_CONNECT, bounds.left)
        connection = (
            HTTPSConnection(
                address,
                place.port,
                timeout=patience,
                ssl_context=trusted(),
                server_hostname=place.host,
            )
            if place.scheme == "https"
            else HTTPConnection(address, place.port, timeout=patience)
        )
        connection.response_class = reading_at_most(bounds.most * 2 + _OVERHEAD)
        try:
            aside(connection.connect, patience * 2, bounds.is_stopping)
        except (NewConnectionError, ConnectTimeoutError) as error:
            connection.close()
            problem = error
        except BaseException:
            connection.close()
            raise
        else:
            connection.timeout = min(_SILENCE, bounds.left)
            return connection
    raise problem


def _read(connection: HTTPConnection, request: Request, bounds: Bounds) -> Response:
    connection.request(
        request.method,
        request.place.target,
        request.body,
        {"Host": request.place.authority, "Connection": "close", **request.headers},
        preload_content=False,
        decode_content=False,
    )
    response = connection.getresponse()
    try:
        if response.status != HTTPStatus.OK:
            return Response(response.status, response.headers, io.BytesIO())
        encoding = response.headers.get("Content-Encoding", "")
        body = spool(_chunks(response, bounds), encoding, bounds.most)
        return Response(response.status, response.headers, body)
    finally:
        response.close()


def _chunks(response: BaseHTTPResponse, bounds: Bounds) -> Iterator[bytes]:
    for chunk in response.stream(_CHUNK, decode_content=False):
        yield chunk
        _ = bounds.left


@contextmanager
def _cut_in_time(connection: HTTPConnection, bounds: Bounds) -> Iterator[None]:
    """Cut a connection when its time is over, whereupon this raises ExchangeError; close it after.

    A time-out of sockets begins anew with every byte, and a service may send one a minute.
    """
    ended, cut = Event(), Event()
    # Kept here: the library lets go of it with the headers, where they say that it will be closed.
    line = connection.sock

    def watch() -> None:
        while not ended.wait(max(0.0, min(LOOK, bounds.until - steady()))):
            if steady() >= bounds.until or bounds.is_stopping():
                cut.set()
                with suppress(OSError):  # closed already
                    # The plain socket's: TLS would take leave of the other side first.
                    socket.socket.shutdown(line, socket.SHUT_RDWR)
                return

    watcher = Thread(target=watch, name="cut", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        connection.close()
        # What a cut connection gave may look like the whole, or like an error of the service.
        if cut.is_set():
            raise ExchangeError(_LATE if steady() >= bounds.until else _STOPPED)


def _said(error: Exception) -> str:
    match error:
        case BodyError():
            return f"answered with something that {error}"
        case ssl.SSLCertVerificationError():
            return f"has a certificate that is not trusted: {error.verify_message}"
        case NewConnectionError():  # which is a time-out, for the library
            pass
        case TimeoutError() | urllib3.exceptions.TimeoutError():
            return "did not answer in time"
    cause = error.__cause__ if isinstance(error, HTTPError) else None
    what = " ".join(str(cause or error).split())[:200]
    return f"did not answer as it should: {what or type(error).__name__}"
