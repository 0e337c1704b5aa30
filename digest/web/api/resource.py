"""An address of the API: what is asked there is checked, done, and answered as JSON, come what may."""

import gzip
import json
import logging
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from digest.errors import StoreAwayError, TokenError, TooManyError
from digest.model.sessions import Session, SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.steer import NotAReaderError
from digest.rendering.feeds import tag_of
from digest.store.engine import told_if_away
from digest.store.subscribers import subscriber_by_id
from digest.web.api.bodies import read_json
from digest.web.api.checking import Checks
from digest.web.api.endpoint import Call, Endpoint, File, Made
from digest.web.api.problems import Refusal
from digest.web.client_address import network_of
from digest.web.limits import retry_after
from digest.web.questions import check_question
from digest.web.sessions import sessions_at
from digest.web.site import Site, site_of
from digest.web.tagged import Tagged, answer
from digest.web.uploads import keep, place_for

logger = logging.getLogger(__name__)

JSON = "application/json"
PROBLEM = "application/problem+json"
# Cookies are never looked at, so what is public is the same for whoever asks, from wherever.
_ANYBODY = {"Access-Control-Allow-Origin": "*"}
_FOR_A_WHILE = "public, max-age=60"
_NOWHERE = {"Cache-Control": "no-store"}
# As often in as many seconds by one token or, of what is public, from one network: a list can be read
# to its end at once, and nobody has more than a part of the machine.
MOST, SPAN = 300.0, 300.0
_UNQUOTED = re.compile(r"[^ !#-\[\]-~]")  # what may not stand between quotation marks in a header


class Resource:
    """The endpoints of one path, as an ASGI application."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._by_method = {each.method: (each, Checks(each)) for each in endpoints}
        allowed = {*self._by_method, "OPTIONS"} | ({"HEAD"} if "GET" in self._by_method else set())
        self._allow = {"Allow": ", ".join(sorted(allowed))}

    @property
    def methods(self) -> frozenset[str]:
        """Return the methods of its endpoints."""
        return frozenset(self._by_method)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; one of ours that fails is answered with a problem, and logged."""
        request = Request(scope, receive)
        known = self._by_method.get("GET" if request.method == "HEAD" else request.method)
        if known is None:
            response = self._without(request)
        else:
            endpoint, checks = known
            response = await _response_of(request, endpoint, checks)
        await response(scope, receive, send)

    def _without(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=self._allow)
        names = self._allow["Allow"]
        return problem(request, Refusal(405, f"This address takes {names}.", headers=self._allow))


def problem(request: Request, refusal: Refusal, headers: Mapping[str, str] = _NOWHERE) -> Response:
    """Return a refusal as an answer."""
    page_url = site_of(request).url("/api")
    return _response(
        request,
        _bytes(refusal.as_json(page_url)),
        refusal.status,
        {**headers, **refusal.headers, "Content-Type": PROBLEM},
    )


class Nothing:
    """What answers where the API has no address, as an ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer that there is nothing, and where it is told what there is."""
        request = Request(scope, receive)
        where = site_of(request).url("/api")
        refusal = Refusal(404, f"The API has no such address. {where} lists them.")
        await problem(request, refusal)(scope, receive, send)


async def _response_of(request: Request, endpoint: Endpoint, checks: Checks) -> Response:
    """Return the answer to a request; a file is read only once it is known who sends it, and what."""
    if endpoint.file is None:
        body = await request.body() if endpoint.body else b""
        return await run_in_threadpool(
            _answered, request, endpoint, lambda: _done(request, endpoint, checks, body)
        )
    calls: list[Call] = []

    def admit() -> Response:
        calls.append(_admitted(request, endpoint, checks))
        return Response()

    refusal = await run_in_threadpool(_answered, request, endpoint, admit)
    if not calls:
        return refusal
    name = str(calls[0].given.get(endpoint.file.named_by, ""))
    with place_for(name) as path:
        try:
            await keep(request.stream(), path)
        except ClientDisconnect:
            return Response(status_code=400)  # which nobody reads
        except OSError as error:
            return problem(request, _refusal_of(site_of(request), error))
        call = replace(calls[0], file=path)
        return await run_in_threadpool(
            _answered, request, endpoint, lambda: _told(request, endpoint, call)
        )


def _answered(request: Request, endpoint: Endpoint, work: Callable[[], Response]) -> Response:
    try:
        with told_if_away():
            return work()
    except Exception as error:  # noqa: BLE001  whatever it is, it is told as a problem
        headers = {**_NOWHERE, **(_ANYBODY if endpoint.is_public_read else {})}
        return problem(request, _refusal_of(site_of(request), error), headers)


