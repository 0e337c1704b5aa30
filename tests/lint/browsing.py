"""Somebody who opens every link there is, and keeps what they see by what it is."""

import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urldefrag, urljoin

from lxml import html as lxml_html
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from tests.web.client import Answer, Client
from tests.web.visitor import CookieClient

# Of pages of one kind that links lead to: more would be the same for longer.
_OF_A_KIND = 2
_LINKS = "//a/@href | //link/@href | //img/@src | //input[@type='url']/@value"


@dataclass
class Browsing:
    """What was seen of a site: pages by name, everything else by address, and what is not there.

    `shown` are the routes that had something to show, be it to somebody who was signed in.
    """

    web: Starlette
    home: str
    pages: dict[str, str] = field(default_factory=dict)
    documents: dict[str, Answer] = field(default_factory=dict)
    dead: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    _kinds: Counter[str] = field(default_factory=Counter)
    _asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.client = CookieClient(self.web, self.home)

    def get(self, name: str, url: str) -> Answer:
        """Open a page, keep it by a name, and open what it leads to."""
        self._asked.add(urldefrag(urljoin(self.home, url)).url)
        answer = self.client.get(url)
        self._note(self._kind(url), answer)
        return self._keep(name, url, answer)

    def leave(self) -> None:
        """Go on in a browser that nobody is signed in with."""
        self.client = CookieClient(self.web, self.home)

    def post(self, name: str, url: str, form: dict[str, str] | None = None) -> Answer:
        """Send a form and follow its answer, as a browser does."""
        answer = self.client.post(url, form)
        if answer.status == 303:
            return self.get(name, answer.headers["location"])
        return self._keep(name, url, answer)

    def break_down(self, name: str) -> None:
        """Keep the page that is shown when another one fails."""
        web = Starlette(exception_handlers=dict(self.web.exception_handlers))
        web.state = self.web.state
        web.add_route("/", _fail)
        self.pages[name] = Client(web, self.home).get("/").text

    def follow(self, origin: str, html: str) -> None:
        """Open what HTML leads to on this site and what that leads to: every feed, some of each page."""
        waiting = [(origin, each) for each in self._led_to(origin, html)]
        while waiting:
            by, url = waiting.pop()
            kind = self._kind(url)
            is_feed = kind.endswith("{format}")
            if url in self._asked or (self._kinds[kind] >= _OF_A_KIND and not is_feed):
                continue
            self._asked.add(url)
            self._kinds[kind] += 1
            answer = self.client.get(url)
            self._note(kind, answer)
            if answer.status >= 400:
                self.dead.append(f"{url} of {by} answers {answer.status}")
            elif answer.headers.get("content-type", "").startswith("text/html"):
                self.pages[url.removeprefix(self.home)] = answer.text
                waiting += [(url, each) for each in self._led_to(url, answer.text)]
            elif answer.status == 200:
                self.documents[url] = answer
                waiting += [(url, each) for each in self._named_in(answer)]

    def routes_not_seen(self) -> set[str]:
        """Return the paths of all that can be got but never had anything to show."""
        routes = [each for each in self.web.routes if isinstance(each, Route)]
        paths = {each.path for each in routes if "GET" in (each.methods or ())}
        return paths - self.shown

    def _keep(self, name: str, url: str, answer: Answer) -> Answer:
        self._kinds[self._kind(url)] += 1
        if answer.headers.get("content-type", "").startswith("text/html"):
            self.pages[name] = answer.text
            self.follow(urljoin(self.home, url), answer.text)
        return answer

    def _note(self, kind: str, answer: Answer) -> None:
        if answer.status == 200:
            self.shown.add(kind)

    def _kind(self, url: str) -> str:
        path = urljoin(self.home, url).removeprefix(self.home).partition("?")[0] or "/"
        scope = {"type": "http", "method": "GET", "path": path, "headers": []}
        found = (
            each.path
            for each in self.web.routes
            if isinstance(each, Route) and each.matches(scope)[0] is not Match.NONE
        )
        return next(found, "")

    def _led_to(self, origin: str, html: str) -> list[str]:
        found = lxml_html.document_fromstring(html).xpath(_LINKS)
        return [
            each
            for each in (urldefrag(urljoin(origin, str(url))).url for url in found)
            if f"{each}/".startswith(f"{self.home}/")
        ]

    def _named_in(self, answer: Answer) -> list[str]:
        """Return the addresses of this site in a feed or a list of feeds, however escaped."""
        kind = answer.headers["content-type"]
        # What describes the API names where that begins, which is no address of its own.
        if kind.startswith(("text/css", "image/")) or '"openapi":' in answer.text[:20]:
            return []
        found = re.findall(re.escape(self.home) + r"/[^\s\"'<>\\]*", unescape(answer.text))
        return list(dict.fromkeys(map(unescape, found)))


def _fail(_request: Request) -> Response:
    raise ZeroDivisionError
