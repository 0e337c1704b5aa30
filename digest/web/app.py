"""The pages put together: which address leads where, and what stands before them."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from digest.app import App
from digest.errors import NotSignedInError, TokenError
from digest.web import (
    confirm,
    errors,
    feeds,
    health,
    home,
    keyword_feeds,
    mute,
    opml,
    own_feed,
    papers,
    personal_feeds,
    preferences,
    static,
    steer,
    unsubscribe,
)
from digest.web.security import Guard, mask_tokens, policy_of
from digest.web.site import build_site

_ROUTES = (
    # First what is asked for most: addresses are tried one after the other.
    *keyword_feeds.ROUTES,  # before the stored feeds, whose names it would be one of
    *feeds.ROUTES,
    *home.ROUTES,
    *confirm.ROUTES,
    *preferences.ROUTES,
    *own_feed.ROUTES,
    *personal_feeds.ROUTES,
    *unsubscribe.ROUTES,
    *mute.ROUTES,  # before the words on papers, which would be one of them
    *steer.ROUTES,
    *papers.ROUTES,
    *opml.ROUTES,
    *health.ROUTES,
    *static.ROUTES,
)


def build_web(app: App) -> Starlette:
    """Return the pages and feeds of an application, for any ASGI server."""
    settings = app.settings
    mask_tokens()
    web = Starlette(
        routes=list(_ROUTES),
        middleware=[Middleware(Guard, policy=policy_of(settings.public_url, settings.host))],
        exception_handlers={
            TokenError: errors.broken_link,
            NotSignedInError: errors.not_signed_in,
            HTTPException: errors.http_error,
            Exception: errors.failure,
        },
    )
    # A redirect to the same address with a slash would be made of the Host header.
    web.router.redirect_slashes = False
    web.state.site = build_site(app)
    return web
