"""Turn what was ingested into feeds that requests only read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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
    with_line,
)
from digest.pipeline.public_feeds import TRENDING as TRENDING  # noqa: PLC0414  what pages announce
from digest.rendering.feed_addresses import own_address
from digest.rendering.feeds import feed_head, render_feed, snapshot
from digest.rendering.links import Links
from digest.store import feeds, papers
from digest.store.engine import Connection, Database
from digest.store.lacking import lacking_now
from digest.store.papers import Listing

_Make = Callable[[Iterable[ListedPaper], str, datetime, Pages], Feed]


@dataclass(frozen=True, slots=True)
class Published:
    """The addresses whose bytes changed: of what readers follow, and of the months behind it."""

    followed: tuple[str, ...]
    of_months: tuple[str, ...]


def publish(  # noqa: PLR0913  what feeds are made of
    database: Database,
    links: Links,
    site_name: str,
    authority: str,
    clock: Clock,
    *,
    hub: str = "",
) -> Published:
    """Rebuild the public feeds in every format; return the addresses whose bytes changed.

    Only a change of papers, or of what sources lack, changes bytes, so doing it again, or twice at
    once, is harmless. A month that is over is written once (RFC 5005): again only if the site's name
    or address changed, or a clock went wrong. All is kept together or not at all, so that no document
    leads to one that is not there.
    """
    with database.ingesting() as connection:
        now = clock()
        site = feeds.found_site(connection, authority, now)
        press = _Press(connection, links, site_name, site, hub, now)
        listings = papers.listings_so_far(connection)
        # Of a month, the last listing.
        newest = {month_of(each): each for each in sorted(each.listed_at for each in listings)}
        *months, subscribed = pages_of(newest, now)
        followed = [
            *press.print_newest(trending_feed, press.newest_papers(), subscribed),
            *press.print_newest(daily_feed, press.newest_days(listings), subscribed),
        ]
        of_months = [
            address
            for pages in months
            for make in (trending_feed, daily_feed)
            for address in press.print_month(make, pages, newest[pages.month])
        ]
    return Published(tuple(followed), tuple(of_months))


@dataclass(frozen=True)
class _Press:
    """Writes documents and keeps those that changed."""

    connection: Connection
    links: Links
    site_name: str
    site: feeds.Site
    hub: str
    now: datetime

    def newest_papers(self) -> Iterable[ListedPaper]:
        return deep_enough(papers.newest_papers(self.connection, DEEPEST))

    def newest_days(self, listings: list[Listing]) -> Iterable[ListedPaper]:
        days = sorted({each.listed_at.date() for each in listings})[-DAYS:]
        if not days:
            return ()
        start = min(each.listed_at for each in listings if each.listed_at.date() == days[0])
        return papers.papers_listed_between(self.connection, start)

    def print_newest(self, make: _Make, listed: Iterable[ListedPaper], pages: Pages) -> list[str]:
        feed = make(listed, self.site_name, self.site.started_at, pages)
        told = with_line(feed, lacking_now(self.connection))
        return self._print(told, FeedFormat, self.hub, self.now)

    def print_month(self, make: _Make, pages: Pages, newest: datetime) -> list[str]:
        """Write the document of a month; one that is over only if it would begin otherwise.

        Or if something was listed in it after all, by a clock that was behind the one it ended by.
        """
        empty = make((), self.site_name, self.site.started_at, pages)
        formats = [
            each
            for each in FeedFormat
            if not (pages.is_complete and self._has(empty, each, newest))
        ]
        if not formats:
            return []
        listed = papers.papers_listed_between(self.connection, *month_bounds(pages.month))
        # Nobody is told of what does not change, so no month names a hub.
        return self._print(make(listed, self.site_name, self.site.started_at, pages), formats, "")

    def _has(self, empty: Feed, format_: FeedFormat, newest: datetime) -> bool:
        name = f"{empty.name}/{empty.pages.month}"
        stored = feeds.read_mark(self.connection, name, format_)
        if stored is None or stored.updated_at < newest:
            return False
        head = feed_head(
            # A paper that was completed since does not touch it.
            replace(empty, updated_at=stored.updated_at),
            format_,
            links=self.links,
            authority=self.site.authority,
            since_year=self.site.started_at.year,
        )
        return feeds.begins_with(self.connection, name, format_, head)

    def _print(
        self, feed: Feed, formats: Iterable[FeedFormat], hub: str, now: datetime | None = None
    ) -> list[str]:
        changed = []
        for format_ in formats:
            body = render_feed(
                feed,
                format_,
                links=self.links,
                authority=self.site.authority,
                since_year=self.site.started_at.year,
                hub=hub,
            )
            if feeds.save_snapshot(self.connection, snapshot(feed, format_, body), now):
                changed.append(own_address(feed, format_, self.links))
        return changed
