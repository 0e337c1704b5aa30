"""Feeds as bytes, in any format: the frame of a feed around items that are each written once."""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

from digest.model.feeds import DayItem, Feed, FeedFormat, FeedItem, FeedSnapshot, StatusItem
from digest.rendering.feed_addresses import day_page
from digest.rendering.feed_items import ItemText, item_text
from digest.rendering.feed_json import json_frame, json_item
from digest.rendering.feed_xml import TTL_MINUTES as TTL_MINUTES  # noqa: PLC0414  what a reader is told
from digest.rendering.feed_xml import xml_frame
from digest.rendering.feed_xml_items import xml_item
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
# Of a feed that is written whole.
_REMEMBERED_TEXTS = 600
_Item = FeedItem | DayItem | StatusItem
_TextKey = tuple[_Item, str, str]
_Key = tuple[FeedFormat, _TextKey]
_K = TypeVar("_K")
_V = TypeVar("_V")


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
        etag=tag_of(body),
        updated_at=feed.updated_at,
    )


def tag_of(body: bytes) -> str:
    """Return the strong tag of bytes, with its quotes: the same in every process."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


class _Remembered(Generic[_K, _V]):
    """What was made lately, by everything that it depends on; safe among threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._made: OrderedDict[_K, _V] = OrderedDict()
        self._lock = Lock()

    def get(self, keys: Sequence[_K]) -> list[_V | None]:
        with self._lock:
            found = [self._made.get(key) for key in keys]
            for key, made in zip(keys, found, strict=True):
                if made is not None:
                    self._made.move_to_end(key)
        return found

    def keep(self, made: Iterable[tuple[_K, _V]]) -> None:
        with self._lock:
            self._made.update(made)
            while len(self._made) > self._size:
                self._made.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._made.clear()


_written: _Remembered[_Key, bytes] = _Remembered(_REMEMBERED)
# One format is written after the other, and what is said is the same in all.
_texts: _Remembered[_TextKey, ItemText] = _Remembered(_REMEMBERED_TEXTS)


def forget_written() -> None:
    """Forget every item that was written, so that the next feed is written anew; for measuring."""
    _written.clear()
    _texts.clear()


def _items(feed: Feed, feed_format: FeedFormat, links: Links, namespace: str) -> list[bytes]:
    keys = [(feed_format, _key(item, feed.name, links, namespace)) for item in feed.items]
    found = _written.get(keys)
    missing = [key for key, written in zip(keys, found, strict=True) if written is None]
    if not missing:
        return [each for each in found if each is not None]
    texts = _said(feed.name, [key for _, key in missing], links)
    write = json_item if feed_format is FeedFormat.JSON else partial(xml_item, feed_format)
    new = [write(each) for each in texts]
    # What is said to one reader only is asked for again by nobody else.
    _written.keep(
        (key, each) for key, each in zip(missing, new, strict=True) if _is_shared(key[1][0])
    )
    rest = iter(new)
    return [next(rest) if each is None else each for each in found]


def _said(name: str, keys: Sequence[_TextKey], links: Links) -> list[ItemText]:
    found = _texts.get(keys)
    said = [
        item_text(key[0], name, links, key[1]) if each is None else each
        for key, each in zip(keys, found, strict=True)
    ]
    _texts.keep((key, each) for key, each in zip(keys, said, strict=True) if _is_shared(key[0]))
    return said


def _is_shared(item: _Item) -> bool:
    return not (isinstance(item, FeedItem) and (item.lead or item.tail))


def _key(item: _Item, name: str, links: Links, namespace: str) -> _TextKey:
    """Return what an item's text depends on; its address stands for all of `links`."""
    if isinstance(item, DayItem):
        return item, namespace, day_page(name, item.day, links)
    if isinstance(item, StatusItem):
        return item, namespace, links.home()
    return item, namespace, links.paper(item.paper)


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
