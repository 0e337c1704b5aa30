"""What a feed must keep to, as rules of our own; the names in brackets are the W3C validator's."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from digest.model.feeds import FeedFormat

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_RFC_822 = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}")
_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})")
_OTHER_DOCUMENTS = {"current", "prev-archive", "next-archive", "next"}
_JSON_FEED = {
    "version", "title", "home_page_url", "feed_url", "description", "language", "authors",
    "next_url", "hubs", "items", "_digest",
}  # fmt: skip
_JSON_ITEM = {
    "id", "url", "title", "content_html", "summary", "date_published", "date_modified", "authors",
    "tags", "_digest",
}  # fmt: skip
_ALLOWED_TAGS = {"p", "ul", "ol", "li", "a", "span", "em", "strong"}
_ALLOWED_ATTRIBUTES = {("dir", "auto"), ("rel", "noreferrer")}


def problems(body: bytes, feed_format: FeedFormat, address: str) -> list[str]:
    """Return every rule a feed breaks when it is served at `address`."""
    if feed_format is FeedFormat.JSON:
        return list(_json(json.loads(body), address))
    declaration = body.split(b"\n", 1)[0]
    found = [] if b"UTF-8" in declaration else ["the encoding is not declared"]
    root = etree.fromstring(body)
    rules = _rss if feed_format is FeedFormat.RSS else _atom
    return [*found, *rules(root, address)]


def _rss(root: etree._Element, address: str) -> Iterator[str]:
    channel = root[0]
    for name in ("title", "link", "description", "language", "lastBuildDate", "ttl", "generator"):
        if len(channel.findall(name)) != 1:
            yield f"the channel has not one {name}"
    if channel.find("docs") is not None:
        yield "docs is noise"
    links = channel.findall(f"{ATOM}link")
    own = [(link.get("href"), link.get("type")) for link in links if link.get("rel") == "self"]
    if own != [(address, "application/rss+xml")]:
        yield "[MissingAtomSelfLink, SelfDoesntMatchLocation]"
    yield from _history(links, channel, address)
    if channel.findtext("link") == address:
        yield "the channel links to itself"
    items = channel.findall("item")
    dates = [channel.findtext("lastBuildDate"), *(item.findtext("pubDate") for item in items)]
    for value in dates:
        if not _RFC_822.fullmatch(value or "") or not parsedate_to_datetime(value).tzinfo:
            yield f"[InvalidRFC2822Date] {value}"
    ids = [item.findtext("guid") for item in items]
    if len(set(ids)) != len(ids) or not all(ids):
        yield "[DuplicateValue] guid"
    for item in items:
        yield from _rss_item(item)


def _rss_item(item: etree._Element) -> Iterator[str]:
    names = [child.tag for child in item]
    for name in ("title", "link", "guid", "pubDate", "description", CONTENT):
        if names.count(name) != 1:
            yield f"an item has {names.count(name)} of {name}"
    if "author" in names:
        yield "[InvalidContact] author"
    if names.index("description") > names.index(CONTENT):
        yield "[NeedDescriptionBeforeContent]"
    if "category" in names and names.index("category") < names.index("guid"):
        yield "category stands before what every reader looks for"
    if item.find("guid").get("isPermaLink") != "false":
        yield "[InvalidPermalink]"
    yield from _links([item.findtext("link")])
    yield from _html(item.findtext("description"))
    yield from _html(item.findtext(CONTENT))


def _atom(root: etree._Element, address: str) -> Iterator[str]:
    yield from _once(root, "the feed", ("id", "title", "updated", "author", "generator"))
    links = {link.get("rel"): link for link in root.findall(f"{ATOM}link")}
    own = links.get("self")
    if own is None or (own.get("href"), own.get("type")) != (address, "application/atom+xml"):
        yield "[MissingSelf, SelfDoesntMatchLocation]"
    if "alternate" not in links:
        yield "the feed has no alternate"
    yield from _history(root.findall(f"{ATOM}link"), root, address)
    entries = root.findall(f"{ATOM}entry")
    ids = [root.findtext(f"{ATOM}id"), *(entry.findtext(f"{ATOM}id") for entry in entries)]
    if len(set(ids)) != len(ids) or not all(ids):
        yield "[DuplicateEntries]"
    for date in root.iter(f"{ATOM}updated", f"{ATOM}published"):
        if not _RFC_3339.fullmatch(date.text) or not datetime.fromisoformat(date.text).tzinfo:
            yield f"[InvalidRFC3339Date] {date.text}"
    for entry in entries:
        yield from _once(entry, "an entry", ("id", "title", "updated", "published", "summary"))
        yield from _entry(entry)


def _entry(entry: etree._Element) -> Iterator[str]:
    links = entry.findall(f"{ATOM}link")
    alternates = [link for link in links if link.get("rel") == "alternate"]
    if [link.get("type") for link in alternates] != ["text/html"]:
        yield "an entry has not one alternate of type text/html"
    if not all(link.get("rel") for link in links):
        yield "a link without rel"
    yield from _links(link.get("href") for link in links)
    if entry.find(f"{ATOM}content").get("type") != "html":
        yield "content is not html"
    if entry.find(f"{ATOM}summary").get("type") != "text":
        yield "summary is not text"
    yield from _html(entry.findtext(f"{ATOM}content"))


def _history(links: list[etree._Element], parent: etree._Element, address: str) -> Iterator[str]:
    """RFC 5005: an archive says so and leads to the current document, and none leads to itself."""
    others = [link for link in links if link.get("rel") in _OTHER_DOCUMENTS]
    names = [link.get("rel") for link in others]
    if len(set(names)) != len(names):
        yield "two links of one relation"
    if any(link.get("href") == address for link in others):
        yield "a document leads to itself"
    yield from _links(link.get("href") for link in others)
    if parent.find(f"{HISTORY}archive") is not None and "current" not in names:
        yield "an archive does not lead to the current document"
    if len(parent.findall(f"{HISTORY}archive")) > 1:
        yield "an archive says so twice"


def _json(feed: dict[str, Any], address: str) -> Iterator[str]:
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield "no version"
    if list(feed)[-1] != "items":
        yield "what is said of the feed stands behind its items"
    if feed.get("feed_url") != address:
        yield "[SelfDoesntMatchLocation]"
    if feed.get("next_url") == address:
        yield "a document leads to itself"
    yield from _texts(feed, ("title", "home_page_url", "feed_url", "description", "language"))
    yield from _unknown(feed, _JSON_FEED)
    yield from _links(feed[name] for name in ("home_page_url", "next_url") if name in feed)
    ids = [item["id"] for item in feed["items"]]
    if len(set(ids)) != len(ids):
        yield "[DuplicateValue] id"
    for item in feed["items"]:
        yield from _json_item(item)


def _json_item(item: dict[str, Any]) -> Iterator[str]:
    yield from _texts(item, ("id", "url", "title", "content_html", "summary"))
    yield from _unknown(item, _JSON_ITEM)
    yield from _links([item["url"], *(link["url"] for link in item["_digest"]["related"])])
    yield from _html(item["content_html"])
    for name in ("date_published", "date_modified"):
        if not _RFC_3339.fullmatch(item[name]):
            yield f"[InvalidRFC3339Date] {item[name]}"
    if not all(author.keys() == {"name"} and author["name"] for author in _authors(item)):
        yield "an author without a name"
    if not all(isinstance(tag, str) and tag for tag in item.get("tags", ())):
        yield "a tag that is no text"


def _authors(of: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = of.get("authors", [])
    return found


def _texts(of: dict[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if not isinstance(of.get(name), str) or not of[name].strip():
            yield f"{name} is not a text"


def _unknown(of: dict[str, Any], names: set[str]) -> Iterator[str]:
    for name in of.keys() - names:
        yield f"JSON Feed has no {name}"


def _once(element: etree._Element, what: str, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        count = len(element.findall(f"{ATOM}{name}"))
        if count != 1:
            yield f"{what} has {count} of {name}"


def _links(urls: object) -> Iterator[str]:
    for url in urls:  # type: ignore[attr-defined]
        if urlsplit(url).scheme not in {"http", "https"}:
            yield f"[ContainsRelRef, SecurityRisk] {url}"


def _html(text: str) -> Iterator[str]:
    parser = _Fragment()
    parser.feed(text)
    parser.close()
    yield from parser.problems
    if parser.open:
        yield f"[NotHtml] {parser.open} is not closed"


class _Fragment(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag not in _ALLOWED_TAGS:
            self.problems.append(f"[SecurityRisk] <{tag}>")
        for name, value in attrs:
            is_link = name == "href" and (value or "").startswith(("https://", "http://"))
            if not is_link and (name, value) not in _ALLOWED_ATTRIBUTES:
                self.problems.append(f"[SecurityRiskAttr] {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"[NotHtml] </{tag}>")

    def handle_decl(self, decl: str) -> None:
        self.problems.append(f"[NotHtml] <!{decl}>")

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"[NotHtml] <!--{data}")

    def unknown_decl(self, data: str) -> None:
        self.problems.append(f"[NotHtml] <![{data}")
