"""A site that has taken in the hostile page and mailed its readers, on a port of loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest import jobs
from digest.app import App, build_app
from digest.config import Settings
from digest.model.digests import MatchKind
from digest.model.papers import Paper
from digest.pipeline.ingest import ingest
from digest.pipeline.subscribe import enrol, subscribe
from digest.store.papers import newest_papers
from digest.text import clean_line
from digest.web import build_web
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.lint import corpus
from tests.lint.pages import visit_everything
from tests.rendering import samples
from tests.web.client import Client

EVENING = datetime(2026, 3, 17, 18, 0, tzinfo=UTC)
_EVERYTHING = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """A request the server has answered."""

    path: str
    status: int
    reader: str


@dataclass
class Site:
    """What the linters look at: mails, pages, feeds, and who asked for them."""

    app: App
    mails: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    @property
    def home(self) -> str:
        return self.app.links.home().rstrip("/")

    @property
    def papers(self) -> list[Paper]:
        """Return what the feeds list, newest first."""
        with self.app.database.reading() as connection:
            return [each.paper for each in newest_papers(connection, 100)]


@contextmanager
def open_site(folder: Path) -> Iterator[Site]:
    """Fill a site in a folder by the ways everything goes, and serve it meanwhile."""
    clock = HandClock(EVENING)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings = Settings(
            data_dir=str(folder),
            base_url=f"http://127.0.0.1:{listening.getsockname()[1]}",
            mail=f"maildir:{folder / 'mail'}",
            mail_from="digest@example.org",
            postal="Paper Digest, Example Lane 1, Exampletown",
        )
        site = Site(build_app(settings, clock))
        _fill(site, folder, clock)
        with _serving(site, listening):
            yield site
        site.app.database.dispose()


def _fill(site: Site, folder: Path, clock: HandClock) -> None:
    app = site.app
    jobs.migrate(app)
    ingest(app.database, corpus.hostile_page(), clock)
    jobs.publish_feeds(app)
    for address, expressions in corpus.WISHES.items():
        enrol(app.registry, address, make_wishes(*expressions, papers_per_digest=_EVERYTHING))
    subscribe(app.registry, "bob@example.org", make_wishes("<i>fog</i> & \u05e9\u05dc\u05d5\u05dd"))
    subscribe(app.registry, "ada@example.org", make_wishes("fog"))
    jobs.deliver(app)
    clock.advance(days=1)
    jobs.compose(app)
    site.pages = visit_everything(app, Client(build_web(app), site.home))
    jobs.deliver(app)
    for mail in sorted((folder / "mail" / "new").iterdir()):
        parsed = message_from_bytes(mail.read_bytes(), policy=policy.default)
        body = parsed.get_body(("html",))
        assert body is not None
        site.mails[f"{parsed['To']} {parsed['Subject']}"] = body.get_content()
    site.mails |= _rare_mails()


def _rare_mails() -> dict[str, str]:
    """Return mails that take more than a day to come by: what is folded, every kind of reason."""
    editions = {
        "folded": samples.folded_edition(*map(clean_line, samples.HOSTILE_TITLES)),
        "every kind of reason": samples.reasoned_edition(*MatchKind),
        "nothing new": samples.edition([]),
        "best of the rest": samples.edition(matched=0),
        "shortened": samples.heavy_edition(),
    }
    return {name: samples.renderer().digest(each).html for name, each in editions.items()}


@contextmanager
def _serving(site: Site, listening: socket.socket) -> Iterator[None]:
    web = _noting(build_web(site.app), site.asked)
    server = uvicorn.Server(uvicorn.Config(web, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listening],), name="web")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _noting(web: ASGIApp, asked: list[Asked]) -> ASGIApp:
    """Return an application that notes what it answers."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                reader = dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1")
                asked.append(Asked(scope["path"], message["status"], reader))
            await send(message)

        await web(scope, receive, note)

    return answer
