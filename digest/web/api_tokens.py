"""`/account/programs`: tokens by which a reader's own programs use the API in their name."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber
from digest.text import clean_line
from digest.web.forms import Filled, Problem
from digest.web.row_numbers import row_number
from digest.web.sessions import sessions_at, signed_in
from digest.web.site import Form, Site, site_of, takes_form

API = SessionKind.API
MOST = 20
MAX_NAME = 60


def show(request: Request) -> Response:
    """Return the page with the programs that have a token."""
    _, subscriber = signed_in(request)
    return _page(site_of(request), subscriber)


def change(request: Request, form: Form) -> Response:
    """Make a token, which is shown this once, or take one back."""
    site = site_of(request)
    _, subscriber = signed_in(request)
    if "end" in form:
        sessions_at(site).close(row_number(form["end"]), API, subscriber.id)
        return site.go_to("/account/programs?ended")
    filled = _read(form, len(sessions_at(site).of(API, subscriber.id)))
    if filled.problems:
        return _page(site, subscriber, filled, status=422)
    token = sessions_at(site).open(API, subscriber.id, filled.values["name"])
    return _page(site, subscriber, token=token)


def _read(form: Form, known: int) -> Filled:
    name = clean_line(form.get("name", ""))
    problem = ""
    if not name:
        problem = "Please give the program a name, so that you know its token again."
    elif len(name) > MAX_NAME:
        problem = f"A name has at most {MAX_NAME} characters."
    elif known >= MOST:
        problem = f"There are {MOST} tokens already: take one back that is no longer used."
    return Filled({"name": name}, (Problem("name", problem),) if problem else (), None)


def _page(
    site: Site,
    subscriber: Subscriber,
    filled: Filled | None = None,
    *,
    status: int = 200,
    token: str = "",
) -> Response:
    return site.page(
        "programs",
        status,
        form=filled or Filled({"name": ""}, (), None),
        token=token,
        programs=sessions_at(site).of(API, subscriber.id),
    )


ROUTES = (
    Route("/account/programs", show),
    Route("/account/programs", takes_form(change), methods=["POST"]),
)
