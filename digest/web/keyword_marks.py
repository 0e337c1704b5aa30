"""Which bytes the feeds of keywords have, so that whoever has them is told so without making them."""

import threading
from datetime import datetime
from typing import NamedTuple
from weakref import WeakKeyDictionary

from digest.model.feeds import FeedFormat
from digest.model.sources import Lacking
from digest.ranking.preview import RecentPapers

# Anybody may ask for anything; a mark with its expression has less than half a kilobyte.
MOST = 4000

# The expression, how many items, the format, and in what sources are incomplete.
Key = tuple[str, int, FeedFormat, tuple[Lacking, ...]]


class Mark(NamedTuple):
    """What tells a feed's bytes from others; `updated_at` is None where only the tag does."""

    etag: str
    updated_at: datetime | None


class KeywordMarks:
    """The marks of what was made lately, by the papers it was made of; safe among threads.

    They go with the papers: another object has none.
    """

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[RecentPapers, dict[Key, Mark]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def get(self, papers: RecentPapers, key: Key) -> Mark | None:
        """Return the mark of the bytes that these papers make, None if they were not made."""
        with self._lock:
            return self._of.get(papers, {}).get(key)

    def keep(self, papers: RecentPapers, key: Key, mark: Mark) -> None:
        """Keep a mark; when there are too many, all others go."""
        with self._lock:
            marks = self._of.setdefault(papers, {})
            if len(marks) >= MOST:
                marks.clear()
            marks[key] = mark
