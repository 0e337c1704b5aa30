"""`/unsubscribe/{token}` for people, `/u/{token}` for mail programs (RFC 8058), and the way back."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.errors import TokenError
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.come_back import can_come_back, come_back
from digest.pipeline.subscribe import unsubscribe
from digest.store.subscribers import subscriber_by_id
from digest.tokens import Purpose
from digest.web.site import Form, Site, site_of, takes_form


def ask(request: Request) -> Response:
    """Return the page with the button, which changes nothing; whoever has left is told so."""
    site = site_of(request)
    subscriber = _reader(site, request.path_params["token"])
    if subscriber is None or subscriber.state is SubscriberState.UNSUBSCRIBED:
        return _left(request)
    # Of what was replaced the page gives nothing back: an old link leads to no newer one.
    return site.page(
        "unsubscribe",
        subscriber=subscriber if _is_newest(site, request, subscriber) else None,
        action=site.path(f"/unsubscribe/{request.path_params['token']}"),
    )


def leave(request: Request, _form: Form) -> Response:
    """Write no more to the reader, and say so."""
    _leave(site_of(request), request.path_params["token"])
    return _left(request)


def undo(request: Request, _form: Form) -> Response:
    """Write to the reader again, within a month of their leaving; a second time changes nothing."""
    site = site_of(request)
    subscriber = _reader(site, request.path_params["token"])
    if subscriber is None or not _is_newest(site, request, subscriber):
        raise TokenError("This can no longer be undone. Subscribe again on the first page.")
    back = come_back(site.app.registry, subscriber)
    return site.page("confirmed", subscriber=back, is_new=True, is_back=True)


def lead_back(request: Request) -> Response:
    """Lead whoever reloads the page of a button they pressed to the one that has it."""
    return site_of(request).go_to(f"/unsubscribe/{request.path_params['token']}")


async def one_click(request: Request) -> Response:
    """Unsubscribe on a POST of a mail program, whatever its body; 404 for what is no link of ours."""
    try:
        await run_in_threadpool(_leave, site_of(request), request.path_params["token"])
    except TokenError as error:
        return PlainTextResponse(f"{error}\n", status_code=404)
    return PlainTextResponse("You are unsubscribed.\n")


def _left(request: Request) -> Response:
    """Return the page that says so, with the button that undoes it while that is possible."""
    site = site_of(request)
    subscriber = _reader(site, request.path_params["token"])
    can_undo = (
        subscriber is not None
        and _is_newest(site, request, subscriber)
        and can_come_back(subscriber, site.app.clock())
    )
    undo_url = site.local(site.app.links.unsubscribe(subscriber)) + "/undo" if subscriber else ""
    return site.page("unsubscribed", undo_url=undo_url if can_undo else "")


def _is_newest(site: Site, request: Request, subscriber: Subscriber) -> bool:
    """Tell whether a link is of the reader's newest mails: an older one can stop mail, no more."""
    subject = site.app.tokens.verify(Purpose.UNSUBSCRIBE, request.path_params["token"])
    return subject == (subscriber.id, subscriber.token_version)


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
    Route("/unsubscribe/{token}/undo", lead_back),
    Route("/unsubscribe/{token}/undo", takes_form(undo), methods=["POST"]),
    Route("/u/{token}", ask),
    Route("/u/{token}", one_click, methods=["POST"]),
)
