"""Feeds as bytes, by feedgen, with what feedgen 1.0 gets wrong put right.

* entries are appended, for it prepends by default;
* `rel="self"` is given before `alternate`, for RSS takes the last link as the channel's own;
* every date comes from the data, for its default is now;
* RSS dates are written here, for it sets the locale of the whole process to write one;
* Atom entry links are written here, for it loses their `rel` and `type`;
* `content` is `html`, for `CDATA` leaks into Atom as a type;
* authors in RSS are `dc:creator`, for it drops those without an address;
* one generator writes one format, so that nothing meant for one leaks into the other.
"""

import gzip
import hashlib
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem
from lxml.etree import _Element as Element

from digest.model.feeds import Feed, FeedFormat, FeedItem, FeedSnapshot
from digest.rendering.links import Links, named_links
from digest.text import clean_line

MEDIA_TYPES = {
    FeedFormat.RSS: "application/rss+xml",
    FeedFormat.ATOM: "application/atom+xml",
}
TTL_MINUTES = 60

_LANGUAGE = "en"
_GENERATOR = "Digest"
_PARAGRAPH = re.compile(r"\n\s*\n")
_ITEM_TITLE = re.compile(rb"<item><title>[^<]*</title>")


def render_feed(
    feed: Feed, feed_format: FeedFormat, *, links: Links, authority: str, since_year: int
) -> bytes:
    """Return a feed in one format: equal arguments give equal bytes, whenever and wherever.

    `authority` and `since_year` name papers for ever (`tag:<authority>,<year>:paper/<key>`), so
    they are the site's from its first day, not what `links` happens to begin with.
    """
    namespace = f"tag:{authority},{since_year}:"
    generator = _channel(feed, feed_format, links, namespace, authority)
    for item in feed.items:
        _add_item(generator, item, feed_format, links, namespace)
    if feed_format is FeedFormat.ATOM:
        return bytes(generator.atom_str())
    return _ITEM_TITLE.sub(_in_hex, generator.rss_str())


def snapshot(feed: Feed, feed_format: FeedFormat, body: bytes) -> FeedSnapshot:
    """Return a feed's bytes as they are kept and served.

    `etag` is strong, of the identity encoding, with its quotes; the gzip body needs another one.
    """
    return FeedSnapshot(
        name=feed.name,
        format=feed_format,
        body=body,
        body_gzip=gzip.compress(body, mtime=0),
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        updated_at=feed.updated_at,
    )


class _Extension:
    """What feedgen asks of an extension, doing nothing."""

    def extend_ns(self) -> dict[str, str]:
        return {}

    def extend_rss(self, element: Element) -> None: ...

    def extend_atom(self, element: Element) -> None: ...


class _ChannelDate(_Extension):
    """Writes the date of an RSS channel."""

    built_at: datetime

    def extend_rss(self, element: Element) -> None:
        xml_elem("lastBuildDate", element[0]).text = format_datetime(_whole_second(self.built_at))


class _ItemDate(_Extension):
    """Writes the date of an RSS item."""

    published_at: datetime

    def extend_rss(self, element: Element) -> None:
        xml_elem("pubDate", element).text = format_datetime(_whole_second(self.published_at))


class _EntryLinks(_Extension):
    """Writes an Atom entry's links with `rel`, `type` and `title`."""

    def __init__(self) -> None:
        self.attributes: list[dict[str, str]] = []

    def extend_atom(self, element: Element) -> None:
        for attributes in self.attributes:
            xml_elem("link", element, **attributes)


def _channel(
    feed: Feed, feed_format: FeedFormat, links: Links, namespace: str, authority: str
) -> FeedGenerator:
    generator = FeedGenerator()
    generator.load_extension("dc", atom=False, rss=True)
    generator.register_extension("dates", _ChannelDate, _ItemDate, atom=False, rss=True)
    generator.register_extension("entry_links", _Extension, _EntryLinks, atom=True, rss=False)
    generator.id(f"{namespace}feed/{quote(feed.name, safe='')}")
    generator.title(clean_line(feed.title) or feed.name)
    generator.author({"name": authority})
    generator.link(
        href=links.feed(feed.name, feed_format), rel="self", type=MEDIA_TYPES[feed_format]
    )
    generator.link(href=links.feed_page(feed.name), rel="alternate", type="text/html")
    generator.description(clean_line(feed.description) or feed.name)
    generator.language(_LANGUAGE)
    generator.generator(_GENERATOR)
    generator.docs("")
    generator.ttl(TTL_MINUTES)
    generator.updated(_whole_second(feed.updated_at))
    # There is no other way to keep feedgen from writing this date through the process's locale.
    vars(generator)["_FeedGenerator__rss_lastBuildDate"] = None
    generator.dates.built_at = feed.updated_at
    return generator


def _add_item(
    generator: FeedGenerator, item: FeedItem, feed_format: FeedFormat, links: Links, namespace: str
) -> None:
    paper = item.paper
    page = links.paper(paper)
    paragraphs = [clean_line(text) for text in _PARAGRAPH.split(paper.abstract)]
    authors = [name for name in map(clean_line, paper.authors) if name]
    content = _content(item, paragraphs)
    summary = " ".join(filter(None, paragraphs))
    entry = generator.add_entry(order="append")
    entry.id(f"{namespace}paper/{quote(paper.key, safe='')}")
    entry.title(clean_line(paper.title) or "Untitled")
    entry.updated(_whole_second(item.updated_at))
    entry.content(content, type="html")
    if feed_format is FeedFormat.RSS:
        entry.link(href=page, rel="alternate")
        # RSS readers take a description for HTML.
        entry.description(escape(summary, quote=False) or escape(clean_line(paper.title)))
        entry.dates.published_at = item.published_at
        entry.dc.dc_creator(authors)
        return
    entry.published(_whole_second(item.published_at))
    entry.summary(summary or clean_line(paper.title), type="text")
    entry.author([{"name": name} for name in authors])
    entry.entry_links.attributes = [
        {"rel": "alternate", "type": "text/html", "href": page},
        *({"rel": "related", "href": link.url, "title": link.label} for link in named_links(paper)),
    ]


def _content(item: FeedItem, paragraphs: list[str]) -> str:
    text = "".join(f"<p>{escape(each)}</p>" for each in paragraphs if each)
    ways = "".join(
        f'<li><a href="{escape(link.url)}">{escape(link.label)}</a></li>'
        for link in named_links(item.paper)
    )
    return f"{text}<ul>{ways}</ul>"


def _in_hex(title: re.Match[bytes]) -> bytes:
    # What the RSS profile asks for: titles are text, and readers that take them for HTML are kept
    # from doing so. No XML writer can be told to.
    return title[0].replace(b"&lt;", b"&#x3C;").replace(b"&amp;", b"&#x26;")


def _whole_second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
