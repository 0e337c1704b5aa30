"""`/account/address` asks for another address, `/address/{token}` is behind the link mailed there."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import AddressError
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.move import ask_to_move, is_done, move, read_move
from digest.web.bots import is_trapped, untimely
from digest.web.forms import Filled, problem_of
from digest.web.limits import check_change, may_mail
from digest.web.one_address import read_address
from digest.web.sessions import session_of, signed_in
from digest.web.site import Form, Site, site_of, takes_form
from digest.web.steps import in_steps


def show(request: Request) -> Response:
    """Return the form that asks for the new address."""
    _, subscriber = signed_in(request)
    is_asked = "asked" in request.query_params
    return _form(site_of(request), subscriber, Filled({"address": ""}, (), None), is_asked=is_asked)


def ask(request: Request, form: Form) -> Response:
    """Put the mail with the link on its way to the new address; the answer says nothing about it."""
    site = site_of(request)
    _, subscriber = signed_in(request)
    if is_trapped(form):
        return site.go_to("/account/address?asked")
    filled = read_address(form, untimely(form, site))
    if filled.problems:
        return _form(site, subscriber, filled, status=422)
    address = filled.values["address"]
    check_change(request, subscriber.id)
    try:
        if may_mail(request, address):
            ask_to_move(site.app.registry, subscriber, address)
    except AddressError as error:
        wrong = Filled(filled.values, (problem_of("address", error),), None)
        return _form(site, subscriber, wrong, status=422)
    return site.go_to("/account/address?asked")


def show_button(request: Request) -> Response:
    """Return the page with the button, which changes nothing; a link used before says all is well."""
    site = site_of(request)
    asked, subscriber = read_move(site.app.registry, request.path_params["token"])
    if is_done(asked, subscriber):
        return site.page("address-done", subscriber=subscriber)
    return site.page("address-button", asked=asked)


def change(request: Request, _form: Form) -> Response:
    """Send the digests to the new address from now on; a second time changes nothing."""
    site = site_of(request)
    token = request.path_params["token"]
    session = session_of(request, SessionKind.READER)
    subscriber = move(site.app.registry, token, session.id if session else None)
    return site.page("address-done", subscriber=subscriber)


def _form(
    site: Site,
    subscriber: Subscriber,
    filled: Filled,
    *,
    status: int = 200,
    is_asked: bool = False,
) -> Response:
    return site.page("address", status, subscriber=subscriber, form=filled, is_asked=is_asked)


ROUTES = (
    Route("/account/address", show),
    Route("/account/address", in_steps(takes_form(ask)), methods=["POST"]),
    Route("/address/{token}", show_button),
    Route("/address/{token}", takes_form(change), methods=["POST"]),
)
