"""Turn what was ingested into feeds that requests only read."""

from datetime import datetime

from digest.clock import Clock
from digest.model.feeds import Feed, FeedFormat, FeedItem
from digest.model.papers import ListedPaper
from digest.rendering.feeds import render_feed, snapshot
from digest.rendering.links import Links
from digest.store import feeds, papers
from digest.store.engine import Database

TRENDING = "trending"
ITEMS = 100


def publish(database: Database, links: Links, site_name: str, authority: str, clock: Clock) -> int:
    """Rebuild the trending feed in every format; return how many snapshots changed.

    Only a change of its papers changes its bytes, so doing it again, or twice at once, is harmless.
    """
    with database.ingesting() as connection:
        site = feeds.found_site(connection, authority, clock())
        listed = papers.newest_papers(connection, ITEMS)
        feed = trending_feed(listed, site_name, empty_since=site.started_at)
        changed = 0
        for format_ in FeedFormat:
            body = render_feed(
                feed,
                format_,
                links=links,
                authority=site.authority,
                since_year=site.started_at.year,
            )
            changed += feeds.save_snapshot(connection, snapshot(feed, format_, body))
    return changed


def trending_feed(listed: list[ListedPaper], site_name: str, empty_since: datetime) -> Feed:
    """Return the feed of all new papers: append-only, each once, when it was first listed."""
    items = tuple(feed_item(each) for each in listed)
    newest = max((item.updated_at for item in items), default=empty_since)
    return Feed(
        name=TRENDING,
        title=f"{site_name}: trending papers",
        description="Every paper on the day it was first listed, with its abstract.",
        items=items,
        updated_at=newest,
    )


def feed_item(listed: ListedPaper) -> FeedItem:
    """Return a paper as it entered the feeds."""
    return FeedItem(
        paper=listed.paper,
        published_at=listed.listed_at,
        updated_at=max(listed.listed_at, listed.paper.updated_at),
    )
