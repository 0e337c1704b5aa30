"""A feed as something to be written in any format."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.papers import Paper


class FeedFormat(StrEnum):
    """The formats a feed is written in; the value is also the ending of its address."""

    RSS = "rss"
    ATOM = "atom"


@dataclass(frozen=True, slots=True)
class FeedItem:
    """A paper as it entered a feed: once, at `published_at`; `updated_at` moves for real edits only."""

    paper: Paper
    published_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says, newest first; `updated_at` is its newest change, never the time of writing."""

    name: str
    title: str
    description: str
    items: tuple[FeedItem, ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class FeedSnapshot:
    """A feed's bytes, built when the data changed, served as they are."""

    name: str
    format: FeedFormat
    body: bytes
    body_gzip: bytes
    etag: str
    updated_at: datetime
