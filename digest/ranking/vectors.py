"""Papers as TF-IDF vectors of length one over their stems, stop words left out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from digest.ranking.analysis import STOP_WORDS, stems
from digest.ranking.archive import Archive
from digest.ranking.arrays import Floats, Longs
from digest.ranking.index import NO_WORD, Index

# Rarer than in one of a thousand papers is rare: one odd word in common must not decide.
MOST_RARITY = 7.0
# How often a word of a title counts where papers are compared by what they are about.
TITLE_TIMES = 2


class Vectors:
    """The vectors of a batch as (paper, stem, value), by paper and then alphabetically by stem.

    `roots` are the stems by number. Only the `most` strongest of each paper are kept, if given.
    """

    def __init__(
        self, index: Index, archive: Archive, *, title_times: int, most: int | None = None
    ) -> None:
        self.count = len(index.papers)
        self.roots, stem_of, worth = _worth(index.words, archive)
        is_telling = np.array([*map(_is_telling, index.words), False], bool)
        at = np.flatnonzero((index.word_at != NO_WORD) & is_telling[index.word_at])
        owners = index.paper_of[at].astype(np.int64)
        times = np.where(at < index.bounds[1::2][owners], float(title_times), 1.0)
        size = max(1, len(worth))
        found, which = np.unique(owners * size + stem_of[index.word_at[at]], return_inverse=True)
        values = (1 + np.log(np.bincount(which, times, len(found)))) * worth[found % size]
        if most is not None:
            strongest = np.sort(strongest_of_each(found // size, values, most))
            found, values = found[strongest], values[strongest]
        self.papers: Longs = found // size
        self.stems: Longs = found % size
        lengths = np.sqrt(np.bincount(self.papers, values**2, self.count))
        self.values: Floats = values / lengths[self.papers]

    def of(self, paper: int) -> dict[str, float]:
        """Return a paper's vector by stem."""
        first, last = np.searchsorted(self.papers, (paper, paper + 1))
        numbers, values = self.stems[first:last].tolist(), self.values[first:last].tolist()
        return {self.roots[number]: value for number, value in zip(numbers, values, strict=True)}

    def cosines(self, vector: dict[str, float]) -> Floats:
        """Return the cosine of every paper with a vector of length one."""
        numbers = [
            (self._numbers[root], value) for root, value in vector.items() if root in self._numbers
        ]
        order, first = self._by_stem
        found = np.zeros(self.count)
        for number, value in sorted(numbers):
            places = order[first[number] : first[number + 1]]
            found[self.papers[places]] += value * self.values[places]
        return found

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {root: number for number, root in enumerate(self.roots)}

    @cached_property
    def _by_stem(self) -> tuple[Longs, Longs]:
        order = np.argsort(self.stems, kind="stable")
        first = np.searchsorted(self.stems[order], np.arange(len(self.roots) + 1))
        return order, first


def centroid_of(
    vectors: Iterable[tuple[Mapping[str, float], float]], most: int
) -> dict[str, float]:
    """Return the strongest stems of the weighted sum of vectors, of length one."""
    total: dict[str, float] = defaultdict(float)
    for vector, weight in vectors:
        for root, value in vector.items():
            total[root] += weight * value
    strongest = sorted(total, key=lambda root: (-total[root], root))[:most]
    length = sqrt(sum(total[root] ** 2 for root in strongest)) or 1.0
    return {root: total[root] / length for root in strongest}


def strongest_of_each(papers: Longs, values: Floats, most: int) -> Longs:
    """Return the places of each paper's strongest values, the first of equals; papers ascend."""
    order = np.lexsort((np.arange(len(values)), -values, papers))
    begins = np.searchsorted(papers, papers)
    return order[np.arange(len(order)) - begins < most]


def _worth(words: Sequence[str], archive: Archive) -> tuple[list[str], NDArray[np.int64], Floats]:
    """Return the stems, alphabetically, the number of each word's stem, and what each stem tells."""
    roots = stems(words)
    word_of = dict(zip(roots, words, strict=True))
    ordered = sorted(word_of)
    numbers = {root: number for number, root in enumerate(ordered)}
    rarities = [archive.rarity(archive.count(word_of[root])) for root in ordered]
    stem_of = np.array([numbers[root] for root in roots], np.int64)
    return ordered, stem_of, np.minimum(np.array(rarities, np.float64), MOST_RARITY)


def _is_telling(word: str) -> bool:
    return len(word) > 1 and word not in STOP_WORDS and not word.isdecimal()
