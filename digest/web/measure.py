"""Measures every request: which route, how it ended, how long it took; never its address."""

from collections.abc import Callable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = frozenset({"GET", "HEAD", "POST"})
_FAILED = 500

# Told the method, the route's template, the status and the seconds it took.
Note = Callable[[str, str, int, float], None]


class Measure:
    """Tells `note` of every answer, under the template of its route: a token is in no label."""

    def __init__(self, app: ASGIApp, note: Note) -> None:
        self._app = app
        self._note = note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, and measure it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = _FAILED
        begun = perf_counter()

        async def send_and_look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_look)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._note(method, _template(scope), status, perf_counter() - begun)


def _template(scope: Scope) -> str:
    # The router writes down the route it found; there is none where no page has the address.
    return getattr(scope.get("route"), "path", "none")
