"""What ranking takes and gives: a reader's wishes in, their selection out."""

from dataclasses import dataclass

from digest.model.digests import Entry
from digest.model.papers import Paper
from digest.model.subscribers import Interest


@dataclass(frozen=True, slots=True)
class Profile:
    """What ranking knows of a subscriber.

    Only papers first listed after dump `after` count, and none in `seen` (paper ids). Papers that
    meet an expression in `muted` are hidden; `liked` and `disliked` come newest first; `rest` is how
    many papers to show as the best of the rest where nothing matches.
    """

    subscriber_id: int
    interests: tuple[Interest, ...]
    limit: int
    after: int = 0
    seen: frozenset[int] = frozenset()
    muted: tuple[str, ...] = ()
    liked: tuple[Paper, ...] = ()
    disliked: tuple[Paper, ...] = ()
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Selection:
    """What ranking chose for a profile, best first, out of how many.

    `is_rest` says that nothing matched and the entries are the best of the rest; `excluded` papers
    met an interest but are hidden by an exclusion or a mute.
    """

    subscriber_id: int
    considered: int
    matched: int
    entries: tuple[Entry, ...]
    is_rest: bool = False
    excluded: int = 0
