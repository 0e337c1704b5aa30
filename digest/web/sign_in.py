"""`/sign-in`: a link by mail for readers, one button behind it, and the way out again."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.sessions import SessionKind
from digest.pipeline.sign_in import (
    SignInOverError,
    ask_to_sign_in,
    needs_no_link,
    read_sign_in,
    sign_in,
)
from digest.web.bots import is_trapped, untimely
from digest.web.forms import Filled
from digest.web.limits import may_mail
from digest.web.one_address import read_address
from digest.web.programs import browser_of
from digest.web.sessions import give_cookie, session_of, sessions_at, take_cookie
from digest.web.site import Form, Site, site_of, takes_form
from digest.web.steps import in_steps

READER = SessionKind.READER


def show(request: Request) -> Response:
    """Return the form that asks for an address; whoever is signed in is led to their account."""
    site = site_of(request)
    if session_of(request, READER) is not None:
        return site.go_to("/account")
    return _form(site, Filled({"address": ""}, (), None))


def ask(request: Request, form: Form) -> Response:
    """Put the mail with the link on its way; the answer is the same for every address."""
    site = site_of(request)
    if is_trapped(form):
        return site.go_to("/sign-in/sent")
    filled = read_address(form, untimely(form, site))
    if filled.problems:
        return _form(site, filled, 422)
    address = filled.values["address"]
    needs_none = needs_no_link(site.app.registry, address)
    if may_mail(request, address, needs_none=needs_none):
        ask_to_sign_in(site.app.registry, address)
    return site.go_to("/sign-in/sent")


def show_sent(request: Request) -> Response:
    """Return the page that asks to look into the mailbox."""
    return site_of(request).page("sign-in-sent")


def show_button(request: Request) -> Response:
    """Return the page with the button, which changes nothing; an old link leads to a new one."""
    site = site_of(request)
    try:
        subscriber = read_sign_in(site.app.registry, request.path_params["token"])
    except SignInOverError as error:
        return _over(site, error)
    return site.page("sign-in-button", subscriber=subscriber)


def enter(request: Request, _form: Form) -> Response:
    """Let the browser in; whatever it was signed in as before, it is not any more."""
    site = site_of(request)
    before = session_of(request, READER)
    program = browser_of(request.headers.get("user-agent", ""))
    try:
        token = sign_in(site.app.registry, sessions_at(site), request.path_params["token"], program)
    except SignInOverError as error:
        return _over(site, error)
    if before is not None:
        sessions_at(site).close(before.id, READER, before.owner)
    answer = site.go_to("/account")
    give_cookie(site, answer, READER, token)
    return answer


def leave(request: Request, _form: Form) -> Response:
    """Show the browser out; one that was not in is out as well."""
    site = site_of(request)
    session = session_of(request, READER)
    if session is not None:
        sessions_at(site).close(session.id, READER, session.owner)
    answer = site.go_to("/")
    take_cookie(site, answer, READER)
    return answer


def lead_on(request: Request) -> Response:
    """Lead whoever reloads the page of a form they sent to where it leads."""
    return site_of(request).go_to("/account")


def _form(site: Site, filled: Filled, status: int = 200) -> Response:
    return site.page("sign-in", status, form=filled)


def _over(site: Site, error: SignInOverError) -> Response:
    return site.page("sign-in-over", 410, message=str(error))


ROUTES = (
    Route("/sign-in", show),
    Route("/sign-in", in_steps(takes_form(ask)), methods=["POST"]),
    Route("/sign-in/sent", show_sent),
    Route("/sign-in/{token}", show_button),
    Route("/sign-in/{token}", takes_form(enter), methods=["POST"]),
    Route("/sign-out", lead_on),
    Route("/sign-out", takes_form(leave), methods=["POST"]),
)
