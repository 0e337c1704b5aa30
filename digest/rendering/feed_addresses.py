"""Where the documents of a feed are: the one readers subscribe to, and one a month."""

from datetime import date

from digest.model.feeds import Feed, FeedFormat
from digest.rendering.links import Links


def own_address(feed: Feed, feed_format: FeedFormat, links: Links) -> str:
    """Return the address a document is served at."""
    if feed.pages.month:
        return month_address(feed.name, feed.pages.month, feed_format, links)
    return links.feed(feed.name, feed_format)


def own_page(feed: Feed, links: Links) -> str:
    """Return the address of the page that shows a document to people."""
    page = links.feed_page(feed.name)
    return f"{page}/{feed.pages.month}" if feed.pages.month else page


def month_address(name: str, month: str, feed_format: FeedFormat, links: Links) -> str:
    """Return the address of what a feed had in a month."""
    return f"{links.feed_page(name)}/{month}.{feed_format}"


def day_page(name: str, day: date, links: Links) -> str:
    """Return the address of the page that shows what a feed had on a day."""
    return f"{links.feed_page(name)}/{day.isoformat()}"


def related_documents(feed: Feed, feed_format: FeedFormat, links: Links) -> list[tuple[str, str]]:
    """Return (relation, address) of the other documents of a feed (RFC 5005).

    A month that is not over is no archive: its document is the next page until then.
    """
    pages = feed.pages
    found = []
    if pages.month:
        found.append(("current", links.feed(feed.name, feed_format)))
    if pages.archive:
        address = month_address(feed.name, pages.archive, feed_format, links)
        found.append(("prev-archive", address))
    if pages.older and pages.older != pages.archive:
        found.append(("next", month_address(feed.name, pages.older, feed_format, links)))
    return found
