"""What is remembered of a feed between two looks: which entries were there, and when it was."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from digest.sources.feeds.entries import MOST_ENTRIES, Entry

# Entries that left a feed come back, from another of its servers or when a newer one is withdrawn.
_MOST = 2 * MOST_ENTRIES
_KEY, _WORDS = 6, 3


@dataclass(frozen=True, slots=True)
class Memory:
    """What a cursor holds: `seen` has each entry's mark, and the mark of what it said.

    `looked_on` is the day of the last look, None before the first. In the order in which entries
    were seen last.
    """

    validators: str = ""
    looked_on: date | None = None
    seen: Mapping[bytes, bytes] = field(default_factory=dict)

    def with_entries(self, marks: Iterable[tuple[bytes, bytes]], on: date, validators: str) -> str:
        """Return the cursor after a look; who was seen longest ago is forgotten first."""
        seen = dict(self.seen)
        for key, words in marks:
            seen.pop(key, None)
            seen[key] = words
        kept = b"".join(key + words for key, words in list(seen.items())[-_MOST:])
        return json.dumps(
            {
                "validators": validators,
                "on": on.isoformat(),
                "seen": base64.urlsafe_b64encode(kept).decode(),
            }
        )


def remembered(cursor: str) -> Memory:
    """Return what a cursor holds; nothing for one that is no feed's."""
    try:
        said = json.loads(cursor or "{}")
        kept = base64.urlsafe_b64decode(said["seen"])
        if len(kept) % (_KEY + _WORDS) or not isinstance(said["validators"], str):
            return Memory()
        marks = [kept[at : at + _KEY + _WORDS] for at in range(0, len(kept), _KEY + _WORDS)]
        seen = {mark[:_KEY]: mark[_KEY:] for mark in marks}
        return Memory(said["validators"], date.fromisoformat(said["on"]), seen)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Memory()


def marks_of(entries: Iterable[Entry]) -> list[tuple[bytes, bytes]]:
    """Return for each entry the mark that tells it from others, and that of what it says.

    Where a feed calls several by one name, title and address tell them apart.
    """
    marks: list[tuple[bytes, bytes]] = []
    used: set[bytes] = set()
    for entry in entries:
        key = _hash(entry.key)[:_KEY]
        if key in used:
            where = entry.links[0].url if entry.links else ""
            key = _hash(f"{entry.key}\0{where}\0{entry.title}")[:_KEY]
        used.add(key)
        words = "\0".join((entry.title, entry.abstract, *entry.authors, *entry.said_ids))
        marks.append((key, _hash(words)[:_WORDS]))
    return marks


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
