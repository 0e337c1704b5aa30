"""Feeds as bytes, in any format: the frame of a feed around items that are each written once."""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from threading import Lock

from digest.model.feeds import DayItem, Feed, FeedFormat, FeedItem, FeedSnapshot
from digest.rendering.feed_addresses import day_page
from digest.rendering.feed_items import item_text
from digest.rendering.feed_json import json_frame, json_item
from digest.rendering.feed_xml import TTL_MINUTES as TTL_MINUTES  # noqa: PLC0414  what a reader is told
from digest.rendering.feed_xml import xml_frame, xml_items
from digest.rendering.links import Links

MEDIA_TYPES = {
    FeedFormat.RSS: "application/rss+xml",
    FeedFormat.ATOM: "application/atom+xml",
    FeedFormat.JSON: "application/feed+json",
}
FORMAT_NAMES = {FeedFormat.RSS: "RSS", FeedFormat.ATOM: "Atom", FeedFormat.JSON: "JSON Feed"}

_LANGUAGE = "en"
# A month of papers in every format; an item has about 3 kB.
_REMEMBERED = 4000
_Key = tuple[FeedItem | DayItem, FeedFormat, str, str]


def render_feed(  # noqa: PLR0913  what a feed is made of
    feed: Feed,
    feed_format: FeedFormat,
    *,
    links: Links,
    authority: str,
    since_year: int,
    hub: str = "",
) -> bytes:
    """Return a feed in one format: equal arguments give equal bytes, whenever and wherever.

    `authority` and `since_year` name papers for ever (`tag:<authority>,<year>:paper/<key>`), so
    they are the site's from its first day, not what `links` happens to begin with. `hub` is the
    WebSub hub that is told of changes, for public feeds.
    """
    namespace = f"tag:{authority},{since_year}:"
    items = _items(feed, feed_format, links, namespace)
    before, after = _frame(feed, feed_format, links, namespace, authority, hub)
    between = b",\n" if feed_format is FeedFormat.JSON else b""
    return b"".join((before, between.join(items), after))


def feed_head(  # noqa: PLR0913  the same as above
    feed: Feed,
    feed_format: FeedFormat,
    *,
    links: Links,
    authority: str,
    since_year: int,
    hub: str = "",
) -> bytes:
    """Return what a feed begins with, before its items; a later change of it changes this."""
    namespace = f"tag:{authority},{since_year}:"
    return _frame(feed, feed_format, links, namespace, authority, hub)[0]


def snapshot(feed: Feed, feed_format: FeedFormat, body: bytes) -> FeedSnapshot:
    """Return a feed's bytes as they are kept and served.

    `etag` is strong, of the identity encoding, with its quotes; the gzip body needs another one.
    The document of a month is kept under the name of its feed and the month: "trending/2026-03".
    """
    month = feed.pages.month
    return FeedSnapshot(
        name=f"{feed.name}/{month}" if month else feed.name,
        format=feed_format,
        body=body,
        body_gzip=gzip.compress(body, mtime=0),
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        updated_at=feed.updated_at,
    )


class _Written:
    """The items that were written lately, by everything that their bytes depend on."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: OrderedDict[_Key, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, keys: Sequence[_Key]) -> list[bytes | None]:
        with self._lock:
            found = [self._items.get(key) for key in keys]
            for key, written in zip(keys, found, strict=True):
                if written is not None:
                    self._items.move_to_end(key)
        return found

    def keep(self, written: Iterable[tuple[_Key, bytes]]) -> None:
        with self._lock:
            self._items.update(written)
            while len(self._items) > self._size:
                self._items.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._items.clear()


_written = _Written(_REMEMBERED)


def forget_written() -> None:
    """Forget every item that was written, so that the next feed is written anew; for measuring."""
    _written.clear()


def _items(feed: Feed, feed_format: FeedFormat, links: Links, namespace: str) -> list[bytes]:
    keys = [_key(item, feed_format, feed.name, links, namespace) for item in feed.items]
    found = _written.get(keys)
    missing = [key for key, written in zip(keys, found, strict=True) if written is None]
    texts = [item_text(item, feed.name, links, namespace) for item, *_ in missing]
    if feed_format is FeedFormat.JSON:
        new = [json_item(each) for each in texts]
    else:
        new = xml_items(texts, feed_format)
    # What is said to one reader only is asked for again by nobody else.
    shared = [(key, each) for key, each in zip(missing, new, strict=True) if _is_shared(key[0])]
    _written.keep(shared)
    rest = iter(new)
    return [next(rest) if each is None else each for each in found]


def _is_shared(item: FeedItem | DayItem) -> bool:
    return isinstance(item, DayItem) or not (item.lead or item.tail)


def _key(
    item: FeedItem | DayItem, feed_format: FeedFormat, name: str, links: Links, namespace: str
) -> _Key:
    """Return what the bytes of an item depend on; its address stands for all of `links`."""
    if isinstance(item, DayItem):
        return item, feed_format, namespace, day_page(name, item.day, links)
    return item, feed_format, namespace, links.paper(item.paper)


def _frame(  # noqa: PLR0913, PLR0917  the same as above
    feed: Feed,
    feed_format: FeedFormat,
    links: Links,
    namespace: str,
    authority: str,
    hub: str,
) -> tuple[bytes, bytes]:
    if feed_format is FeedFormat.JSON:
        return json_frame(feed, links=links, authority=authority, language=_LANGUAGE, hub=hub)
    return xml_frame(
        feed,
        feed_format,
        media_type=MEDIA_TYPES[feed_format],
        links=links,
        namespace=namespace,
        authority=authority,
        language=_LANGUAGE,
        hub=hub,
    )
