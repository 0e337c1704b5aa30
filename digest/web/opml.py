"""`/feeds.opml`: all feeds anybody may follow, as a list that feed readers take in."""

import gzip
import hashlib
from collections.abc import Mapping
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.feeds import FeedFormat
from digest.rendering.feeds import FORMAT_NAMES
from digest.rendering.opml import MEDIA_TYPE, Group, Outline, render_opml
from digest.store.feeds import read_site
from digest.web.feeds import PAGES
from digest.web.site import Site, site_of
from digest.web.tagged import Tagged, answer

PUBLIC = {
    "Cache-Control": "public, max-age=3600, stale-while-revalidate=86400, stale-if-error=432000",
    "Access-Control-Allow-Origin": "*",
}


def serve(request: Request) -> Response:
    """Return the list of the public feeds, a group for each format."""
    site = site_of(request)
    created_at = founded_at(site)
    body = render_opml(
        f"{site.app.settings.site_name}: feeds", _groups(site), created_at=created_at
    )
    return answer(request, opml(body, created_at, PUBLIC))


def opml(body: bytes, updated_at: datetime | None, headers: Mapping[str, str]) -> Tagged:
    """Return a list of feeds as it is served; `updated_at` is None if nobody knows it."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Tagged(
        etag, updated_at, MEDIA_TYPE, lambda: (body, gzip.compress(body, mtime=0)), headers
    )


def founded_at(site: Site) -> datetime:
    """Return when the site began: a list of feeds has no other date of its own."""
    with site.app.database.reading() as connection:
        known = read_site(connection)
    now = site.app.clock()
    return known.started_at if known else now.replace(minute=0, second=0, microsecond=0)


def _groups(site: Site) -> list[Group]:
    links = site.app.links
    return [
        Group(
            FORMAT_NAMES[format_],
            tuple(
                Outline(
                    text=f"{site.app.settings.site_name}: {page.title}",
                    xml_url=links.feed(page.name, format_),
                    html_url=links.feed_page(page.name),
                    description=page.description,
                )
                for page in PAGES.values()
            ),
        )
        for format_ in FeedFormat
    ]


ROUTES = (Route("/feeds.opml", serve),)
