"""A service on this machine that answers as it is told, traps and all; and a client that asks it."""

import gzip
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from urllib.parse import parse_qs, urlsplit

from digest.sources.client.http import Client


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: `query` has every name with its last value."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; with `cut_after` the connection is closed after so many bytes of the body.

    With `every`, so many seconds pass before each byte of the body. With `is_raw` the body is all
    that is sent, status and headers too, and the connection is closed after it.
    """

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    every: float = 0.0
    is_raw: bool = False


def zipped(body: bytes | str, cut_after: int | None = None) -> Reply:
    """Return an answer packed with gzip, of which so many bytes come, as if there were no more."""
    packed = gzip.compress(body.encode() if isinstance(body, str) else body)[:cut_after]
    return Reply(packed, headers={"Content-Encoding": "gzip"})


def in_chunks(*chunks: bytes, end: bytes = b"0\r\n\r\n", headers: str = "") -> Reply:
    """Return an answer in chunks, which ends as it is told."""
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{headers}\r\n".encode()
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return Reply(head + body + end, is_raw=True)


Behaviour = Callable[[Asked], Reply]


@dataclass
class Service:
    """A running service: what it is asked, and what it answers by `behaviour`."""

    url: str
    behaviour: Behaviour
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def serving(*behaviour: Behaviour | Reply, certificate: Path | None = None) -> Iterator[Service]:
    """Run a service that answers by a function, or with replies in turn, the last again and again.

    With a certificate (and its key in the same file) it speaks TLS.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {
                name: values[-1]
                for name, values in parse_qs(parts.query, keep_blank_values=True).items()
            }
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(
                self.command, parts.path, query, dict(self.headers), self.rfile.read(length)
            )
            service.asked.append(asked)
            self._reply(service.behaviour(asked))

        do_POST = do_GET  # noqa: N815  the name that the library calls

        def _reply(self, reply: Reply) -> None:
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            if not reply.is_raw:
                self.send_response(reply.status)
                # As nearly all services say who are asked to.
                usual = {"Content-Length": str(len(body)), "Connection": "close"}
                for name, value in {**usual, **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
            body = body[: reply.cut_after]
            for piece in (bytes([byte]) for byte in body) if reply.every else (body,):
                if reply.every and ended.wait(reply.every):
                    break
                self.wfile.write(piece)
            if reply.cut_after is not None or reply.is_raw:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    ended = Event()
    server = _Server(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "https" if certificate else "http"
    service = Service(f"{scheme}://127.0.0.1:{server.server_address[1]}", _in_turn(*behaviour))
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _in_turn(*behaviour: Behaviour | Reply) -> Behaviour:
    left = [each if callable(each) else (lambda _asked, reply=each: reply) for each in behaviour]

    def next_reply(asked: Asked) -> Reply:
        return (left.pop(0) if len(left) > 1 else left[0])(asked)

    return next_reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients may hang up."""


class _Everywhere(dict[str, str]):
    """Every host is this one."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def get(self, key: str, default: str | None = None) -> str:  # type: ignore[override]
        assert key or default
        return self._url

    def __getitem__(self, key: str) -> str:
        assert key
        return self._url

    def __contains__(self, key: object) -> bool:
        return True


def client_of(service: Service) -> Client:
    """Return a client that asks the service instead of every host, and waits for no turn."""
    return Client(
        "Digest/test (+http://digest.example.org; mailto:digest@example.org)",
        mirrors=_Everywhere(service.url),
        private_hosts=("127.0.0.1",),
        wait=lambda _seconds: None,
    )
