"""`?count=`: more or fewer of the newest items than a stored feed has; made on request."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request

from digest.app import App
from digest.model.feeds import FeedFormat, Pages
from digest.model.papers import ListedPaper
from digest.pipeline.public_feeds import (
    DAYS,
    MOST_ITEMS,
    TRENDING,
    daily_feed,
    trending_feed,
    with_line,
)
from digest.rendering.feeds import render_feed
from digest.rendering.links import Links
from digest.store import papers
from digest.store.engine import Connection
from digest.store.feeds import read_site, snapshot_names
from digest.store.lacking import lacking_now
from digest.web.days import days_of

_DIGITS = 4


@dataclass(frozen=True)
class CountedLinks(Links):
    """The addresses of a site, but those of a feed say how many items it has."""

    count: int

    def feed(self, name: str, feed_format: FeedFormat) -> str:
        """Return the address of a feed in one format, with so many items."""
        return f"{Links.feed(self, name, feed_format)}?{urlencode({'count': self.count})}"


def count_of(request: Request, usual: int = 0) -> int:
    """Return how many items a request asks for; raises HTTPException, 400, for what is no number."""
    given = request.query_params.get("count")
    if given is None:
        return usual
    number = int(given) if given.isascii() and given.isdigit() and len(given) < _DIGITS else 0
    if not 1 <= number <= MOST_ITEMS:
        raise HTTPException(400, f"count is a number from 1 to {MOST_ITEMS}")
    return number


def counted_feed(
    app: App, name: str, format_: FeedFormat, count: int
) -> tuple[bytes, datetime | None]:
    """Return the newest items of a stored feed as bytes, and since when they are those.

    Nobody knows that while a source is incomplete: then it is None.

    A feed of days has no more of them than the stored one: each is a day's worth of papers.
    """
    with app.database.reading() as connection:
        site = read_site(connection)
        authority = site.authority if site else app.settings.authority
        since = site.started_at if site else app.clock().replace(minute=0, second=0, microsecond=0)
        # Which months are over is for publishing to say: the newest is the next page.
        months = snapshot_names(connection, name)
        pages = Pages(older=months[0].rpartition("/")[2] if months else "")
        if name == TRENDING:
            listed = papers.newest_papers(connection, count)
            feed = trending_feed(listed, app.settings.site_name, since, pages)
        else:
            listed = _of_days(connection, min(count, DAYS))
            feed = daily_feed(listed, app.settings.site_name, since, pages)
        lacking = lacking_now(connection)
        feed = with_line(feed, lacking)
    links = CountedLinks(app.links.base_url, app.links.tokens, count)
    body = render_feed(feed, format_, links=links, authority=authority, since_year=since.year)
    return body, None if lacking else feed.updated_at


def _of_days(connection: Connection, count: int) -> list[ListedPaper]:
    days = days_of(papers.listings_so_far(connection))[:count]
    return papers.papers_listed_between(connection, days[-1].start) if days else []
