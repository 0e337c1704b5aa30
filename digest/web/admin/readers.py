"""`/admin/readers`: find a reader by address, see how things stand, and help."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.delivery.address import address_key
from digest.errors import AddressError, SubscriptionError
from digest.pipeline.care import (
    lift_suppression,
    reader_for_operator,
    resend_confirmation,
    unsubscribe_for,
)
from digest.store.finding import readers_beginning
from digest.web.admin.door import done, page, shown
from digest.web.row_numbers import know_row_numbers
from digest.web.site import Form, site_of

_MOST = 20
_LONGEST = 254
_GONE = "There is no such reader. They may have had themselves deleted"
_ENOUGH = "They confirmed, left, or were asked often enough today: nothing was sent."


def show(request: Request, operator: str) -> Response:
    """Return the readers whose address begins as was asked for."""
    asked = request.query_params.get("q", "").strip()[:_LONGEST]
    beginning = _key(asked)
    found = []
    if beginning:
        with site_of(request).app.database.reading() as connection:
            found = readers_beginning(connection, beginning, _MOST)
    return page(request, "readers", operator, asked=asked, found=found, most=_MOST)


def look(request: Request, operator: str) -> Response:
    """Return what is known of one reader."""
    return _look(request, operator)


def do(request: Request, form: Form, operator: str) -> Response:
    """Do what was pressed."""
    registry = site_of(request).app.registry
    number: int = request.path_params["number"]
    problem = ""
    match form.get("action"):
        case "unsubscribe":
            unsubscribe_for(registry, number, operator)
        case "lift":
            try:
                lift_suppression(registry, number, operator, has_their_word="word" in form)
            except SubscriptionError as error:
                problem = str(error)
        case "resend":
            problem = "" if resend_confirmation(registry, number, operator) else _ENOUGH
        case _:
            raise HTTPException(400, "Press one of the buttons")
    if problem:
        return _look(request, operator, problem, status=422)
    return site_of(request).go_to(f"/admin/readers/{number}")


def _look(request: Request, operator: str, problem: str = "", *, status: int = 200) -> Response:
    found = reader_for_operator(site_of(request).app.registry, request.path_params["number"])
    if found is None:
        raise HTTPException(404, _GONE)
    return page(request, "reader", operator, status=status, reader=found, problem=problem)


def _key(asked: str) -> str:
    """Return how the normal form of what was typed begins; "" for what is at the head of none."""
    try:
        key = address_key(asked)
    except AddressError:
        return ""
    return key if key.isascii() and key.isprintable() else ""


know_row_numbers()
ROUTES = (
    Route("/admin/readers", shown(show)),
    Route("/admin/readers/{number:row}", shown(look)),
    Route("/admin/readers/{number:row}", done(do), methods=["POST"]),
)
