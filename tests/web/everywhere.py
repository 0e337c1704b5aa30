"""Every address of a site that has lived for a day, by its route: a new page joins every test of these.

`PARAMETERS` says what stands in an address; a route with a parameter that it does not know fails.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, insert, select
from starlette.applications import Starlette
from starlette.routing import Route

from digest import jobs
from digest.app import App, build_app
from digest.config import Settings
from digest.delivery.transports import Threaded
from digest.model.feedback import FeedbackKind
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.deliver import deliver_due
from digest.pipeline.move import ask_to_move, move
from digest.pipeline.sessions import Sessions
from digest.pipeline.sign_in import ask_to_sign_in
from digest.pipeline.steer import say
from digest.pipeline.subscribe import activate, enrol, subscribe, unsubscribe
from digest.store import papers
from digest.store.account_tables import address_changes, audit, operators, sign_ins
from digest.store.subscribers import subscriber_by_id
from digest.store.tables import digests, dumps, held_dumps, metadata
from digest.tokens import Purpose
from digest.web import build_web
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.web.client import Answer, Client
from tests.web.postbox import Postbox

FORMATS = ("rss", "atom", "json")
# By the first part of a path: what its token may be for.
PURPOSES = {
    "confirm": Purpose.CONFIRM,
    "preferences": Purpose.PREFERENCES,
    "unsubscribe": Purpose.UNSUBSCRIBE,
    "u": Purpose.UNSUBSCRIBE,
    "steer": Purpose.STEER,
    "f": Purpose.FEED,
    "sign-in": Purpose.SIGN_IN,
    "address": Purpose.ADDRESS,
    "issues": Purpose.ISSUE,
}
QUERIES = {
    "/": ("", "?page=2"),
    "/preview": ("?keywords=graph+neural+networks%0ARAG", "?keywords=%28", ""),
    "/subscribe": ("?keywords=gnn", ""),
    "/search": ("?q=graph", ""),
    "/papers": ("", "?on={day}", "?week=2026-W12"),
    "/feeds/keywords": ("?q=graph", ""),
    "/feeds/keywords.{format}": ("?q=graph", "?q=graph&count=3"),
    "/feeds/keywords.opml": ("?keywords=graph",),
    "/feeds/{name}.{format}": ("", "?count=3"),
    "/api/v1/search": ("?q=graph",),
}
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass(frozen=True, repr=False)
class Lived:
    """A data folder with what its tokens are, to be copied for each test."""

    folder: Path
    clock: HandClock
    parameters: dict[str, tuple[str, ...]]
    tokens: dict[str, str]
    cookies: dict[str, str]
    bearer: str
    day: str
    mails: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Place:
    """The site of a test: where everything is, and whoever asks for it."""

    app: App
    lived: Lived

    @cached_property
    def web(self) -> Starlette:
        return build_web(self.app)

    @cached_property
    def client(self) -> Client:
        return Client(self.web, self.app.settings.public_url)

    @property
    def cookie(self) -> str:
        """Both sessions, a reader's and an operator's, as one browser may have them."""
        return "; ".join(f"{name}={value}" for name, value in self.lived.cookies.items())

    @property
    def bearer(self) -> str:
        return f"Bearer {self.lived.bearer}"

    @property
    def ada(self) -> Subscriber:
        with self.app.database.reading() as connection:
            found = subscriber_by_id(connection, 1)
        assert found is not None
        return found

    def get(self, url: str, **headers: str) -> Answer:
        """Ask as somebody who is signed in wherever one can be."""
        return self.client.get(url, cookie=self.cookie, authorization=self.bearer, **headers)

    def post(self, url: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
        given = {"sec-fetch-site": "same-origin", "cookie": self.cookie, **headers}
        return self.client.post(url, form, **given)

    def contents(self) -> dict[str, list[tuple[object, ...]]]:
        return contents(self.app)

    def routes(self, method: str) -> list[Route]:
        """Every route that answers a method; those of the API say so when they are asked."""
        return [each for each in all_routes(self.web) if method in self._methods(each)]

    def addresses(self, route: Route, token: str = "") -> list[str]:
        """The addresses of a route, with all that stands in its path and behind it."""
        paths = [_PARAMETER.sub(_mark, route.path)]
        for name in _PARAMETER.findall(route.path):
            values = (token,) if token and name == "token" else self._values(route.path, name)
            paths = [path.replace(_mark_of(name), v) for path in paths for v in values]
        queries = [q.format(day=self.lived.day) for q in QUERIES.get(route.path, ("",))]
        return [path + query for path in paths for query in queries]

    def everywhere(self, method: str = "GET") -> list[str]:
        return [url for route in self.routes(method) for url in self.addresses(route)]

    def _values(self, path: str, name: str) -> tuple[str, ...]:
        first = path.split("/")[1]
        if name == "token":
            return (self.lived.tokens[first],)
        known = self.lived.parameters
        found = known.get(f"{path} {name}") or known.get(f"{first} {name}") or known.get(name)
        assert found, f"{path}: say in tests/web/everywhere.py what {name} may be"
        return found

    def _methods(self, route: Route) -> set[str]:
        if route.methods is not None:
            return route.methods
        allowed = self.client.ask("OPTIONS", self.addresses(route)[0]).headers.get("allow", "")
        return set(allowed.split(", ")) if allowed else {"GET", "HEAD", "POST"}


def _mark(found: re.Match[str]) -> str:
    return _mark_of(found[1])


def _mark_of(name: str) -> str:
    return f"<{name}>"


def all_routes(web: Starlette) -> Iterator[Route]:
    for each in web.routes:
        assert isinstance(each, Route), f"{each}: no test goes through what is mounted"
        yield each


def contents(app: App) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with app.database.reading() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in metadata.sorted_tables
        }


def live_a_day(settings: Settings, clock: HandClock) -> Lived:
    """Let a site have readers, a digest, things said of it, and operators; return what came of it."""
    app = build_app(settings, clock)
    ada = enrol(app.registry, "ada@example.org", make_wishes("graph neural networks", "RAG"))
    assert ada.id == 1
    bob = subscribe(app.registry, "bob@example.org", make_wishes("diffusion models"))
    postbox = Postbox()
    clock.advance(days=1, hours=2)
    jobs.compose(app)
    sessions = Sessions(app.database, app.clock)
    with app.database.writing() as connection:
        paper = papers.newest_papers(connection, 1)[0].paper
        digest = connection.execute(select(digests)).first()
        assert digest is not None
        dump = connection.execute(select(dumps)).first()
        assert dump is not None
        _operate(app, connection)
    say(app.registry, ada, paper.id, FeedbackKind.MORE)
    subscribe(app.registry, ada.address, make_wishes("fog"))
    ask_to_sign_in(app.registry, ada.address)
    ask_to_move(app.registry, ada, "ada@example.net")
    _come_move_and_go(app, postbox)
    with app.database.reading() as connection:
        asked = connection.execute(select(sign_ins)).one()
        of_ada = address_changes.c.subscriber_id == ada.id
        moving = connection.execute(select(address_changes).where(of_ada)).one()
    web = Client(build_web(app), settings.public_url)
    links = app.links
    page = f"{links.preferences(ada)}/feed"
    assert web.post(page, {"deed": "open"}, sec_fetch_site="same-origin").status == 303
    tokens = {
        "confirm": links.confirm(bob, clock()),
        "preferences": links.preferences(ada),
        "unsubscribe": links.unsubscribe(ada),
        "u": links.one_click(ada),
        "steer": links.steering_token(ada),
        "f": app.tokens.sign(Purpose.FEED, ada.id, 1),
        "sign-in": links.sign_in(asked.id, asked.asked_at),
        "address": links.move(moving.id, moving.asked_at),
        "issues": links.issue(ada, digest.id),
    }
    cookies = {
        "__Host-digest": sessions.open(SessionKind.READER, ada.id, "Firefox"),
        "__Host-digest-operator": sessions.open(SessionKind.OPERATOR, 1, "Firefox"),
    }
    bearer = sessions.open(SessionKind.API, ada.id, "a program")
    app.database.dispose()
    return Lived(
        folder=settings.data_path,
        clock=clock,
        parameters={
            "feeds name": ("trending", "daily"),
            "static name": ("style.css", "icon.svg"),
            "format": FORMATS,
            "/f/{token}.{format} format": (*FORMATS, "opml"),
            "month": (f"{dump.dated_on:%Y-%m}",),
            "span": (f"{dump.dated_on:%Y-%m}", dump.dated_on.isoformat()),
            "key": (paper.key,),
            "wish": ("more", "less"),
            "id": (str(dump.id),),
            "date": (digest.period.isoformat(),),
            "number": ("1",),
            "rest": ("v1/nothing", ""),
        },
        tokens={place: url.rpartition("/")[2] for place, url in tokens.items()},
        cookies=cookies,
        bearer=bearer,
        day=dump.dated_on.isoformat(),
        mails=tuple(postbox.mails),
    )


def _come_move_and_go(app: App, postbox: Postbox) -> None:
    """Let readers do what has the other kinds of mail sent."""
    carl = activate(app.registry, subscribe(app.registry, "carl@example.org", make_wishes("x")).id)
    dora = enrol(app.registry, "dora@example.org", make_wishes("fog"))
    ask_to_move(app.registry, dora, "dora@example.net")
    deliver_due(app.sender([Threaded(postbox)]))
    with app.database.reading() as connection:
        of_dora = address_changes.c.subscriber_id == dora.id
        asked = connection.execute(select(address_changes).where(of_dora)).one()
    move(app.registry, app.links.move(asked.id, asked.asked_at).rpartition("/")[2])
    unsubscribe(app.registry, carl)
    deliver_due(app.sender([Threaded(postbox)]))


def _operate(app: App, connection: Connection) -> None:
    now = app.clock()
    connection.execute(
        insert(operators),
        {"name": "grace", "password": "none", "totp_secret": "none", "created_at": now},
    )
    connection.execute(
        insert(audit),
        {"operator": "grace", "deed": "pause", "subject": '<i>"site"</i>', "done_at": now},
    )
    connection.execute(
        insert(held_dumps),
        {
            "source": "dumps",
            "name": '<b>"late".txt</b>',
            "checksum": "x",
            "body": b"nothing\n",
            "dated_on": now.date(),
            "reason": "it has no papers",
            "held_at": now,
        },
    )


def at_place(lived: Lived, folder: Path, settings: Settings) -> Place:
    """The site in a folder that was copied of the one that has lived."""
    clock = HandClock(lived.clock.now)
    return Place(build_app(replace(settings, data_dir=str(folder)), clock), lived)


def quoted(text: str) -> str:
    """Text as a part of a path or a query."""
    return quote(text, safe="", errors="surrogatepass")
