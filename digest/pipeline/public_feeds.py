"""What the public feeds hold; pure, so that the same papers give the same feeds."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from digest.model.feeds import ALONE, DayItem, Feed, FeedItem, Pages, StatusItem
from digest.model.papers import ListedPaper
from digest.model.sources import Lacking
from digest.rendering.incomplete import incomplete_now
from digest.sources.health.lacking import LONG

TRENDING = "trending"
DAILY = "daily"
ITEMS = 50
MOST_ITEMS = 200
DAYS = 30
# A reader that was off for a weekend loses nothing; a first start brings more than anybody reads.
_DEEP = timedelta(days=3)
DEEPEST = 500


def trending_feed(
    listed: Iterable[ListedPaper], site_name: str, empty_since: datetime, pages: Pages = ALONE
) -> Feed:
    """Return the feed of all new papers: append-only, each once, when it was first listed."""
    items = tuple(feed_item(each) for each in listed)
    return Feed(
        name=TRENDING,
        title=_title(f"{site_name}: trending papers", pages),
        description="Every paper on the day it was first listed, with its abstract.",
        items=items,
        updated_at=max((item.updated_at for item in items), default=empty_since),
        pages=pages,
    )


def daily_feed(
    listed: Iterable[ListedPaper], site_name: str, empty_since: datetime, pages: Pages = ALONE
) -> Feed:
    """Return the feed of days: append-only, each with the papers first listed on it.

    `listed` is newest first, as the store gives it.
    """
    items = day_items(listed)
    return Feed(
        name=DAILY,
        title=_title(f"{site_name}: papers by day", pages),
        description="One entry a day: the titles of all papers first listed on it.",
        items=items,
        updated_at=max((item.updated_at for item in items), default=empty_since),
        pages=pages,
    )


def with_line(feed: Feed, lacking: Sequence[Lacking]) -> Feed:
    """Return a feed that says in what sources are incomplete, the same for as long as they are.

    What is so for longer than a day is an entry as well, for readers that show no more than entries:
    one, by the day on which that began to be long. No other entry is touched.
    """
    if not lacking:
        return feed
    description = f"{feed.description} {incomplete_now(lacking)}"
    long = [each for each in lacking if each.is_long]
    if not long:
        return replace(feed, description=description)
    moments = [each.since + LONG for each in long]
    status = StatusItem(
        day=min(moments).date(),
        title="The list of papers is incomplete",
        text=incomplete_now(long),
        published_at=min(moments),
        updated_at=max(moments),
    )
    return replace(
        feed,
        description=description,
        items=(status, *feed.items),
        updated_at=max(feed.updated_at, status.updated_at),
    )


def feed_item(listed: ListedPaper) -> FeedItem:
    """Return a paper as it entered the feeds."""
    return FeedItem(
        paper=listed.paper,
        published_at=listed.listed_at,
        updated_at=max(listed.listed_at, listed.paper.updated_at),
    )


def day_items(listed: Iterable[ListedPaper]) -> tuple[DayItem, ...]:
    """Return papers by the day they were first listed on, newest day first.

    An edit of an abstract does not touch a day: it has titles only.
    """
    days = []
    for day, group in groupby(sorted(listed, key=_by_day, reverse=True), key=_by_day):
        found = list(group)
        moments = [each.listed_at for each in found]
        days.append(DayItem(day, tuple(each.paper for each in found), min(moments), max(moments)))
    return tuple(days)


def deep_enough(newest_first: Sequence[ListedPaper]) -> Sequence[ListedPaper]:
    """Return the papers that readers get without asking for a number: some, and three days."""
    if not newest_first:
        return newest_first
    since = newest_first[0].listed_at - _DEEP
    recent = sum(each.listed_at > since for each in newest_first)
    return newest_first[: max(ITEMS, recent)]


def month_of(moment: datetime) -> str:
    """Return the month of a moment in UTC, as addresses have it: "2026-03"."""
    return moment.astimezone(UTC).date().isoformat()[:7]


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """Return when a month begins and when the next one does; raises ValueError for none."""
    start = datetime.combine(date.fromisoformat(f"{month}-01"), datetime.min.time(), UTC)
    return start, (start + timedelta(days=31)).replace(day=1)


def pages_of(months: Iterable[str], now: datetime) -> list[Pages]:
    """Return the documents of a feed that has papers in these months, oldest first.

    The last is the one that readers subscribe to. A month is complete when it is over.
    """
    current = month_of(now)
    found = []
    older = archive = ""
    for month in sorted(months):
        is_complete = month < current
        found.append(Pages(month, is_complete, older, archive))
        older = month
        archive = month if is_complete else archive
    return [*found, Pages(older=older, archive=archive)]


def _title(title: str, pages: Pages) -> str:
    return f"{title}, {pages.month}" if pages.month else title


def _by_day(listed: ListedPaper) -> date:
    return listed.listed_at.astimezone(UTC).date()
