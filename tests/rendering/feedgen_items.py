"""Items as feedgen writes them once its faults are mended: what ours must be, byte for byte.

* entries are appended, for it prepends by default;
* RSS dates are written here, for it sets the locale of the whole process to write one;
* Atom entry links are written here, for it loses their `rel` and `type`;
* `content` is `html`, for `CDATA` leaks into Atom as a type;
* authors in RSS are `dc:creator`, for it drops those without an address;
* titles in RSS get their hex references afterwards, for no XML writer can be told to write them.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape

from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem
from lxml.etree import _Element as Element

from digest.model.feeds import FeedFormat
from digest.rendering.feed_items import ItemText

# Text is escaped, in attributes as well: nothing else can be read as one of these.
_ITEM = re.compile(rb"<(item|entry)>.*?</\1>", re.DOTALL)
_ITEM_TITLE = re.compile(rb"<item><title>[^<]*</title>")


def xml_items(items: Sequence[ItemText], feed_format: FeedFormat) -> list[bytes]:
    """Return items as RSS items or Atom entries, each to stand in the frame of any feed."""
    if not items:
        return []
    generator = _generator(feed_format)
    # What feedgen asks of a feed before it writes one.
    generator.id("-")
    generator.title("-")
    generator.link(href="-")
    generator.description("-")
    generator.updated(items[0].updated_at)
    vars(generator)["_FeedGenerator__rss_lastBuildDate"] = None
    for item in items:
        _add_item(generator, item, feed_format)
    written = [match[0] for match in _ITEM.finditer(_bytes(generator, feed_format))]
    if feed_format is FeedFormat.RSS:
        return [_ITEM_TITLE.sub(_in_hex, each) for each in written]
    return written


class _Nothing:
    """Feedgen asks for an extension of the channel as well."""

    def extend_ns(self) -> dict[str, str]:
        return {}

    def extend_rss(self, element: Element) -> None:
        del element

    def extend_atom(self, element: Element) -> None:
        del element


class _Item:
    """Writes the date of an RSS item, and an Atom entry's links with `rel`, `type` and `title`."""

    published_at: datetime | None = None

    def __init__(self) -> None:
        self.links: list[dict[str, str]] = []

    def extend_rss(self, element: Element) -> None:
        if self.published_at is not None:
            xml_elem("pubDate", element).text = format_datetime(self.published_at)

    def extend_atom(self, element: Element) -> None:
        for attributes in self.links:
            xml_elem("link", element, **attributes)


def _generator(feed_format: FeedFormat) -> FeedGenerator:
    is_rss = feed_format is FeedFormat.RSS
    generator = FeedGenerator()
    generator.load_extension("dc", atom=False, rss=True)
    generator.register_extension("ours", _Nothing, _Item, atom=not is_rss, rss=is_rss)
    return generator


def _bytes(generator: FeedGenerator, feed_format: FeedFormat) -> bytes:
    is_rss = feed_format is FeedFormat.RSS
    return bytes(generator.rss_str() if is_rss else generator.atom_str())


def _add_item(generator: FeedGenerator, item: ItemText, feed_format: FeedFormat) -> None:
    entry = generator.add_entry(order="append")
    entry.id(item.id)
    entry.title(item.title)
    entry.updated(item.updated_at)
    entry.content(item.html, type="html")
    entry.category([{"term": each} for each in item.categories])
    if feed_format is FeedFormat.RSS:
        entry.link(href=item.url, rel="alternate")
        # RSS readers take a description for HTML.
        entry.description(escape(item.summary, quote=False))
        entry.ours.published_at = item.published_at
        entry.dc.dc_creator(list(item.authors))
        return
    entry.published(item.published_at)
    entry.summary(item.summary, type="text")
    entry.author([{"name": name} for name in item.authors])
    entry.ours.links = [
        {"rel": "alternate", "type": "text/html", "href": item.url},
        *({"rel": "related", "href": link.url, "title": link.label} for link in item.related),
    ]


def _in_hex(title: re.Match[bytes]) -> bytes:
    # What the RSS profile asks for: titles are text, and readers that take them for HTML are kept
    # from doing so. No XML writer can be told to.
    return title[0].replace(b"&lt;", b"&#x3C;").replace(b"&amp;", b"&#x26;")
