"""A hub is told what has changed; whatever it does, we go on."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from digest.clock import steady
from digest.delivery.websub import ping

TOPICS = [
    "https://digest.example.org/feeds/a.atom",
    "https://digest.example.org/feeds/b.rss?c=1&d=2",
]


class Hub(HTTPServer):
    """A hub on the loopback that remembers what it is told."""

    def __init__(self, status: int = 202) -> None:
        super().__init__(("127.0.0.1", 0), Told)
        self.status = status
        self.asked: list[tuple[str, dict[str, list[str]]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hub?key=1"

    @contextmanager
    def at_work(self) -> Iterator["Hub"]:
        thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class Told(BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        assert self.headers["content-type"] == "application/x-www-form-urlencoded"
        self.server.asked.append((self.path, parse_qs(body)))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def listening(talk: bytes, every: float = 0.0) -> Iterator[str]:
    """A server that says this byte by byte, with pauses, or takes nobody's call if it is empty."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            caller, _ = listener.accept()
            with caller:
                caller.recv(4096)
                for byte in talk:
                    if ended.wait(every):
                        return
                    try:
                        caller.sendall(bytes([byte]))
                    except OSError:
                        return

        thread = threading.Thread(target=answer, daemon=True)
        if talk:
            thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        ended.set()
    if talk:
        thread.join(5)


def test_a_hub_is_told_every_topic() -> None:
    with Hub().at_work() as hub:
        assert ping(hub.url, TOPICS) == []
    assert [path for path, _ in hub.asked] == ["/hub?key=1"] * 2
    for (_, form), topic in zip(hub.asked, TOPICS, strict=True):
        assert form == {"hub.mode": ["publish"], "hub.url": [topic], "hub.topic": [topic]}


def test_nothing_changed_is_nothing_told() -> None:
    with Hub().at_work() as hub:
        assert ping(hub.url, []) == []
    assert hub.asked == []


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500, 503])
def test_a_hub_that_refuses_is_told_the_rest_all_the_same(status: int) -> None:
    with Hub(status).at_work() as hub:
        problems = ping(hub.url, TOPICS)
    assert problems == [f"the hub 127.0.0.1 answered {status} for {topic}" for topic in TOPICS]
    assert len(hub.asked) == 2


def test_a_hub_that_is_away_is_asked_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/hub?key=secret"
    problem = "\n".join(ping(url, TOPICS))
    assert all(topic in problem for topic in TOPICS)
    assert "refused" in problem
    assert "secret" not in problem


@pytest.mark.parametrize("talk", [b"", b"HTTP/1.1 202 " + b"x" * 999], ids=["silent", "slow"])
def test_a_hub_that_takes_its_time_is_not_waited_for(talk: bytes) -> None:
    with listening(talk, every=0.05) as url:
        start = steady()
        [problem] = ping(url, TOPICS, patience=0.3)
        assert steady() - start < 2
    assert "was not told of" in problem


@pytest.mark.parametrize(
    "talk", [b"\x00\xff\n\n", b"HTTP/1.1 banana\r\n\r\n", b"HTTP/9.9 " + b"9" * 99_000, b"\r\n\r\n"]
)
def test_a_hub_that_talks_nonsense_is_a_problem_and_no_error(talk: bytes) -> None:
    with listening(talk) as url:
        [problem] = ping(url, TOPICS[:1], patience=2)
    assert "was not told of" in problem


def test_a_certificate_that_nobody_vouches_for_is_not_taken() -> None:
    with listening(b"no TLS here") as url:
        [problem] = ping(url.replace("http:", "https:"), TOPICS[:1], patience=2)
    assert "was not told of" in problem


def test_a_name_that_is_none_is_a_problem_and_no_error() -> None:
    [problem] = ping("http://hub.invalid/", TOPICS, patience=2)
    assert problem.startswith("the hub hub.invalid was not told of")
    assert ping("http://" + "a" * 70 + ".invalid/", TOPICS, patience=2)
