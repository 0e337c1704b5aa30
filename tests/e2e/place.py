"""A site that is up on a real port with a real mail server behind it, and the mails it sends."""

import http.client
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from digest import jobs
from digest.app import App, build_app
from digest.config import Settings
from digest.delivery.sink import Sink
from digest.model.subscribers import Subscriber
from digest.pipeline.ingest import ingest
from digest.pipeline.subscribe import enrol
from digest.sources import base
from digest.sources.dumps.text import read_dump
from digest.store.subscribers import subscriber_by_address
from digest.web import build_web
from tests.conftest import HandClock
from tests.factories import make_dump, make_record, make_wishes
from tests.web.server import serving

MORNING = datetime(2026, 3, 18, 6, 0, tzinfo=UTC)
_URL = re.compile(r"http://127\.0\.0\.1:\d+/[^\s\"'<>]*")


@dataclass(frozen=True)
class Place:
    """A site, the mail server its mail goes to, and the clock on its wall."""

    app: App
    clock: HandClock
    sink: Sink

    @property
    def home(self) -> str:
        return self.app.links.home()

    def at(self, path: str) -> str:
        return self.home.rstrip("/") + path

    def mails(self) -> list[EmailMessage]:
        """Send what is due and return the mails that came of it, in order."""
        self.sink.clear()
        beside(lambda: jobs.deliver(self.app))
        return [message_from_bytes(each.message, policy=policy.default) for each in self.sink.mails]

    def mail(self) -> EmailMessage:
        """Send what is due and return the one mail that came of it."""
        (only,) = self.mails()
        return only

    def next_morning(self) -> EmailMessage:
        """Let a day go by; return the digest that comes."""
        self.clock.advance(days=1)
        assert jobs.compose(self.app).composed == 1
        return self.mail()

    def takes_in(self, *papers: tuple[str, str]) -> None:
        """Take in a list of papers, each a title and an abstract, however short it is."""
        records = [make_record(title, text, n) for n, (title, text) in enumerate(papers, start=1)]
        dump = make_dump(f"{self.clock.now:%d}.txt", self.clock.now.date())
        ingest(self.app.database, base.Page(dump, iter(records)), self.clock, anyway=True)

    def has_reader(self, address: str, *keywords: str) -> Subscriber:
        return enrol(self.app.registry, address, make_wishes(*keywords))

    def reader(self, address: str) -> Subscriber:
        with self.app.database.reading() as connection:
            found = subscriber_by_address(connection, address)
        assert found is not None
        return found

    def ask(
        self, method: str, url: str, body: str = "", **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """Ask as a program does, without a browser; return status, headers and what was said."""
        address = urlsplit(url)
        path = f"{address.path}?{address.query}" if address.query else address.path
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(address.netloc, timeout=10)
        try:
            connection.request(method, path, body or None, given)
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, said, answer.read().decode()
        finally:
            connection.close()


def build(folder: Path, port: int, mail_port: int, clock: HandClock) -> App:
    """A site over a folder, at one port of this machine, whose mail goes to another."""
    settings = Settings(
        data_dir=str(folder),
        dumps_dir=str(folder / "dumps"),
        base_url=f"http://127.0.0.1:{port}",
        mail=f"smtp://127.0.0.1:{mail_port}",
        starttls="never",
        mail_from="digest@example.org",
    )
    return build_app(settings, clock)


def fill(folder: Path, port: int, dumps: list[Path]) -> None:
    """Make the folder of a site that has taken in some dumps and published them."""
    clock = HandClock(MORNING)
    app = build(folder, port, 25, clock)
    jobs.migrate(app)
    for path in dumps:
        page = read_dump(path, today=MORNING.date(), dated_on=MORNING.date())
        ingest(app.database, page, clock)
    jobs.publish_feeds(app)
    app.database.dispose()


@contextmanager
def opened(folder: Path, listening: socket.socket) -> Iterator[Place]:
    """Open a site over a folder that was filled for this port."""
    clock = HandClock(MORNING)
    with Sink() as sink:
        app = build(folder, listening.getsockname()[1], sink.port, clock)
        # The server closes what it listens on: the port is to stay ours for the next site.
        with serving(build_web(app), listening.dup()):
            yield Place(app, clock, sink)
        app.database.dispose()


def beside(work: Callable[[], object]) -> None:
    """Do what has an event loop of its own: this thread's is the browser's."""
    failures: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  told in the thread of the test
            failures.append(error)

    worker = threading.Thread(target=run)
    worker.start()
    worker.join()
    if failures:
        raise failures[0]


def urls(mail: EmailMessage) -> list[str]:
    """The addresses of ours in a mail, each once."""
    body = mail.get_body(("plain",))
    assert body is not None
    return list(dict.fromkeys(_URL.findall(body.get_content())))


def link(mail: EmailMessage, place: str) -> str:
    return next(url for url in urls(mail) if f"/{place}/" in url)


def one_of_each(addresses: Iterable[str]) -> list[str]:
    """The first address of each kind of page, told by its path without tokens and keys."""
    return list({_kind(url): url for url in reversed(list(addresses))}.values())


def _kind(url: str) -> str:
    first, *others = urlsplit(url).path.strip("/").split("/")
    return f"{first} {others[-1] if len(others) > 1 else ''}"


def one_click_of(mail: EmailMessage) -> str:
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found: list[str] = re.findall(r"<(http[^>]+)>", str(mail["List-Unsubscribe"]))
    return found[0]
