"""The score of a match: BM25F over title and abstract, the whole phrase above its words.

Computed once for a term and a paper, then rounded to 1/64, so that sums over interests are sums of
integers and come out the same in any order (`docs/decisions.md`).
"""

from collections.abc import Sequence
from math import log

from digest.ranking.index import Counts

UNIT = 64
TITLE_WEIGHT = 3.0
WORDS, PAIRS, PHRASE, ALTERNATIVE = 0.5, 0.05, 0.6, 0.2
SEVERAL_WORDS = 0.6


def term_frequency(counts: Counts, lengths: Counts, averages: tuple[float, float]) -> float:
    """Return how often something occurs, a title counting thrice and long texts less."""
    title_average, abstract_average = averages
    title = TITLE_WEIGHT * counts.title / (0.7 + 0.3 * lengths.title / title_average)
    return title + counts.abstract / (0.4 + 0.6 * lengths.abstract / abstract_average)


def saturated(frequency: float) -> float:
    """Return a frequency as evidence: the second occurrence says less than the first."""
    return 2.6 * frequency / (1.6 + frequency)


def rarity(papers: int, total: int) -> float:
    """Return what a find is worth that `papers` of `total` papers share."""
    return log(1 + (total - papers + 0.5) / (papers + 0.5))


def combine(
    words: Sequence[tuple[float, float]],
    pairs: Sequence[tuple[float, float]],
    phrase: tuple[float, float],
    alternatives: Sequence[tuple[float, float, bool]],
) -> float:
    """Return a term's score from the (rarity, frequency) of its parts in one paper.

    A single word has no pairs and no phrase of its own. An alternative is an acronym's long form
    or a phrase's acronym; its flag tells that it has several words. The words only ever add to a
    match: scattered words alone are none.
    """
    size = sum(rare for rare, _ in words) or 1.0
    own = WORDS * _sum(words) + PAIRS * _sum(pairs) + PHRASE * _sum([phrase])
    other = sum(
        (SEVERAL_WORDS if is_phrase else 1.0) * rare * saturated(frequency)
        for rare, frequency, is_phrase in alternatives
    )
    return float(size**-0.1 * own + ALTERNATIVE * other)


def quantised(score: float) -> int:
    """Return a score in whole units; a match is never worth nothing."""
    return max(1, round(score * UNIT))


def _sum(parts: Sequence[tuple[float, float]]) -> float:
    return sum(rare * saturated(frequency) for rare, frequency in parts)
