"""Who may open the pages of operators: whoever signed in here, or at a proxy that is believed."""

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.model.sessions import SessionKind
from digest.store.operators import operator_by_id
from digest.text import clean_line, clip
from digest.web.client_address import is_from_near, is_from_proxy
from digest.web.form_data import form_data
from digest.web.security import MAX_BODY
from digest.web.sessions import session_of
from digest.web.site import Form, Site, site_of, takes_form

SIGN_IN = "/admin/sign-in"
_LONGEST_NAME = 80

Shows = Callable[[Request, str], Response]
Does = Callable[[Request, Form, str], Response]
Takes = Callable[[Request, Form, UploadFile | None, str], Response]


def operator_of(request: Request) -> str | None:
    """Return the name of the operator who asks, None if they have yet to sign in.

    Raises HTTPException, 403, for a request that says by the proxy's header who signed in, but
    comes from elsewhere.
    """
    return _named_by_proxy(request) or _signed_in(request)


def shown(handle: Shows) -> Callable[[Request], Response]:
    """Return an endpoint that shows a page to operators; all others are led to the sign-in."""

    def endpoint(request: Request) -> Response:
        operator = operator_of(request)
        return site_of(request).go_to(SIGN_IN) if operator is None else handle(request, operator)

    return endpoint


def done(handle: Does) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that does what an operator's form says."""

    def endpoint(request: Request, form: Form) -> Response:
        operator = operator_of(request)
        if operator is None:
            return site_of(request).go_to(SIGN_IN)
        _refuse_unnamed(request)
        return handle(request, form, operator)

    return takes_form(endpoint)


def sent(handle: Takes) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that takes an operator's form with a file; nobody else's is read."""

    def asking(request: Request) -> str | None:
        operator = operator_of(request)
        if operator is not None:
            _refuse_unnamed(request)
        return operator

    async def endpoint(request: Request) -> Response:
        operator = await run_in_threadpool(asking, request)
        if operator is None:
            return site_of(request).go_to(SIGN_IN)
        async with form_data(request, fields=5, files=1, part=MAX_BODY) as (form, file):
            return await run_in_threadpool(handle, request, form, file, operator)

    return endpoint


def _refuse_unnamed(request: Request) -> None:
    if not {"sec-fetch-site", "origin"}.intersection(request.headers):
        # A proxy signs in whatever comes by it: the cookie that the guard looks for is missing.
        raise HTTPException(403, "This form does not say which page sent it")


def page(
    request: Request, name: str, operator: str, *, status: int = 200, **context: object
) -> Response:
    """Return a page of operators."""
    return site_of(request).page(
        f"admin/{name}",
        status,
        operator=operator,
        here=name,
        is_by_proxy=bool(_header(site_of(request), request)),
        **context,
    )


def _named_by_proxy(request: Request) -> str:
    name = _header(site_of(request), request)
    # Should the port be reachable from outside, nobody there can name themselves an operator.
    if name and not (is_from_proxy(request) and is_from_near(request)):
        raise HTTPException(
            403, "Only our proxy may say who you are, and this did not come from it"
        )
    return name


def _header(site: Site, request: Request) -> str:
    header = site.app.settings.admin_header
    values = request.headers.getlist(header) if header else []
    if len(values) > 1:
        raise HTTPException(403, "The header that says who you are came more than once")
    # Starlette reads headers as Latin-1; whoever signs people in writes names as UTF-8.
    name = values[0].encode("latin-1").decode("utf-8", "replace") if values else ""
    return clip(clean_line(name), _LONGEST_NAME)


def _signed_in(request: Request) -> str | None:
    session = session_of(request, SessionKind.OPERATOR)
    if session is None:
        return None
    with site_of(request).app.database.reading() as connection:
        operator = operator_by_id(connection, session.owner)
    return operator.name if operator else None
