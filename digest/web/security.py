"""What stands before every page: which hosts, which origins, how much, and what browsers may do.

Plain ASGI, so that bodies stream and nothing is copied. A form that another site posts is refused,
whether or not its sender is signed in.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.pipeline.held import LARGEST
from digest.sources.libraries.shelf import MAX_BYTES
from digest.web.personal_paths import ACCOUNT_PATH, MASKED_PATH, TOKEN_PATH

MAX_BODY = 64 * 1024
MAX_LIBRARY = MAX_BYTES + MAX_BODY  # as much as is read of one, in its form
MAX_UPLOAD = LARGEST  # as much as is kept of a dump that is held
_DIGITS = 18  # of a length: int() gives up on thousands

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    # With no-referrer a browser posts a form of ours with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_RAW_HEADERS = tuple((name.lower().encode(), value.encode()) for name, value in HEADERS.items())
_PRIVATE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}

_API = "/api/"
# A load balancer, or what watches, asks by an address and not by a name.
_WATCHED_PATHS = frozenset({"/health", "/ready", "/metrics", "/robots.txt"})
_UPLOADS = frozenset({"/admin/dumps", "/api/v1/dumps"})
_LIBRARIES = re.compile(r"/import|/preferences/[^/]+/import")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom this site answers: its own host names, and forms from its own origin."""

    hosts: frozenset[str]
    origin: str
    prefix: str
    is_https: bool


def policy_of(base_url: str, listening_on: str) -> Policy:
    """Return the policy of a site at `base_url`: its host, the address it listens on, loopback."""
    base = urlsplit(base_url)
    own = {(base.hostname or "").lower(), listening_on.lower()}
    return Policy(
        hosts=_LOOPBACK | own - {"", "0.0.0.0", "::"},  # noqa: S104  not bound to, left out
        origin=f"{base.scheme}://{base.netloc}".lower(),
        prefix=base.path.rstrip("/"),
        is_https=base.scheme == "https",
    )


class Guard:
    """Refuses what no page should see, and gives every answer its headers."""

    def __init__(self, app: ASGIApp, policy: Policy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the application answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = without_prefix(scope["path"], self._policy.prefix)
        scope = {**scope, "path": path}
        most = _most(scope)
        body = _Body(receive, most)

        async def send_with_headers(message: Message) -> None:
            body.has_answer = True
            if message["type"] == "http.response.start":
                add_headers(MutableHeaders(scope=message), path, is_https=self._policy.is_https)
            await send(message)

        refusal = self._refusal(scope, path)
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, body.receive, send_with_headers)
        except _TooLargeError:
            if body.has_answer:
                raise
            await _too_large(path, most)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, path: str) -> Response | None:
        headers = Headers(scope=scope)
        if path not in _WATCHED_PATHS and _host(headers) not in self._policy.hosts:
            return PlainTextResponse("There is no such site here.\n", status_code=400)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > _DIGITS or int(length) > _most(scope):
            return _too_large(path, _most(scope))
        # One click is proven by its token; the API looks at no cookie.
        if scope["method"] in _SAFE_METHODS or path.startswith(("/u/", _API)):
            return None
        if not is_own_form(headers, self._policy.origin):
            sentence = "This form was sent from another site. Open the page here and try again.\n"
            return PlainTextResponse(sentence, status_code=403)
        return None


def is_own_form(headers: Headers, origin: str) -> bool:
    """Tell whether a browser sent this from a page of ours, or no browser did.

    Sec-Fetch-Site decides where there is one; browsers leave it out on plain http, and then send
    Origin. Who sends neither is no browser, and lets itself be known by no cookie.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    given = headers.get("origin")
    if given is None:
        return "cookie" not in headers
    if given.lower() == origin:
        return True
    # The host was checked before this: a page of it is ours, under whichever of its names. Under the
    # one that readers know, the scheme is known too: whoever can alter plain http is not let in by it.
    host = headers.get("host", "").lower()
    return given.lower().partition("://")[2] == host != origin.partition("://")[2]


def without_prefix(path: str, prefix: str) -> str:
    """Return the path under the base address, whether or not a proxy has cut the prefix off."""
    if not prefix:
        return path
    if path == prefix:
        return "/"
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path


def add_headers(headers: MutableHeaders, path: str, *, is_https: bool = False) -> None:
    """Give an answer what every answer has, and pages behind a token what those need."""
    # Every answer comes by here: what is there is looked through once, not once a header.
    given = {name for name, _ in headers.raw}
    headers.raw.extend(each for each in _RAW_HEADERS if each[0] not in given)
    if is_https:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if TOKEN_PATH.search(path) or ACCOUNT_PATH.match(path):
        for name, value in _PRIVATE_HEADERS.items():
            headers[name] = value
    if b"cache-control" not in given:
        headers.setdefault("Cache-Control", "no-cache")


class MaskTokens(logging.Filter):
    """Keeps tokens out of the server's access log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, with the tokens in its arguments masked."""
        if isinstance(record.args, tuple):
            record.args = tuple(masked(each) for each in record.args)
        return True


def masked(value: object) -> object:
    """Return text with the tokens in its addresses masked, and anything else as it is."""
    return MASKED_PATH.sub(r"/\1/********", value) if isinstance(value, str) else value


def mask_tokens(names: Iterable[str] = ("uvicorn.access",)) -> None:
    """Keep tokens out of these loggers from now on; doing it again changes nothing."""
    for name in names:
        logger = logging.getLogger(name)
        if not any(isinstance(each, MaskTokens) for each in logger.filters):
            logger.addFilter(MaskTokens())


class _TooLargeError(Exception):
    """A body went on and on."""


class _Body:
    """Counts what comes in; a Content-Length may be missing."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._size = 0
        self.has_answer = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > self._most:
            raise _TooLargeError
        return message


def _host(headers: Headers) -> str:
    host = headers.get("host", "").lower()
    return re.sub(r":\d*$", "", host)


def _most(scope: Scope) -> int:
    """Return how much may be sent: forms are short, files need not be."""
    if scope["method"] != "POST":
        return MAX_BODY
    if scope["path"] in _UPLOADS:
        return MAX_UPLOAD
    return MAX_LIBRARY if _LIBRARIES.fullmatch(scope["path"]) else MAX_BODY


def _too_large(path: str, most: int) -> Response:
    said = f"{most // 1024} kB" if most < MAX_LIBRARY else f"{most >> 20} MiB"
    if path.startswith(_API):
        sentence = f"A body has {said} at most."
        problem = {"type": "about:blank", "title": "Too large", "status": 413, "detail": sentence}
        return JSONResponse(problem, 413, media_type="application/problem+json")
    return PlainTextResponse(
        f"This is more than a form of ours holds: {said} at most.\n", status_code=413
    )
