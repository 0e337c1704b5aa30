"""RSS 2.0 and Atom by feedgen, with what feedgen 1.0 gets wrong put right.

* entries are appended, for it prepends by default;
* `rel="self"` is given before `alternate`, for RSS takes the last link as the channel's own;
* every date comes from the data, for its default is now;
* RSS dates are written here, for it sets the locale of the whole process to write one;
* Atom entry links are written here, for it loses their `rel` and `type`;
* `content` is `html`, for `CDATA` leaks into Atom as a type;
* authors in RSS are `dc:creator`, for it drops those without an address;
* one generator writes one format, so that nothing meant for one leaks into the other.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem
from lxml.etree import _Element as Element

from digest.model.feeds import Feed, FeedFormat
from digest.rendering.feed_addresses import own_address, own_page, related_documents
from digest.rendering.feed_items import ItemText, whole_second
from digest.rendering.links import Links
from digest.text import clean_line

TTL_MINUTES = 60

_GENERATOR = "Digest"
_ATOM = "http://www.w3.org/2005/Atom"
_HISTORY = "http://purl.org/syndication/history/1.0"
# Text is escaped, in attributes as well: nothing else can be read as one of these.
_ITEM = re.compile(rb"<(item|entry)>.*?</\1>", re.DOTALL)
_ITEM_TITLE = re.compile(rb"<item><title>[^<]*</title>")
_ENDS = {FeedFormat.RSS: b"</channel></rss>", FeedFormat.ATOM: b"</feed>"}


def xml_frame(  # noqa: PLR0913  what a feed says of itself
    feed: Feed,
    feed_format: FeedFormat,
    *,
    media_type: str,
    links: Links,
    namespace: str,
    authority: str,
    language: str,
    hub: str,
) -> tuple[bytes, bytes]:
    """Return what stands before the items of a feed and after them, everything that changes before."""
    generator = _generator(feed_format)
    generator.id(f"{namespace}feed/{quote(feed.name, safe='')}")
    generator.title(clean_line(feed.title) or feed.name)
    generator.author({"name": authority})
    generator.link(href=own_address(feed, feed_format, links), rel="self", type=media_type)
    generator.link(href=own_page(feed, links), rel="alternate", type="text/html")
    generator.description(clean_line(feed.description) or feed.name)
    generator.language(language)
    generator.ttl(TTL_MINUTES)
    generator.updated(whole_second(feed.updated_at))
    # There is no other way to keep feedgen from writing this date through the process's locale.
    vars(generator)["_FeedGenerator__rss_lastBuildDate"] = None
    generator.ours.built_at = feed.updated_at
    generator.ours.links = [
        {"rel": relation, "href": address, "type": media_type}
        for relation, address in related_documents(feed, feed_format, links)
    ]
    if hub:
        generator.ours.links.append({"rel": "hub", "href": hub})
    generator.ours.is_archive = feed.pages.is_complete
    written = _bytes(generator, feed_format)
    end = _ENDS[feed_format]
    return written.removesuffix(end), end


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


class _Channel:
    """Writes what feedgen has no words for: the date of an RSS channel, links to other documents."""

    built_at: datetime | None = None
    is_archive = False

    def __init__(self) -> None:
        self.links: list[dict[str, str]] = []

    def extend_ns(self) -> dict[str, str]:
        return {"fh": _HISTORY}

    def extend_rss(self, element: Element) -> None:
        channel = element[0]
        if self.built_at is not None:
            date = format_datetime(whole_second(self.built_at))
            xml_elem("lastBuildDate", channel).text = date
        self._extend(channel, f"{{{_ATOM}}}link")

    def extend_atom(self, element: Element) -> None:
        self._extend(element, "link")

    def _extend(self, element: Element, link: str) -> None:
        for attributes in self.links:
            xml_elem(link, element, **attributes)
        if self.is_archive:
            xml_elem(f"{{{_HISTORY}}}archive", element)


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
    generator.register_extension("ours", _Channel, _Item, atom=not is_rss, rss=is_rss)
    generator.generator(_GENERATOR)
    generator.docs("")
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
