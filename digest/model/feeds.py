"""A feed as something to be written in any format."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from digest.model.papers import Paper


class FeedFormat(StrEnum):
    """The formats a feed is written in; the value is also the ending of its address."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"


PAPER = "paper"


@dataclass(frozen=True, slots=True)
class FeedItem:
    """A paper as it entered a feed: once, at `published_at`; `updated_at` moves for real edits only.

    `lead` and `tail` are HTML of our own making that stand around what is said of the paper. An
    item of another `kind` has ids of its own, and its `lead` and `tail` are all of its content.
    """

    paper: Paper
    published_at: datetime
    updated_at: datetime
    lead: str = ""
    tail: str = ""
    kind: str = PAPER


@dataclass(frozen=True, slots=True)
class DayItem:
    """All papers first listed on a day (in UTC), in the order of the lists that brought them.

    `updated_at` moves when another list of the same day brings more.
    """

    day: date
    papers: tuple[Paper, ...]
    published_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StatusItem:
    """A word about the site itself, of which a day has one; `text` is plain."""

    day: date
    title: str
    text: str
    published_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a document stands among those of its feed (RFC 5005); months are written "2026-03".

    `month` is what the document holds, empty in the one that readers subscribe to; `is_complete`
    says that nothing comes to it any more. `older` is the month to read on in, and `archive` the
    newest complete month before this document; each is empty if there is none.
    """

    month: str = ""
    is_complete: bool = False
    older: str = ""
    archive: str = ""


ALONE = Pages()


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says, newest first; `updated_at` is its newest change, never the time of writing."""

    name: str
    title: str
    description: str
    items: tuple[FeedItem | DayItem | StatusItem, ...]
    updated_at: datetime
    pages: Pages = ALONE


@dataclass(frozen=True, slots=True)
class FeedSnapshot:
    """A feed's bytes, built when the data changed, served as they are."""

    name: str
    format: FeedFormat
    body: bytes
    body_gzip: bytes
    etag: str
    updated_at: datetime
