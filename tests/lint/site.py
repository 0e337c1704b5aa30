"""A site that has taken in the hostile page and mailed its readers, on a port of loopback."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest import jobs
from digest.app import App, build_app
from digest.config import Settings
from digest.model.deliveries import MailKind
from digest.model.digests import MatchKind
from digest.model.languages import LANGUAGES
from digest.model.papers import Paper
from digest.pipeline.ingest import ingest
from digest.pipeline.samples import SAMPLES, sample_reader
from digest.pipeline.specimens import account_specimen, sample_specimen
from digest.pipeline.subscribe import enrol, subscribe
from digest.store.papers import newest_papers
from digest.text import clean_line
from digest.web import build_web
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.lint import corpus
from tests.lint.browsing import Browsing
from tests.lint.pages import visit_everything, visit_the_first_day
from tests.rendering import samples
from tests.web.server import serving

FEBRUARY = datetime(2026, 2, 10, 18, 0, tzinfo=UTC)
EVENING = datetime(2026, 3, 17, 18, 0, tzinfo=UTC)
_EVERYTHING = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """A request the server has answered."""

    address: str
    status: int


@dataclass
class Site:
    """What the linters look at: mails, pages, feeds, and who asked for them."""

    app: App
    browsing: Browsing
    mails: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    @property
    def home(self) -> str:
        return self.app.links.home().rstrip("/")

    @property
    def pages(self) -> dict[str, str]:
        return self.browsing.pages

    @property
    def papers(self) -> list[Paper]:
        """Return what the feeds list, newest first."""
        with self.app.database.reading() as connection:
            return [each.paper for each in newest_papers(connection, 100)]


@contextmanager
def open_site(folder: Path) -> Iterator[Site]:
    """Fill a site in a folder by the ways everything goes, and serve it meanwhile."""
    clock = HandClock(FEBRUARY)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings = Settings(
            data_dir=str(folder),
            base_url=f"http://127.0.0.1:{listening.getsockname()[1]}",
            mail=f"maildir:{folder / 'mail'}",
            mail_from="digest@example.org",
            postal="Paper Digest, Example Lane 1, Exampletown",
        )
        app = build_app(settings, clock)
        site = Site(app, Browsing(build_web(app), app.links.home().rstrip("/")))
        _fill(site, folder, clock)
        with serving(_noting(build_web(app), site.home, site.asked), listening):
            yield site
        site.app.database.dispose()


def _fill(site: Site, folder: Path, clock: HandClock) -> None:
    app = site.app
    jobs.migrate(app)
    visit_the_first_day(site.browsing)
    ingest(app.database, corpus.plain_page(), clock)
    clock.now = EVENING
    ingest(app.database, corpus.hostile_page(), clock)
    jobs.publish_feeds(app)
    for address, expressions in corpus.WISHES.items():
        enrol(app.registry, address, make_wishes(*expressions, papers_per_digest=_EVERYTHING))
    subscribe(app.registry, "bob@example.org", make_wishes("<i>fog</i> & \u05e9\u05dc\u05d5\u05dd"))
    subscribe(app.registry, "ada@example.org", make_wishes("fog"))
    jobs.deliver(app)
    clock.advance(days=1)
    jobs.compose(app)
    jobs.deliver(app)
    for name, html in _received(folder).items():
        site.browsing.follow(name, html)
    visit_everything(app, site.browsing)
    jobs.deliver(app)
    site.mails = {**_received(folder), **_rare_mails(), **_gallery(app)}


def _received(folder: Path) -> dict[str, str]:
    """Return the HTML of all that was mailed so far, by whom it is to and what its subject is."""
    found = {}
    for mail in sorted((folder / "mail" / "new").iterdir()):
        parsed = message_from_bytes(mail.read_bytes(), policy=policy.default)
        body = parsed.get_body(("html",))
        assert body is not None
        found[f"{parsed['To']} {parsed['Subject']}"] = body.get_content()
    return found


def _gallery(app: App) -> dict[str, str]:
    """Return every kind of mail there is in every language, as anybody may look at it."""
    sender, now = app.sender(), app.clock()
    found = {}
    for code in LANGUAGES:
        reader = replace(sample_reader(now), language=code)
        for kind in set(MailKind) - {MailKind.DIGEST}:
            found[f"{code} {kind}"] = account_specimen(sender, kind, reader).html
        for name, make in SAMPLES.items():
            sample = make(now)
            mine = sample.of(replace(sample.reader, language=code))
            found[f"{code} digest-{name}"] = sample_specimen(sender, mine).html
    return found


def _rare_mails() -> dict[str, str]:
    """Return mails that take more than a day to come by: what is folded, every kind of reason."""
    editions = {
        "folded": samples.folded_edition(*map(clean_line, samples.HOSTILE_TITLES)),
        "every kind of reason": samples.reasoned_edition(*MatchKind),
        "best of the rest": samples.edition(matched=0),
    }
    return {name: samples.renderer().digest(each).html for name, each in editions.items()}


def _noting(web: ASGIApp, home: str, asked: list[Asked]) -> ASGIApp:
    """Return an application that notes what it answers."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                query = scope["query_string"].decode()
                address = f"{home}{scope['path']}{'?' if query else ''}{query}"
                asked.append(Asked(address, message["status"]))
            await send(message)

        await web(scope, receive, note)

    return answer
