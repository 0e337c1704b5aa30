"""`/account/erase`: what erasing takes away, and the button that does."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.sessions import SessionKind
from digest.pipeline.erase import erase
from digest.web.forms import Filled, Problem
from digest.web.sessions import signed_in, take_cookie
from digest.web.site import Form, site_of, takes_form

_UNSURE = "Please tick the box: what is erased cannot be brought back."


def show(request: Request) -> Response:
    """Return the page that says what goes."""
    _, subscriber = signed_in(request)
    return site_of(request).page("erase", subscriber=subscriber, form=Filled({}, (), None))


def take(request: Request, form: Form) -> Response:
    """Erase the reader if the box is ticked, and sign their browser out."""
    site = site_of(request)
    _, subscriber = signed_in(request)
    if form.get("sure") != "yes":
        unsure = Filled({}, (Problem("sure", _UNSURE),), None)
        return site.page("erase", 422, subscriber=subscriber, form=unsure)
    erase(site.app.database, subscriber.id)
    answer = site.page("erased")
    take_cookie(site, answer, SessionKind.READER)
    return answer


ROUTES = (
    Route("/account/erase", show),
    Route("/account/erase", takes_form(take), methods=["POST"]),
)
