"""`/feeds`: what there is to follow in a feed reader, as pages and as the feeds themselves."""

import gzip
from datetime import datetime
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.feeds import FeedFormat
from digest.pipeline.public_feeds import DAILY, TRENDING
from digest.rendering.feeds import MEDIA_TYPES, tag_of
from digest.store import papers
from digest.store.feeds import read_mark, read_snapshot
from digest.web.counted_feeds import count_of, counted_feed
from digest.web.days import Span, days_of, is_month, months_of
from digest.web.site import alternates, site_of
from digest.web.stored_feeds import public_headers
from digest.web.tagged import Tagged, answer

_PREVIEW = 10


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
    ),
    DAILY: FeedPage(
        DAILY,
        "Papers by day",
        "One entry a day: the titles of all papers first listed on it.",
    ),
}


def show_all(request: Request) -> Response:
    """Return the page that says what feeds are and lists ours."""
    site = site_of(request)
    shown = [(page, site.path(f"/feeds/{page.name}")) for page in PAGES.values()]
    return site.page("feeds", pages=shown)


def show(request: Request) -> Response:
    """Return a feed's page: what it is, its addresses, its newest papers, the months before."""
    site = site_of(request)
    page = page_of(request)
    with site.app.database.reading() as connection:
        listings = papers.listings_so_far(connection)
        listed = papers.newest_papers(connection, _PREVIEW) if page.name == TRENDING else []
    days = days_of(listings)[:_PREVIEW] if page.name == DAILY else []
    addresses = alternates(site, page.name, f"{site.app.settings.site_name}: {page.title.lower()}")
    return site.page(
        "feed",
        title=page.title,
        description=page.description,
        addresses=addresses,
        alternates=addresses,
        listed=listed,
        days=[(each, site.path(f"/feeds/{page.name}/{each.name}")) for each in days],
        months=[
            (each, site.path(f"/feeds/{page.name}/{each.name}")) for each in months_of(listings)
        ],
    )


def show_span(request: Request) -> Response:
    """Return the page of a month, which lists its days, or of a day, which lists its papers."""
    site = site_of(request)
    page = page_of(request)
    name = request.path_params["span"]
    with site.app.database.reading() as connection:
        listings = papers.listings_so_far(connection)
        spans = months_of(listings) if is_month(name) else days_of(listings)
        span = next((each for each in spans if each.name == name), None)
        if span is None:
            raise HTTPException(404, "No papers were listed then.")
        listed = (
            [] if is_month(name) else papers.papers_listed_between(connection, span.start, span.end)
        )

    def led(to: Span | None) -> tuple[Span, str] | None:
        return None if to is None else (to, site.path(f"/feeds/{page.name}/{to.name}"))

    at = spans.index(span)
    inside = [each for each in days_of(listings) if is_month(name) and each.name.startswith(name)]
    return site.page(
        "feed-span",
        title=page.title,
        span=span,
        feed_url=site.path(f"/feeds/{page.name}"),
        days=[led(each) for each in inside],
        listed=listed,
        newer=led(spans[at - 1] if at else None),
        older=led(spans[at + 1] if at + 1 < len(spans) else None),
        alternates=alternates(
            site, page.name, f"{site.app.settings.site_name}: {page.title.lower()}"
        ),
    )


async def serve(request: Request) -> Response:
    """Return a stored feed, or as many items as `count` says.

    One that was never published is empty, and a valid feed: a reader that finds 404 gives up on
    an address, one that finds nothing new comes again.
    """
    site = site_of(request)
    name, format_ = page_of(request).name, format_of(request)
    if request.scope["query_string"] and "count" in request.query_params:
        return await run_in_threadpool(serve_counted, request, name, format_)
    feed = site.feeds.fresh(name, format_)
    if feed is None:
        feed = await run_in_threadpool(site.feeds.read, name, format_)
    return answer(request, feed)


def serve_counted(request: Request, name: str, format_: FeedFormat) -> Response:
    """Return the newest items of a feed, as many as are asked for."""
    body, updated_at = counted_feed(site_of(request).app, name, format_, count_of(request))
    return feed_response(request, body, format_, updated_at)


def serve_month(request: Request) -> Response:
    """Return what a feed had in a month (RFC 5005)."""
    site = site_of(request)
    name, format_ = page_of(request).name, format_of(request)
    month = request.path_params["month"]
    document = f"{name}/{month}"
    with site.app.database.reading() as connection:
        mark = read_mark(connection, document, format_) if is_month(month) else None
        if mark is None:
            raise HTTPException(404, "This feed has nothing of such a month.")

        def bodies() -> tuple[bytes, bytes]:
            stored = read_snapshot(connection, document, format_)
            return (stored.body, stored.body_gzip) if stored else (b"", b"")

        kind = MEDIA_TYPES[format_]
        feed = Tagged(mark.etag, mark.updated_at, kind, bodies, public_headers())
        return answer(request, feed)


def feed_response(
    request: Request, body: bytes, format_: FeedFormat, updated_at: datetime | None
) -> Response:
    """Return a public feed that was made on request, or 304 to whoever has these bytes."""

    def bodies() -> tuple[bytes, bytes]:
        return body, gzip.compress(body, mtime=0)

    kind = MEDIA_TYPES[format_]
    return answer(request, Tagged(tag_of(body), updated_at, kind, bodies, public_headers()))


def page_of(request: Request) -> FeedPage:
    """Return the feed an address names; raises HTTPException, 404, if there is none."""
    page = PAGES.get(request.path_params["name"])
    if page is None:
        raise HTTPException(404, "There is no feed of this name.")
    return page


def format_of(request: Request) -> FeedFormat:
    """Return the format an address ends in."""
    try:
        return FeedFormat(request.path_params["format"])
    except ValueError as error:
        *others, last = (f".{each}" for each in FeedFormat)
        endings = f"{', '.join(others)} and {last}"
        raise HTTPException(404, f"There is no feed in this format: {endings} are.") from error


ROUTES = (
    Route("/feeds", show_all),
    Route("/feeds/{name}.{format}", serve),
    Route("/feeds/{name}", show),
    Route("/feeds/{name}/{month}.{format}", serve_month),
    Route("/feeds/{name}/{span}", show_span),
)
