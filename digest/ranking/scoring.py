"""The score of a match: BM25F over title and abstract, the whole phrase above its words.

    kind * (sum of the words' worth + 3/4 of the phrase's + 3/4 of its acronyms' or long forms')

A find is worth its rarity in the archive times its frequency, which saturates. Computed once for a
term and a paper, for all of them at once, then rounded to 1/64, so that sums over interests are sums
of integers and come out the same in any order. Constants and their reasons: `docs/decisions.md`.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from digest.ranking.archive import Archive
from digest.ranking.arrays import Floats, Ints, Longs, ranges
from digest.ranking.index import Index
from digest.ranking.matching import ElementTable, Occurrences, PhraseTable
from digest.ranking.rarity import Rarity

UNIT = 64
MOST_POINTS = (1 << 16) - 1
TITLE, SATURATION = 3.0, 1.6
# How far the length of a title and of an abstract counts.
LENGTHS = np.array([0.7, 0.5])
PHRASE, OTHER = 0.75, 0.75
EXACT, ACRONYM, NEAR = 1.5, 1.25, 1.0
# A deviation of closeness between a paper and all that a reader asks for.
CLOSE = 4.0


class Plan(NamedTuple):
    """Which phrases a term is looked up by: its `own`, and those that stand for it."""

    own: Longs
    term_of: Longs
    is_own: npt.NDArray[np.bool_]


class TermHits(NamedTuple):
    """What each term found: papers[first[t]:first[t + 1]], ascending, and their points."""

    first: Longs
    papers: Ints
    points: Longs


def saturated(frequencies: Floats) -> Floats:
    """Return a frequency as evidence: the second occurrence says less than the first."""
    return (SATURATION + 1) * frequencies / (SATURATION + frequencies)


class Evidence:
    """How much each element of a table says of each of `papers` papers."""

    def __init__(self, index: Index, elements: ElementTable, archive: Archive) -> None:
        self.papers = max(1, len(index.papers))
        means = np.array([archive.title_length, archive.abstract_length])
        self._norms = 1 - LENGTHS + LENGTHS * index.lengths / means
        which = np.repeat(np.arange(len(elements.widest)), np.diff(elements.first))
        papers = index.paper_of[elements.starts]
        in_title = elements.starts < index.bounds[2 * papers + 1]
        keys = which * self.papers + papers
        begins = np.flatnonzero(np.diff(keys, prepend=-1))
        self._keys = keys[begins]
        titles = np.add.reduceat(in_title, begins, dtype=np.int64) if len(begins) else begins
        abstracts = np.diff(np.append(begins, len(keys))) - titles
        everywhere = self.frequency(papers[begins], titles, abstracts)
        in_titles = self.frequency(papers[begins], titles, np.zeros(len(begins), np.int64))
        # One more, of no worth, for what is not there.
        self._everywhere = np.append(saturated(everywhere), 0.0)
        self._in_titles = np.append(saturated(in_titles), 0.0)

    def frequency(
        self,
        papers: npt.NDArray[np.integer],
        titles: npt.NDArray[np.integer],
        abstracts: npt.NDArray[np.integer],
    ) -> Floats:
        """Return how often something occurs, a title counting thrice and long texts less."""
        norms = self._norms[papers]
        return np.asarray(TITLE * titles / norms[:, 0] + abstracts / norms[:, 1])

    def of(self, elements: Longs, papers: Longs, in_title: npt.NDArray[np.bool_]) -> Floats:
        """Return the evidence of elements in papers, pair by pair."""
        keys = elements * self.papers + papers
        at = np.searchsorted(self._keys, keys)
        is_there = at < len(self._keys)
        is_there[is_there] = self._keys[at[is_there]] == keys[is_there]
        at = np.where(is_there, at, len(self._keys))
        return np.where(in_title, self._in_titles[at], self._everywhere[at])


def score(
    plan: Plan,
    phrases: PhraseTable,
    found: Occurrences,
    rarity: Rarity,
    evidence: Evidence,
) -> TermHits:
    """Return what every term found, each paper once, with the sum of what its phrases are worth."""
    phrase, place = ranges(found.first, found.last)
    papers = found.papers[place]
    keys, hit = np.unique(plan.term_of[phrase] * evidence.papers + papers, return_inverse=True)
    terms, papers_hit = keys // evidence.papers, keys % evidence.papers
    value = _content(plan, phrases, rarity).worth(terms, papers_hit, evidence)
    frequencies = evidence.frequency(papers, found.titles[place], found.abstracts[place])
    # A single word is no phrase beside itself; an acronym is one beside its long form.
    weight = np.where(plan.is_own, np.where(np.diff(phrases.first) > 1, PHRASE, 0.0), OTHER)
    worth = (weight * rarity.phrases)[phrase] * saturated(frequencies)
    value += np.bincount(hit, worth, len(keys))
    kind = np.where(plan.is_own[phrase], np.where(frequencies > 0, EXACT, NEAR), ACRONYM)
    kinds = np.zeros(len(keys))
    np.maximum.at(kinds, hit, kind)
    points = np.clip(np.rint(kinds * value * UNIT), 1, MOST_POINTS).astype(np.int64)
    first = np.searchsorted(keys, np.arange(len(plan.own) + 1) * evidence.papers)
    return TermHits(first, papers_hit.astype(np.int32), points)


class _Content(NamedTuple):
    """The words that carry each term: all but its stop words, or all if it has no others."""

    first: Longs
    elements: Longs
    rarity: Floats
    in_title: npt.NDArray[np.bool_]

    def worth(self, terms: Longs, papers: Longs, evidence: Evidence) -> Floats:
        """Return what the words of each term are worth in a paper, together or scattered."""
        which, place = ranges(self.first[terms], self.first[terms + 1])
        found = evidence.of(self.elements[place], papers[which], self.in_title[terms][which])
        return np.asarray(np.bincount(which, self.rarity[place] * found, len(terms)), np.float64)


def _content(plan: Plan, phrases: PhraseTable, rarity: Rarity) -> _Content:
    which, place = ranges(phrases.first[plan.own], phrases.first[plan.own + 1])
    elements = phrases.elements[place].astype(np.int64)
    carries = rarity.has_content[elements]
    carries |= np.bincount(which, carries, len(plan.own))[which] == 0
    which, elements = which[carries], elements[carries]
    first = np.searchsorted(which, np.arange(len(plan.own) + 1))
    return _Content(first, elements, rarity.elements[elements], phrases.in_title[plan.own])
