"""How close a paper is to all that a reader asks for, beyond the words they share.

Latent semantic analysis of the archive gives words, papers and phrases a place in one space of 150
directions. The closeness of a reader's direction r and a paper e is the cosine, counted in
deviations over the archive's papers with mean m and covariance C:

    z = (r.e - r.m) / sqrt(r'C r) = a.b / |a|   where  a = L'r,  b = inv(L) (e - m),  C = L L'

so that phrases are kept as L'v, papers as inv(L) (e - m), and closeness is a product of matrices.

Once an archive is trained, every sum is of whole numbers, or of floats coarse enough to add up
without rounding. So neither the rest of a batch, nor blocks, nor threads change a single bit.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise
from typing import Self

import numpy as np
import numpy.typing as npt

from digest.ranking.analysis import stems
from digest.ranking.arrays import Floats, Ints, Longs
from digest.ranking.directions import Cells, Lexicon, choose_words, directions, rarities, read
from digest.ranking.index import NO_WORD, Index

DIRECTIONS = 150
# With fewer papers the directions are accidents; more than so many tell nothing new.
LEAST_PAPERS, MOST_PAPERS = 500, 20_000
# A deviation of a paper in steps of int8, which reaches 127 / 12, about 10 deviations.
SCALE = 12
# A phrase's entries are between -1 and 1.
_PHRASE_SCALE = 32767
_READER_SCALE = 127
_ROWS, _PHRASES, _READERS = 512, 4096, 256

_Bytes = npt.NDArray[np.int8]
_Words = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)  # compared, and remembered, as the object it is
class Latent:
    """The words that count, and their places; frozen with the archive they were learned from.

    `matrix` has a row for each word, what it tells times its part in each direction. `spread` is L,
    `narrow` is inv(L) transposed, `centre` is inv(L) m.
    """

    words: Sequence[str]
    matrix: npt.NDArray[np.float16]
    spread: npt.NDArray[np.float32]
    narrow: npt.NDArray[np.float32]
    centre: Floats

    @classmethod
    def of(cls, papers: Iterable[tuple[str, str]], most: int = DIRECTIONS) -> Self | None:
        """Learn from papers, each a (title, abstract), the oldest first; None if there are too few.

        They are read once, and the last 20,000 count.
        """
        newest = deque(papers, MOST_PAPERS)
        if len(newest) < LEAST_PAPERS:
            return None
        text = read(newest)
        words = choose_words(text, len(newest))
        if not words:
            return None
        lexicon = Lexicon(words)
        numbers = np.append(lexicon.numbers(text.stems), np.int32(NO_WORD))[text.numbers]
        cells = lexicon.cells(numbers, text.owners, len(newest))
        rarity = rarities(cells, len(words))
        matrix = (directions(cells, rarity, most) * rarity[:, None]).astype(np.float16)
        return cls(words, matrix, *_whitening(cells, matrix))

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return everything as arrays, for `from_arrays`; about 6 MB."""
        return {
            "latent_words": np.frombuffer("\n".join(self.words).encode(), np.uint8),
            "latent_matrix": self.matrix,
            "latent_spread": self.spread,
            "latent_narrow": self.narrow,
            "latent_centre": self.centre,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Self | None:
        """Return what `arrays` gave, None where it is not among these.

        Raises KeyError or ValueError where some is missing or does not fit.
        """
        if "latent_words" not in arrays:
            return None
        words = arrays["latent_words"].tobytes().decode().split("\n")
        matrix = arrays["latent_matrix"].astype(np.float16)
        spread = arrays["latent_spread"].astype(np.float32)
        narrow = arrays["latent_narrow"].astype(np.float32)
        centre = arrays["latent_centre"].astype(np.float64)
        count = centre.size
        square = (count, count)
        shapes = (matrix.shape, spread.shape, narrow.shape, centre.shape)
        if shapes != ((len(words), count), square, square, (count,)):
            raise ValueError("The words, directions and deviations do not fit together")
        return cls(words, matrix, spread, narrow, centre)

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon(self.words)

    def papers(self, index: Index) -> _Bytes:
        """Return inv(L) (e - m) of each paper in 1/12 of a deviation; zeros if no word is known."""
        known = np.append(self._lexicon.numbers(stems(index.words)), np.int32(NO_WORD))
        count = len(index.papers)
        cells = self._lexicon.cells(known[index.word_at], index.paper_of, count)
        found = np.zeros((count, len(self.centre)), np.int8)
        for rows in _blocks(count, _ROWS):
            places, lengths = _places(cells.rows(rows.start, rows.stop), self.matrix)
            deviations = places @ self.narrow.astype(np.float64) / lengths - self.centre
            steps = np.clip(np.rint(deviations * SCALE), -127, 127)
            found[rows] = np.where((places != 0).any(axis=1, keepdims=True), steps, 0)
        return found

    def phrases(self, stems_of_each: Sequence[Sequence[str]]) -> _Words:
        """Return L'v of the direction v of each phrase in 1/32767; zeros if no word is known.

        A phrase is its stems in their order, with the stop words, which part pairs.
        """
        found = np.zeros((len(stems_of_each), len(self.centre)), np.int16)
        for rows in _blocks(len(found), _PHRASES):
            some = stems_of_each[rows]
            # An empty stem after each, which is never known, so that no pair is of two phrases.
            numbers = self._lexicon.numbers(chain.from_iterable((*each, "") for each in some))
            owners = np.repeat(np.arange(len(some), dtype=np.int32), [len(e) + 1 for e in some])
            cells = self._lexicon.cells(numbers, owners, len(some))
            places, lengths = _places(cells, self.matrix)
            entries = places @ self.spread.astype(np.float64) / lengths
            found[rows] = np.clip(np.rint(entries * _PHRASE_SCALE), -32767, 32767)
        return found


@dataclass(frozen=True, slots=True)
class Items:
    """What readers ask for: `counts[n]` codes and weights of reader n stand from `begins[n]` on.

    `rows["begin"]`, `rows["items"]`, `codes` and `weights` of some `Readers` are of this form.
    """

    begins: Longs
    counts: npt.NDArray[np.integer]
    codes: Ints
    weights: npt.NDArray[np.integer]


def extras(items: Items, phrases: _Words, papers: _Bytes, unit: float) -> Ints:
    """Return what closeness adds for each reader and paper: `unit` times the mean weight, times z.

    The phrase of code n is `phrases[n]`. A reader none of whose words is known gets zeros. Give some
    thousand readers at a time, the result is as large as they times papers; it has to fit 32 bits.
    """
    cells, weights = _gathered(items)
    count = len(cells.counts)
    # Entries are whole and at most 127, and there are 150: no partial sum reaches 2 ** 24, below
    # which float32 has every whole number. So the product is exact, in whatever order it is summed.
    columns = np.ascontiguousarray(papers.T, np.float32)
    products = np.empty((min(count, _READERS), len(papers)), np.float32)
    closeness = np.empty(products.shape, np.float64)
    found = np.empty((count, len(papers)), np.int32)
    for rows in _blocks(count, _READERS):
        readers = _whole(cells.rows(rows.start, rows.stop).sums(phrases), _READER_SCALE)
        some = slice(0, rows.stop - rows.start)
        np.matmul(readers.astype(np.float32), columns, out=products[some])
        factors = unit * weights[rows] / (_lengths(readers) * SCALE)
        np.multiply(products[some], factors, out=closeness[some])
        np.rint(closeness[some], out=closeness[some])
        found[rows] = closeness[some]
    return found


def _gathered(items: Items) -> tuple[Cells, Floats]:
    """Return the items of these readers alone, and the mean weight of each reader's.

    The arrays they stand in may be those of a million readers.
    """
    counts = items.counts.astype(np.int64)
    begins = np.cumsum(counts) - counts
    at = np.arange(counts.sum()) + np.repeat(items.begins - begins, counts)
    weights = items.weights[at].astype(np.float64)
    totals = np.bincount(np.repeat(np.arange(len(counts)), counts), weights, len(counts))
    means = totals / np.maximum(counts, 1)
    return Cells(begins, counts, items.codes[at], weights), means[:, None]


def _whitening(
    cells: Cells, matrix: npt.NDArray[np.float16]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], Floats]:
    """Return `spread`, `narrow` and `centre` of the papers that have words."""
    folded = np.zeros((len(cells.counts), matrix.shape[1]), np.float64)
    for rows in _blocks(len(folded), _ROWS):
        places, lengths = _places(cells.rows(rows.start, rows.stop), matrix)
        folded[rows] = places / lengths
    folded = folded[folded.any(axis=1)]
    mean = folded.mean(axis=0)
    covariance = folded.T @ folded / len(folded) - np.outer(mean, mean)
    # A thousandth of the mean variance, so that no direction without any is blown up.
    least = np.trace(covariance) / len(mean) / 1000 + 1e-12
    spread = np.linalg.cholesky(covariance + least * np.eye(len(mean)))
    narrow = np.linalg.inv(spread).T
    # So coarse that their products with whole numbers up to 32767 add up without rounding.
    spread, narrow = np.rint(spread * 2.0**20) / 2.0**20, np.rint(narrow * 2.0**12) / 2.0**12
    return spread.astype(np.float32), narrow.astype(np.float32), mean @ narrow


def _places(cells: Cells, matrix: npt.NDArray[np.float16]) -> tuple[Floats, Floats]:
    """Return where rows of words are, in whole numbers, and how far out, at least 1.

    A float16 is a multiple of 2 ** -24 and a word counts a multiple of 1/256: sums are exact.
    """
    places = _whole(cells.sums(matrix), 32767)
    return places, _lengths(places)


def _whole(vectors: Floats, most: int) -> Floats:
    """Return vectors so stretched that the largest entry of each is `most`, in whole numbers."""
    largest = np.abs(vectors).max(axis=1, initial=0)[:, None]
    return np.asarray(np.rint(vectors * most / np.where(largest, largest, 1)))


def _lengths(vectors: Floats) -> Floats:
    squares: Floats = (vectors**2).sum(axis=1, keepdims=True)
    return np.sqrt(np.maximum(1, squares))


def _blocks(count: int, size: int) -> Iterator[slice]:
    return (slice(begin, end) for begin, end in pairwise([*range(0, count, size), count]))
