"""What ranking takes and gives: a reader's wishes in, their selection out."""

from dataclasses import dataclass

from digest.model.digests import Entry
from digest.model.subscribers import Interest


@dataclass(frozen=True, slots=True)
class Profile:
    """What ranking knows of a subscriber.

    Only papers first listed after dump `after` count, and none in `seen` (paper ids).
    """

    subscriber_id: int
    interests: tuple[Interest, ...]
    limit: int
    after: int = 0
    seen: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Selection:
    """What ranking chose for a profile, best first, out of how many."""

    subscriber_id: int
    considered: int
    matched: int
    entries: tuple[Entry, ...]
