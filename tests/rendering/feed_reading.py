"""What a reader makes of a feed in any format: feedparser for XML, a few lines for JSON."""

import json
from dataclasses import dataclass

import feedparser

from digest.model.feeds import FeedFormat


@dataclass(frozen=True)
class Read:
    """An item as a reader has it."""

    id: str
    title: str
    link: str
    html: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]


def read(body: bytes, feed_format: FeedFormat) -> list[Read]:
    """Return the items of a feed, which must have nothing wrong with it."""
    if feed_format is FeedFormat.JSON:
        return [
            Read(
                id=item["id"],
                title=item["title"],
                link=item["url"],
                html=item["content_html"],
                authors=tuple(author["name"] for author in item.get("authors", ())),
                categories=tuple(item.get("tags", ())),
            )
            for item in json.loads(body)["items"]
        ]
    parsed = feedparser.parse(body, sanitize_html=False)
    assert not parsed.bozo
    return [
        Read(
            id=entry.id,
            title=entry.title,
            link=entry.link,
            html=entry.content[0].value,
            authors=tuple(author.get("name", "") for author in entry.get("authors", ())),
            categories=tuple(tag.term for tag in entry.get("tags", ())),
        )
        for entry in parsed.entries
    ]
