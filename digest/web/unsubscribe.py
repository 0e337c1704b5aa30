"""`/unsubscribe/{token}` for people, `/u/{token}` for mail programs (RFC 8058)."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.errors import TokenError
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.subscribe import unsubscribe
from digest.store.subscribers import subscriber_by_id
from digest.tokens import Purpose
from digest.web.site import Form, Site, site_of, takes_form


def ask(request: Request) -> Response:
    """Return the page with the button, which changes nothing; whoever has left is told so."""
    site = site_of(request)
    subscriber = _reader(site, request.path_params["token"])
    if subscriber is None or subscriber.state is SubscriberState.UNSUBSCRIBED:
        return site.page("unsubscribed")
    action = site.local(site.app.links.unsubscribe(subscriber))
    preferences = site.local(site.app.links.preferences(subscriber))
    return site.page(
        "unsubscribe", subscriber=subscriber, action=action, preferences_url=preferences
    )


def leave(request: Request, _form: Form) -> Response:
    """Write no more to the reader, and say so."""
    site = site_of(request)
    _leave(site, request.path_params["token"])
    return site.page("unsubscribed")


async def one_click(request: Request) -> Response:
    """Unsubscribe on a POST of a mail program, whatever its body; 404 for what is no link of ours."""
    try:
        await run_in_threadpool(_leave, site_of(request), request.path_params["token"])
    except TokenError as error:
        return PlainTextResponse(f"{error}\n", status_code=404)
    return PlainTextResponse("You are unsubscribed.\n")


def _leave(site: Site, token: str) -> None:
    subscriber = _reader(site, token)
    if subscriber is not None:
        unsubscribe(site.app.registry, subscriber)


def _reader(site: Site, token: str) -> Subscriber | None:
    """Return whose link this is, None if they are gone; raises TokenError for a broken one.

    A link that was replaced still works: all it can do is stop mail, and somebody who wants that
    must never be told to look for a newer one.
    """
    subject = site.app.tokens.verify(Purpose.UNSUBSCRIBE, token)
    with site.app.database.reading() as connection:
        return subscriber_by_id(connection, subject[0])


ROUTES = (
    Route("/unsubscribe/{token}", ask),
    Route("/unsubscribe/{token}", takes_form(leave), methods=["POST"]),
    Route("/u/{token}", ask),
    Route("/u/{token}", one_click, methods=["POST"]),
)
