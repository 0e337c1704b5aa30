"""How rare things are in the archive: words, phrases, names.

The archive knows how many papers have a word, and how many have one of its common pairs. A phrase is
counted nowhere: it is as rare as its rarest pair, and a little rarer for the others. On the
collections that costs .15 % against counting every phrase in every paper, and a new phrase
is known at once.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digest.ranking.analysis import fold, stem
from digest.ranking.archive import COMMON, Archive
from digest.ranking.arrays import Floats, offsets
from digest.ranking.elements import Element
from digest.ranking.matching import PhraseTable

OTHER_PAIRS = 0.15
# Names are in no archive: an author is as rare as can be, a category is a twentieth of the papers.
CATEGORY = 3.0


class Rarity(NamedTuple):
    """What a find is worth: of each element, and of each phrase as a whole."""

    elements: Floats
    phrases: Floats
    has_content: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        archive: Archive,
        elements: Sequence[Element],
        phrases: PhraseTable,
        is_found: NDArray[np.bool_],
    ) -> "Rarity":
        """Return what the archive tells of elements, and of the phrases that were found."""
        worth = np.array([archive.rarity(_count(archive, each)) for each in elements], np.float64)
        has_content = np.array([each.has_content for each in elements], bool)
        return cls(worth, _phrases(archive, elements, worth, phrases, is_found), has_content)


def _count(archive: Archive, element: Element) -> int:
    word = "".join(element.words)
    return archive.count_beginning(word) if element.is_prefix else archive.count(fold(word))


def _phrases(
    archive: Archive,
    elements: Sequence[Element],
    worth: Floats,
    phrases: PhraseTable,
    is_found: NDArray[np.bool_],
) -> Floats:
    """Return the rarity of phrases: of their rarest pair, and a part of the mean of the others."""
    lengths = np.diff(phrases.first)
    first, parts = phrases.first.tolist(), phrases.elements.tolist()
    whole = worth[phrases.elements[phrases.first[:-1]]].copy()
    several = np.flatnonzero(is_found & (lengths > 1))
    if not len(several):
        return whole
    memo: dict[tuple[int, int], float] = {}
    pairs = []
    for number in several.tolist():
        for at in range(first[number], first[number + 1] - 1):
            pair = parts[at], parts[at + 1]
            if pair not in memo:
                memo[pair] = _pair(archive, elements[pair[0]], elements[pair[1]], worth, pair)
            pairs.append(memo[pair])
    begins = offsets(lengths[several] - 1)[:-1]
    values = np.array(pairs, np.float64)
    rarest = np.maximum.reduceat(values, begins)
    others = np.add.reduceat(values, begins) - rarest
    mean = others / np.maximum(1, lengths[several] - 2)
    whole[several] = np.minimum(archive.rarity(0), rarest + OTHER_PAIRS * mean)
    return whole


def _pair(
    archive: Archive, left: Element, right: Element, worth: Floats, pair: tuple[int, int]
) -> float:
    """Return the rarity of two neighbours; with a stop word it is that of the other."""
    if not (left.has_content and right.has_content):
        return float(
            max(worth[n] for n, e in zip(pair, (left, right), strict=True) if e.has_content)
            if left.has_content or right.has_content
            else 0.0
        )
    count = archive.pairs.get(f"{stem(left.words[-1])} {stem(right.words[0])}", 0)
    if count:
        return archive.rarity(count)
    both = float(worth[pair[0]] + worth[pair[1]])
    return max(archive.rarity(COMMON - 1), min(archive.rarity(0), both))
