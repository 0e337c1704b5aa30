"""A browser that keeps its cookies and says where its forms come from, and how one signs in with it."""

from collections.abc import Mapping
from http.cookies import SimpleCookie

from starlette.applications import Starlette

from digest.app import App
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.sessions import Sessions
from digest.web import build_web
from tests.web.client import Answer, Client

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
COOKIE = "__Host-digest"


class CookieClient(Client):
    """A browser that keeps what it is given, at any application."""

    def __init__(self, web: Starlette, base_url: str, program: str = FIREFOX) -> None:
        super().__init__(web, base_url)
        self.cookies: dict[str, str] = {}
        self._program = program

    def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        own = {"user-agent": self._program}
        if self.cookies:
            own["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            own["sec-fetch-site"] = "same-origin"
        answer = super().ask(method, url, {**own, **(headers or {})}, body)
        for name, value in answer.raw_headers:
            if name == "set-cookie":
                self._keep(value)
        return answer

    def _keep(self, header: str) -> None:
        for name, morsel in SimpleCookie(header).items():
            if morsel["max-age"] == "0" or not morsel.value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value


class Visitor(CookieClient):
    """One browser; two of them share nothing but the site."""

    def __init__(self, app: App, program: str = FIREFOX) -> None:
        super().__init__(build_web(app), app.settings.public_url, program)


def signed_in_as(app: App, reader: Subscriber, program: str = FIREFOX) -> Visitor:
    """Return a browser that is signed in."""
    visitor = Visitor(app, program)
    sessions = Sessions(app.database, app.clock)
    visitor.cookies[COOKIE] = sessions.open(SessionKind.READER, reader.id, "a test")
    return visitor
