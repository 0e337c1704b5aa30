"""The papers of a digest by interest, for who reads a mail from top to bottom."""

from collections.abc import Sequence
from dataclasses import dataclass

from digest.model.digests import Entry, MatchKind
from digest.rendering.cards import Card
from digest.rendering.languages import Language
from digest.rendering.marks import without_weight


@dataclass(frozen=True, slots=True)
class Group:
    """Papers under one heading, best first; without a heading they are all there are."""

    heading: str
    cards: Sequence[Card]


def grouped(entries: Sequence[Entry], cards: Sequence[Card], words: Language) -> list[Group]:
    """Return the cards of entries, which come best first, by the interest each met best.

    The interest of the best paper comes first, papers that met none come last. A heading over each
    single paper would only say what its reasons say, so there is none unless two share one.
    """
    found: dict[str, list[Card]] = {}
    rest: list[Card] = []
    for entry, card in zip(entries, cards, strict=False):
        (found.setdefault(_interest(entry, words), []) if entry.reasons else rest).append(card)
    groups = [Group(heading, each) for heading, each in found.items()]
    if rest:
        groups.append(Group(words.gettext("Best of the rest"), rest))
    return groups if 1 < len(groups) < len(cards) else [Group("", cards)]


def _interest(entry: Entry, words: Language) -> str:
    """Return an interest of the reader's own before one that was made of what they liked."""
    for reason in entry.reasons:
        if reason.kind is not MatchKind.LIKED:
            return without_weight(reason.expression)
    return words.gettext("Like papers you liked")
