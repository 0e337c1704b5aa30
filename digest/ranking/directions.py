"""Which words of an archive count for closeness, and the directions in which its papers differ most.

Latent semantic analysis: papers are rows of word frequencies weighted by rarity, words are columns,
and the directions are the first right singular vectors. Words are stems, and pairs of neighbouring
stems, "a b", of one sentence. Everything goes by arrays, so that 20,000 papers take seconds.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from digest.ranking.analysis import STOP_WORDS, fold, sentences, stems, words_as_written
from digest.ranking.arrays import Floats, Ints, Longs
from digest.ranking.index import NO_WORD
from digest.ranking.numbering import Numbering

_Singles = npt.NDArray[np.float32]

MOST_WORDS = 20_000
# A word of one paper says nothing of others; a pair in few papers is mostly an accident.
LEAST_PAPERS, LEAST_PAPERS_OF_PAIR = 2, 5
# Papers multiplied together: so few that most of the words are in none of them and can be left out.
_TOGETHER = 128
# What a random sketch needs beyond the directions wanted, and how often it is sharpened.
_SPARE, _POWERS = 20, 3

_STOPS = STOP_WORDS | set(stems(sorted(STOP_WORDS)))


class Text(NamedTuple):
    """Stems in a row, each a number in `stems` and of the paper in `owners`; NO_WORD parts."""

    stems: Sequence[str]
    numbers: Ints
    owners: Ints


class Cells(NamedTuple):
    """Rows of words: row n has `counts[n]` from `begins[n]` on, each once, with what it counts."""

    begins: Longs
    counts: Longs
    words: npt.NDArray[np.integer]
    times: Floats

    def sums(self, vectors: npt.NDArray[np.generic]) -> Floats:
        """Return for each row the sum of its words' vectors, as often as they count.

        Row by row the first words are added, then the second ones, and so on, without copies of
        them all. Rows of many words come first, so that those that have an nth are a slice.
        """
        order = np.argsort(-self.counts, kind="stable")
        begins, counts = self.begins[order], self.counts[order]
        found = np.zeros((len(order), vectors.shape[1]), np.float64)
        longer = len(order) - np.cumsum(np.bincount(counts))
        for nth, rows in enumerate(longer[:-1].tolist()):
            at = begins[:rows] + nth
            found[:rows] += vectors[self.words[at]] * self.times[at, None]
        sums = np.empty_like(found)
        sums[order] = found
        return sums

    def rows(self, begin: int, end: int) -> "Cells":
        """Return some of the rows."""
        return self._replace(begins=self.begins[begin:end], counts=self.counts[begin:end])


class Lexicon:
    """The words that count, by number: stems, and pairs of stems with a space between."""

    def __init__(self, words: Sequence[str]) -> None:
        self._count = len(words)
        self._stems = Numbering()
        parts = [[self._stems[part] for part in word.split(" ")] for word in words]
        self._single = np.full(len(self._stems), NO_WORD, np.int64)
        pairs: list[tuple[int, int]] = []
        for number, (first, *rest) in enumerate(parts):
            if rest:
                pairs.append((first * len(self._stems) + rest[0], number))
            else:
                self._single[first] = number
        # A last pair that no text has, so that a search always ends at one.
        ordered = np.array([*sorted(pairs), (np.iinfo(np.int64).max, NO_WORD)], np.int64)
        self._codes, self._pairs = ordered.T

    def numbers(self, roots: Iterable[str]) -> Ints:
        """Return the number of each stem, NO_WORD where it is in no word."""
        known = self._stems
        return np.array([known.get(root, NO_WORD) for root in roots], np.int32)

    def cells(self, numbers: Ints, owners: Ints, rows: int) -> Cells:
        """Return the words that stems in a row make, by owner; a word counts 1 + ln of its times.

        The logarithm is rounded to 1/256: sums of floats that are not too fine are exact.
        """
        is_known = np.append(numbers != NO_WORD, False)  # the end parts, too
        at = np.flatnonzero(is_known)
        lefts = np.flatnonzero(is_known[:-1] & is_known[1:])
        codes = numbers[lefts].astype(np.int64) * len(self._stems) + numbers[lefts + 1]
        places = np.searchsorted(self._codes, codes)
        pairs = np.where(self._codes[places] == codes, self._pairs[places], NO_WORD)
        words = np.concatenate((self._single[numbers[at]], pairs))
        owned = np.concatenate((owners[at], owners[lefts])).astype(np.int64)
        is_word = words != NO_WORD
        keys, times = np.unique(owned[is_word] * self._count + words[is_word], return_counts=True)
        found, words = np.divmod(keys, self._count)
        counts = np.bincount(found, minlength=rows)
        weights = np.rint(256 * (1 + np.log(times))) / 256
        return Cells(np.cumsum(counts) - counts, counts, words, weights)


def read(papers: Iterable[Sequence[str]]) -> Text:
    """Return the stems of papers, each some texts; stop words, sentences and papers part."""
    words = Numbering()
    tokens = array("i")
    lengths: list[int] = []
    for texts in papers:
        before = len(tokens)
        for text in texts:
            for start, end in sentences(text):
                tokens.extend([words[fold(word)] for _, word in words_as_written(text, start, end)])
                tokens.append(NO_WORD)
        lengths.append(len(tokens) - before)
    roots = Numbering()
    number_of = [NO_WORD if root in _STOPS else roots[root] for root in stems(words.texts)]
    numbers = np.array([*number_of, NO_WORD], np.int32)[np.frombuffer(tokens, np.int32)]
    return Text(roots.texts, numbers, np.repeat(np.arange(len(lengths), dtype=np.int32), lengths))


def choose_words(text: Text, papers: int) -> list[str]:
    """Return the words of most papers, less those of half of them all; of equals, the first."""
    roots, numbers, owners = text
    size = max(1, len(roots))
    at = np.flatnonzero(numbers >= 0)
    singles = _papers_with(numbers[at], owners[at], size)
    lefts = np.flatnonzero((numbers[:-1] >= 0) & (numbers[1:] >= 0))
    codes = numbers[lefts].astype(np.int64) * size + numbers[lefts + 1]
    distinct, times = np.unique(codes, return_counts=True)
    # Most pairs are in one paper: they go before anything is made of them.
    distinct = distinct[times >= LEAST_PAPERS_OF_PAIR]
    places = np.searchsorted(distinct, codes)
    is_often = np.append(distinct, -1)[places] == codes
    pairs = _papers_with(places[is_often], owners[lefts[is_often]], len(distinct))
    found = [
        (-count, root)
        for root, count in zip(roots, singles.tolist(), strict=True)
        if LEAST_PAPERS <= count < papers / 2
    ]
    found += [
        (-count, f"{roots[code // size]} {roots[code % size]}")
        for code, count in zip(distinct.tolist(), pairs.tolist(), strict=True)
        if LEAST_PAPERS_OF_PAIR <= count < papers / 2
    ]
    return [word for _, word in sorted(found)[:MOST_WORDS]]


def _papers_with(numbers: npt.NDArray[np.integer], owners: Ints, size: int) -> Longs:
    """Return how many papers have each of the numbers below `size`."""
    keys = np.sort(owners.astype(np.int64) * max(1, size) + numbers)
    is_new = np.diff(keys, prepend=-1) > 0
    return np.bincount(keys[is_new] % max(1, size), minlength=size)


def rarities(cells: Cells, words: int) -> Floats:
    """Return what each word tells: the fewer papers have it, the more."""
    papers = np.bincount(cells.words, minlength=words)
    rarity: Floats = np.log((len(cells.counts) + 1) / (papers + 0.5))
    return rarity


def directions(cells: Cells, rarity: Floats, most: int) -> _Singles:
    """Return for each word its part in each direction, the strongest direction first.

    By randomised subspace iteration (Halko, Martinsson, Tropp 2011). The same input gives the same
    bytes on the same machine with as many threads.
    """
    values = cells.times * rarity[cells.words]
    rows = np.repeat(np.arange(len(cells.counts)), cells.counts)
    lengths = np.sqrt(np.bincount(rows, values**2, len(cells.counts)))
    values = (values / lengths[rows]).astype(np.float32)
    blocks = _Blocks(cells, rows, values)
    dice = np.random.default_rng(150)
    sketch = dice.standard_normal((len(rarity), most + _SPARE), np.float32)
    for _ in range(_POWERS):
        sketch = _orthonormal(blocks.times_their_transpose(sketch))
    return sketch[:, :most]


class _Blocks(NamedTuple):
    """A sparse matrix, multiplied in dense pieces of some rows and of the columns they have."""

    cells: Cells
    rows: Longs
    values: _Singles

    def times_their_transpose(self, sketch: _Singles) -> _Singles:
        """Return A.T @ A @ sketch."""
        product = np.zeros_like(sketch)
        for words, block in self._dense():
            product[words] += block.T @ (block @ sketch[words])
        return product

    def _dense(self) -> Iterator[tuple[Longs, _Singles]]:
        count = len(self.cells.counts)
        for begin, end in pairwise([*range(0, count, _TOGETHER), count]):
            here = slice(*np.searchsorted(self.rows, (begin, end)))
            words, columns = np.unique(self.cells.words[here], return_inverse=True)
            block = np.zeros((end - begin, len(words)), np.float32)
            block[self.rows[here] - begin, columns] = self.values[here]
            yield words, block


def _orthonormal(sketch: _Singles) -> _Singles:
    """Return the directions of a sketch's columns, the strongest first; none that is but noise."""
    wide = sketch.astype(np.float64)
    strengths, mixtures = np.linalg.eigh(wide.T @ wide)
    is_real = strengths > strengths[-1] * 1e-10
    mixtures = mixtures[:, is_real] / np.sqrt(strengths[is_real])
    found: _Singles = (wide @ mixtures[:, ::-1]).astype(np.float32)
    return found
