"""A service on this machine that answers as it is told, traps and all; and a client that asks it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from digest.sources.http import Client


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
    """An answer; with `cut_after` the connection is closed after so many bytes of the body."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None


Behaviour = Callable[[Asked], Reply]


@dataclass
class Service:
    """A running service: what it is asked, and what it answers by `behaviour`."""

    url: str
    behaviour: Behaviour
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def serving(*behaviour: Behaviour | Reply) -> Iterator[Service]:
    """Run a service that answers by a function, or with replies in turn, the last again and again."""
    replies = [each if callable(each) else (lambda _asked, reply=each: reply) for each in behaviour]

    def in_turn(asked: Asked) -> Reply:
        return (replies.pop(0) if len(replies) > 1 else replies[0])(asked)

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
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: reply.cut_after])
            if reply.cut_after is not None:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service = Service(f"http://127.0.0.1:{server.server_address[1]}", in_turn)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


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
