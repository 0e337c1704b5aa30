"""The pages put together: which address leads where, and what stands before them."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from digest.app import App
from digest.errors import NotSignedInError, TokenError, TooManyError
from digest.web import (
    account,
    address,
    admin,
    api,
    api_tokens,
    confirm,
    digests,
    dump_pages,
    erase,
    errors,
    export,
    feeds,
    full_answers,
    health,
    home,
    issues,
    keyword_feeds,
    keyword_opml,
    library,
    metrics,
    mute,
    opml,
    own_feed,
    papers,
    pause,
    personal_feeds,
    preferences,
    preview,
    questions,
    receipts,
    search,
    sign_in,
    static,
    steer,
    subscribe,
    trending,
    unsubscribe,
)
from digest.web.api import resource
from digest.web.buckets import Buckets
from digest.web.measure import Measure
from digest.web.metrics import Meter
from digest.web.security import Guard, mask_tokens, policy_of
from digest.web.site import build_site
from digest.web.warming import warmed

_ROUTES = (
    # First what is asked for most: addresses are tried one after the other.
    *keyword_opml.ROUTES,  # before the feeds of keywords, of whose formats it would be one
    *keyword_feeds.ROUTES,  # before the stored feeds, whose names it would be one of
    *feeds.ROUTES,
    *home.ROUTES,
    *preview.ROUTES,
    *subscribe.ROUTES,
    *confirm.ROUTES,
    *preferences.ROUTES,
    *library.ROUTES,
    *pause.ROUTES,
    *own_feed.ROUTES,
    *personal_feeds.ROUTES,
    *unsubscribe.ROUTES,
    *sign_in.ROUTES,
    *account.ROUTES,
    *api_tokens.ROUTES,
    *address.ROUTES,
    *export.ROUTES,
    *erase.ROUTES,
    *mute.ROUTES,  # before the words on papers, which would be one of them
    *steer.ROUTES,
    *papers.ROUTES,
    *trending.ROUTES,
    *dump_pages.ROUTES,
    *search.ROUTES,
    *issues.ROUTES,
    *digests.ROUTES,
    *receipts.ROUTES,
    *opml.ROUTES,
    *api.ROUTES,
    *admin.ROUTES,
    *health.ROUTES,
    *metrics.ROUTES,
    *static.ROUTES,
)


def build_web(app: App) -> Starlette:
    """Return the pages and feeds of an application, for any ASGI server."""
    settings = app.settings
    mask_tokens()
    # What they are called and how often they are asked: pages ask none of them.
    sources = app.sources()
    meter = Meter(app, sources)
    web = Starlette(
        routes=list(_ROUTES),
        middleware=[
            Middleware(Guard, policy=policy_of(settings.public_url, settings.host)),
            Middleware(Measure, note=meter.note),
        ],
        lifespan=warmed,
        exception_handlers={
            TokenError: errors.broken_link,
            NotSignedInError: errors.not_signed_in,
            TooManyError: errors.too_many,
            HTTPException: errors.http_error,
            Exception: errors.failure,
        },
    )
    # A redirect to the same address with a slash would be made of the Host header.
    web.router.redirect_slashes = False
    web.state.site = build_site(app)
    web.state.meter = meter
    web.state.sources = sources
    web.state.full_answers = Buckets(full_answers.MOST, full_answers.SPAN)
    web.state.questions = Buckets(questions.MOST, questions.SPAN)
    web.state.calls = Buckets(resource.MOST, resource.SPAN)
    web.state.proxies = settings.proxies
    web.state.is_https = web.state.site.is_https
    return web
