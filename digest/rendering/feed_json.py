"""Feeds as JSON Feed 1.1 (jsonfeed.org); what only we have stands under `_digest`."""

import json
from typing import Any

from digest.model.feeds import Feed, FeedFormat
from digest.rendering.feed_addresses import month_address, own_address, own_page
from digest.rendering.feed_items import ItemText, whole_second
from digest.rendering.links import Links
from digest.text import clean_line

VERSION = "https://jsonfeed.org/version/1.1"


def json_frame(
    feed: Feed, *, links: Links, authority: str, language: str, hub: str
) -> tuple[bytes, bytes]:
    """Return what stands before the items of a feed and after them, everything that changes before."""
    about: dict[str, Any] = {
        "version": VERSION,
        "title": clean_line(feed.title) or feed.name,
        "home_page_url": own_page(feed, links),
        "feed_url": own_address(feed, FeedFormat.JSON, links),
        "description": clean_line(feed.description) or feed.name,
        "language": language,
        "authors": [{"name": authority}],
    }
    if feed.pages.older:
        about["next_url"] = month_address(feed.name, feed.pages.older, FeedFormat.JSON, links)
    if hub:
        about["hubs"] = [{"type": "WebSub", "url": hub}]
    about["_digest"] = {
        "date_modified": whole_second(feed.updated_at).isoformat(),
        "is_complete": feed.pages.is_complete,
    }
    return _written(about)[:-1] + b',"items":[\n', b"\n]}\n"


def json_item(item: ItemText) -> bytes:
    """Return an item as JSON."""
    said: dict[str, Any] = {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "content_html": item.html,
        "summary": item.summary,
        "date_published": item.published_at.isoformat(),
        "date_modified": item.updated_at.isoformat(),
    }
    if item.authors:
        said["authors"] = [{"name": name} for name in item.authors]
    if item.categories:
        said["tags"] = list(item.categories)
    said["_digest"] = {
        "source_ids": dict(item.source_ids),
        "related": [{"title": link.label, "url": link.url} for link in item.related],
    }
    return _written(said)


def _written(what: dict[str, Any]) -> bytes:
    return json.dumps(what, ensure_ascii=False, separators=(",", ":")).encode()
