"""A reader's own feed: whether its address is good, and what there is in it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class FeedShape(StrEnum):
    """What a private feed has one item of."""

    PAPERS = "papers"
    DIGESTS = "digests"


@dataclass(frozen=True, slots=True)
class PrivateFeed:
    """A reader's feed: only the address made of this `version` is good, and only while it is open.

    `fetched_on` is the last day somebody fetched it (None: never), `program` the name they gave.
    """

    version: int
    is_open: bool
    opened_at: datetime
    fetched_on: date | None = None
    program: str = ""


@dataclass(frozen=True, slots=True)
class FeedState:
    """What a private feed has in it without its content: the same state, the same bytes.

    `digest_ids` are the digests in it, newest first; `updated_at` is its newest change.
    """

    digest_ids: tuple[int, ...]
    updated_at: datetime
