"""Turn what was ingested into feeds that requests only read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from digest.clock import Clock
from digest.model.feeds import Feed, FeedFormat, Pages
from digest.model.papers import ListedPaper
from digest.pipeline.public_feeds import (
    DAYS,
    DEEPEST,
    daily_feed,
    deep_enough,
    month_bounds,
    month_of,
    pages_of,
    trending_feed,
)
from digest.pipeline.public_feeds import TRENDING as TRENDING  # noqa: PLC0414  what pages announce
from digest.rendering.feed_addresses import own_address
from digest.rendering.feeds import feed_head, render_feed, snapshot
from digest.rendering.links import Links
from digest.store import feeds, papers
from digest.store.engine import Connection, Database
from digest.store.papers import Listing

_Make = Callable[[Iterable[ListedPaper], str, datetime, Pages], Feed]


def publish(  # noqa: PLR0913  what feeds are made of
    database: Database,
    links: Links,
    site_name: str,
    authority: str,
    clock: Clock,
    *,
    hub: str = "",
) -> list[str]:
    """Rebuild the public feeds in every format; return the addresses whose bytes changed.

    Only a change of papers changes bytes, so doing it again, or twice at once, is harmless. A month
    that is over is written once: again only when a paper of it was completed, or the site's name,
    address or hub changed.
    """
    with database.ingesting() as connection:
        now = clock()
        site = feeds.found_site(connection, authority, now)
        press = _Press(connection, links, site_name, site, hub)
        listings = papers.listings_so_far(connection)
        *months, subscribed = pages_of({month_of(each.listed_at) for each in listings}, now)
        changed = [
            *press.print_newest(trending_feed, press.newest_papers(), subscribed),
            *press.print_newest(daily_feed, press.newest_days(listings), subscribed),
        ]
        for pages in months:
            mine = [each for each in listings if month_of(each.listed_at) == pages.month]
            listed_at = max(each.listed_at for each in mine)
            changed_at = max(listed_at, *(each.changed_at for each in mine))
            changed += press.print_month(trending_feed, pages, changed_at)
            changed += press.print_month(daily_feed, pages, listed_at)
    return changed


@dataclass(frozen=True)
class _Press:
    """Writes documents and keeps those that changed."""

    connection: Connection
    links: Links
    site_name: str
    site: feeds.Site
    hub: str

    def newest_papers(self) -> Iterable[ListedPaper]:
        return deep_enough(papers.newest_papers(self.connection, DEEPEST))

    def newest_days(self, listings: list[Listing]) -> Iterable[ListedPaper]:
        days = sorted({each.listed_at.date() for each in listings})[-DAYS:]
        if not days:
            return ()
        start = min(each.listed_at for each in listings if each.listed_at.date() == days[0])
        return papers.papers_listed_between(self.connection, start)

    def print_newest(self, make: _Make, listed: Iterable[ListedPaper], pages: Pages) -> list[str]:
        return self._print(make(listed, self.site_name, self.site.started_at, pages), FeedFormat)

    def print_month(self, make: _Make, pages: Pages, updated_at: datetime) -> list[str]:
        """Write the document of a month, one that is over only if it would begin otherwise.

        All that can change in it has a later date, and the date stands before the papers.
        """
        formats: list[FeedFormat] = list(FeedFormat)
        if pages.is_complete:
            empty = make((), self.site_name, updated_at, pages)
            formats = [each for each in FeedFormat if not self._has(empty, each)]
        if not formats:
            return []
        listed = papers.papers_listed_between(self.connection, *month_bounds(pages.month))
        return self._print(make(listed, self.site_name, updated_at, pages), formats)

    def _has(self, feed: Feed, format_: FeedFormat) -> bool:
        head = feed_head(
            feed,
            format_,
            links=self.links,
            authority=self.site.authority,
            since_year=self.site.started_at.year,
            hub=self.hub,
        )
        name = f"{feed.name}/{feed.pages.month}"
        return feeds.begins_with(self.connection, name, format_, head)

    def _print(self, feed: Feed, formats: Iterable[FeedFormat]) -> list[str]:
        changed = []
        for format_ in formats:
            body = render_feed(
                feed,
                format_,
                links=self.links,
                authority=self.site.authority,
                since_year=self.site.started_at.year,
                hub=self.hub,
            )
            if feeds.save_snapshot(self.connection, snapshot(feed, format_, body)):
                changed.append(own_address(feed, format_, self.links))
        return changed
