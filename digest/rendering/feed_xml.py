"""The frame of RSS 2.0 and Atom by feedgen, with what feedgen 1.0 gets wrong put right.

* `rel="self"` is given before `alternate`, for RSS takes the last link as the channel's own;
* every date comes from the data, for its default is now;
* RSS dates are written here, for it sets the locale of the whole process to write one;
* one generator writes one format, so that nothing meant for one leaks into the other.
"""

from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem
from lxml.etree import _Element as Element

from digest.model.feeds import Feed, FeedFormat
from digest.rendering.feed_addresses import own_address, own_page, related_documents
from digest.rendering.feed_items import whole_second
from digest.rendering.links import Links
from digest.text import clean_line

TTL_MINUTES = 30

_GENERATOR = "Digest"
_ATOM = "http://www.w3.org/2005/Atom"
_HISTORY = "http://purl.org/syndication/history/1.0"
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


def _generator(feed_format: FeedFormat) -> FeedGenerator:
    is_rss = feed_format is FeedFormat.RSS
    generator = FeedGenerator()
    generator.load_extension("dc", atom=False, rss=True)
    generator.register_extension("ours", _Channel, atom=not is_rss, rss=is_rss)
    generator.generator(_GENERATOR)
    generator.docs("")
    return generator


def _bytes(generator: FeedGenerator, feed_format: FeedFormat) -> bytes:
    is_rss = feed_format is FeedFormat.RSS
    return bytes(generator.rss_str() if is_rss else generator.atom_str())
