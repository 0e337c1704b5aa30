"""A browser's worth of ASGI: no sockets, no threads but those of the application."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from starlette.applications import Starlette

from digest.tokens import Purpose

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    raw_headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """Asks an application and returns its answers; redirects are answers too."""

    def __init__(self, app: Asgi, base_url: str, peer: str = "127.0.0.1") -> None:
        self._app = app
        self._peer = peer
        self._host = urlsplit(base_url).netloc

    def get(self, url: str, **headers: str) -> Answer:
        return self.ask("GET", url, headers)

    def head(self, url: str, **headers: str) -> Answer:
        return self.ask("HEAD", url, headers)

    def post(self, url: str, form: Mapping[str, str] | None = None, **headers: str) -> Answer:
        """What its page hides in a form is sent along, as of ten seconds ago, unless it is given."""
        given = {"content-type": "application/x-www-form-urlencoded", **headers}
        sent = {**self._hidden(), **form} if form else {}
        return self.ask("POST", url, given, urlencode(sent).encode())

    def _hidden(self) -> dict[str, str]:
        if not isinstance(self._app, Starlette):
            return {}
        app = self._app.state.site.app
        shown = int(app.clock().timestamp()) - 10
        return {"shown": app.tokens.sign(Purpose.FORM, shown), "remarks": ""}

    def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Names of headers may be written as Python writes them, with underscores."""
        given = {name.replace("_", "-").lower(): value for name, value in (headers or {}).items()}
        given = {"host": self._host, "content-length": str(len(body)), **given}
        address = urlsplit(url)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(address.path) or "/",
            "raw_path": address.path.encode(),
            "query_string": address.query.encode(),
            "root_path": "",
            "headers": [(n.encode(), v.encode("latin-1")) for n, v in given.items() if v],
            "client": (self._peer, 1) if self._peer else None,
            "server": ("127.0.0.1", 80),
        }
        return asyncio.run(self._exchange(scope, body))

    async def _exchange(self, scope: dict[str, Any], body: bytes) -> Answer:
        # In pieces, as servers give it.
        pieces = [body[at : at + 16_000] for at in range(0, len(body), 16_000)] or [b""]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if not pieces:
                return {"type": "http.disconnect"}
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        try:
            await self._app(scope, receive, send)
        except Exception:
            if not sent:
                raise
        start = sent[0]
        raw = [(n.decode().lower(), v.decode("latin-1")) for n, v in start["headers"]]
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(start["status"], dict(raw), raw, content)
