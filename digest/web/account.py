"""`/account`: what a reader who is signed in has here, and the browsers that are signed in."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.sessions import SessionKind
from digest.pipeline.move import end_moves
from digest.web.row_numbers import row_number
from digest.web.sessions import sessions_at, signed_in
from digest.web.site import Form, site_of, takes_form


def show(request: Request) -> Response:
    """Return the page that leads to all that is the reader's own."""
    site = site_of(request)
    session, subscriber = signed_in(request)
    links = site.app.links
    return site.page(
        "account",
        subscriber=subscriber,
        sessions=sessions_at(site).of(SessionKind.READER, subscriber.id),
        here=session.id,
        preferences_url=site.local(links.preferences(subscriber)),
        unsubscribe_url=site.local(links.unsubscribe(subscriber)),
        is_ended="ended" in request.query_params,
    )


def end_sessions(request: Request, form: Form) -> Response:
    """Sign out one browser, or all but this one; this one by its own button only.

    Who was in there may have asked for another address: that ends as well.
    """
    site = site_of(request)
    session, subscriber = signed_in(request)
    if "others" in form:
        sessions_at(site).close_others(SessionKind.READER, subscriber.id, session.id)
    else:
        number = row_number(form.get("end", ""))
        if number != session.id:
            sessions_at(site).close(number, SessionKind.READER, subscriber.id)
    end_moves(site.app.registry, subscriber)
    return site.go_to("/account?ended#browsers")


def lead_back(request: Request) -> Response:
    """Lead whoever reloads the page of a form they sent to where it stands."""
    return site_of(request).go_to("/account")


ROUTES = (
    Route("/account", show),
    Route("/account/sessions", lead_back),
    Route("/account/sessions", takes_form(end_sessions), methods=["POST"]),
)
