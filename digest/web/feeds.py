"""`/feeds`: what there is to follow in a feed reader, as pages and as the feeds themselves."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.feeds import FeedFormat, FeedSnapshot
from digest.model.papers import ListedPaper
from digest.pipeline.public_feeds import TRENDING, trending_feed
from digest.rendering.feeds import MEDIA_TYPES, render_feed, snapshot
from digest.store import papers
from digest.store.feeds import read_site, read_snapshot
from digest.web.conditional import accepts_gzip, entity_tag, is_unchanged
from digest.web.site import Site, alternates, site_of

_PREVIEW = 10
_FRESH = "public, max-age=900, stale-while-revalidate=86400, stale-if-error=432000"
# Before the first publishing: soon there will be more.
_NOT_YET = "public, max-age=60"


class FeedPage(NamedTuple):
    """A stored feed as its page describes it."""

    name: str
    title: str
    description: str


PAGES = {
    TRENDING: FeedPage(
        TRENDING,
        "Trending papers",
        "Every paper on the day it was first listed, with its abstract. Nothing comes twice.",
    )
}


def show_all(request: Request) -> Response:
    """Return the page that says what feeds are and lists ours."""
    site = site_of(request)
    return site.page("feeds", pages=[(page, site.path(f"/feeds/{page.name}")) for page in _pages()])


def show(request: Request) -> Response:
    """Return a feed's page: what it is, its addresses, its newest papers."""
    site = site_of(request)
    page = PAGES.get(request.path_params["name"])
    if page is None:
        raise HTTPException(404, "There is no feed of this name.")
    return site.page(
        "feed",
        title=page.title,
        description=page.description,
        addresses=alternates(site, page.name, page.title),
        listed=_newest(site),
    )


def serve(request: Request) -> Response:
    """Return a stored feed; nothing is built on a request.

    One that was never published is empty, and a valid feed: a reader that finds 404 gives up on
    an address, one that finds nothing new comes again.
    """
    site = site_of(request)
    name, format_ = request.path_params["name"], format_of(request)
    if name not in PAGES:
        raise HTTPException(404, "There is no feed of this name.")
    with site.app.database.reading() as connection:
        stored = read_snapshot(connection, name, format_)
    if stored is None:
        return feed_response(request, _empty(site, format_), cache=_NOT_YET)
    return feed_response(request, stored)


def feed_response(request: Request, stored: FeedSnapshot, cache: str = _FRESH) -> Response:
    """Return a feed's bytes, compressed if the reader takes that, or 304 if they have them."""
    headers = request.headers
    is_gzip = accepts_gzip(headers.get("accept-encoding"))
    common = {
        "ETag": entity_tag(stored.etag, is_gzip=is_gzip),
        "Last-Modified": format_datetime(_whole(stored.updated_at), usegmt=True),
        "Cache-Control": cache,
        "Vary": "Accept-Encoding",
        "Access-Control-Allow-Origin": "*",
    }
    if is_unchanged(
        stored.etag,
        stored.updated_at,
        headers.get("if-none-match"),
        headers.get("if-modified-since"),
    ):
        return Response(status_code=304, headers=common)
    if is_gzip:
        common["Content-Encoding"] = "gzip"
    common["Content-Type"] = f"{MEDIA_TYPES[stored.format]}; charset=utf-8"
    return Response(stored.body_gzip if is_gzip else stored.body, headers=common)


def format_of(request: Request) -> FeedFormat:
    """Return the format an address ends in."""
    try:
        return FeedFormat(request.path_params["format"])
    except ValueError as error:
        *others, last = (f".{each}" for each in FeedFormat)
        endings = f"{', '.join(others)} and {last}"
        raise HTTPException(404, f"There is no feed in this format: {endings} are.") from error


def _pages() -> list[FeedPage]:
    return list(PAGES.values())


def _newest(site: Site) -> list[ListedPaper]:
    with site.app.database.reading() as connection:
        return papers.newest_papers(connection, _PREVIEW)


def _empty(site: Site, format_: FeedFormat) -> FeedSnapshot:
    with site.app.database.reading() as connection:
        known = read_site(connection)
    authority = known.authority if known else site.app.settings.authority
    since = known.started_at if known else _whole(site.app.clock()).replace(minute=0, second=0)
    feed = trending_feed([], site.app.settings.site_name, empty_since=since)
    body = render_feed(
        feed, format_, links=site.app.links, authority=authority, since_year=since.year
    )
    return snapshot(feed, format_, body)


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


ROUTES = (
    Route("/feeds", show_all),
    Route("/feeds/{name}.{format}", serve),
    Route("/feeds/{name}", show),
)