def _refusal_of(site: Site, error: Exception) -> Refusal:
    """Return what a program is told of what went wrong; what is our fault is logged."""
    match error:
        case Refusal():
            return error
        case TooManyError():
            return Refusal(429, str(error), headers={"Retry-After": retry_after(error)})
        case NotAReaderError():
            return Refusal(
                409, "You get no digests, so there is nothing to steer: subscribe first."
            )
        case TokenError():  # a reader who was erased a moment ago
            return _no_good(site)
        case StoreAwayError():
            logger.warning("the API could not ask the database: %s", error)
            sentence = "The database cannot be asked just now. Try again in a minute."
            return Refusal(503, sentence, headers={"Retry-After": "60"})
    code = secrets.token_hex(4)
    logger.error("an endpoint of the API failed, its program was told %s", code, exc_info=error)
    sentence = f"The fault is ours. Try again in a minute; the log calls it {code}."
    return Refusal(500, sentence)


def _done(request: Request, endpoint: Endpoint, checks: Checks, body: bytes) -> Response:
    call = _admitted(request, endpoint, checks)
    if endpoint.body:
        sent = checks.body(read_json(request.headers.get("content-type", ""), body))
        call = replace(call, body=sent)
    return _told(request, endpoint, call)


def _admitted(request: Request, endpoint: Endpoint, checks: Checks) -> Call:
    """Return a request as far as it can be checked before its body is read; raises Refusal."""
    site = site_of(request)
    asking: Subscriber | None = None
    operator = ""
    shown = request.headers.get("authorization")
    if endpoint.is_own:
        session, asking = _asking(site, shown)
        _check_calls(request, session.id)
    elif endpoint.is_operators:
        session, operator = _operator(site, shown)
        _check_calls(request, session.id)
    elif network := network_of(request):
        _check_calls(request, network)
    given = checks.parameters(request.path_params, request.query_params.multi_items())
    if endpoint.file:
        _check_type(endpoint.file, request.headers)
    question = partial(check_question, request)
    return Call(site, given, {}, asking, operator, check_question=question)


def _check_type(file: File, headers: Headers) -> None:
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "Send the file as it is, not packed: without Content-Encoding.")
    content_type = headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() not in file.types:
        known = " or ".join(file.types)
        raise Refusal(415, f"Send the file itself, with the header Content-Type: {known}.")


def _told(request: Request, endpoint: Endpoint, call: Call) -> Response:
    told = endpoint.handle(call)
    if endpoint.answer is None:
        return Response(status_code=endpoint.status, headers=_NOWHERE)
    status = endpoint.status
    if isinstance(told, Made):
        status, told = 201, told.told
    content = _bytes(told)
    if not endpoint.is_public_read:
        return _response(request, content, status, {**_NOWHERE, "Content-Type": JSON})
    headers = {**_ANYBODY, "Cache-Control": _FOR_A_WHILE}
    return answer(request, Tagged(tag_of(content), None, JSON, lambda: _packed(content), headers))


def _check_calls(request: Request, who: int | str) -> None:
    """Count a request, by a session or a network; raises TooManyError."""
    request.app.state.calls.check(who)


def _asking(site: Site, authorization: str | None) -> tuple[Session, Subscriber]:
    """Return the session a program shows the token of, and its reader; raises Refusal, 401."""
    token = _bearer(site, authorization, "Send a token of yours, as Authorization: Bearer <token>.")
    session = sessions_at(site).find(token, SessionKind.API)
    if session is None:
        raise _no_good(site)
    with site.app.database.reading() as connection:
        subscriber = subscriber_by_id(connection, session.owner)
    if subscriber is None:
        raise _no_good(site)
    return session, subscriber


def _operator(site: Site, authorization: str | None) -> tuple[Session, str]:
    """Return the session an operator's program shows the key of, and the operator's name.

    Raises Refusal: 401 without a key that is good, 403 with a reader's token.
    """
    asked = "Send a key of an operator, as Authorization: Bearer <key>."
    key = _bearer(site, authorization, asked)
    found = site.app.operators.by_key(key)
    if found is not None:
        return found
    if sessions_at(site).find(key, SessionKind.API) is not None:
        raise Refusal(403, "This is a reader's token. `digest operators key` makes a key for this.")
    raise _no_good(site, "This key is not good, or no longer. `digest operators key` makes one.")


def _bearer(site: Site, authorization: str | None, asked: str) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refusal(401, asked, headers={"WWW-Authenticate": _challenge(site)})
    return token.strip()


def _no_good(
    site: Site, sentence: str = "This token is not good, or no longer. Make one in your account."
) -> Refusal:
    refused = {"WWW-Authenticate": f'{_challenge(site)}, error="invalid_token"'}
    return Refusal(401, sentence, headers=refused)


def _challenge(site: Site) -> str:
    return f'Bearer realm="{_UNQUOTED.sub("?", site.app.settings.site_name)}"'


def _bytes(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _packed(content: bytes) -> tuple[bytes, bytes]:
    return content, gzip.compress(content, mtime=0)


def _response(
    request: Request, content: bytes, status: int, headers: Mapping[str, str]
) -> Response:
    length = {"Content-Length": str(len(content))}
    body = b"" if request.method == "HEAD" else content
    return Response(body, status, {**headers, **length})
