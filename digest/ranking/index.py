"""A batch of papers cut into sentences and words once, and where every word stands.

Each sentence has its own stretch of positions, with a gap wider than the near window between two,
so that no phrase and no nearness crosses the end of a sentence or of a field. A hyphenated pair
stands as its two words and, over both places, as the joined word: "multi-modal" is found by
`multi modal` and by `multimodal`. Everything is arrays over positions, so that a thousand papers are
a matter of tenths of a second and of a few megabytes.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from digest.model.digests import Field
from digest.model.papers import Paper
from digest.ranking.analysis import (
    STOP_WORDS,
    fold,
    sentences,
    stems,
    tokenize,
    words_as_written,
)
from digest.ranking.arrays import Ints

NEAR = 8
NO_WORD = -1
_FIELDS = (Field.TITLE, Field.ABSTRACT)
# So many are remembered with the places of their words: readers are shown the same ones.
_MOST_SENTENCES = 1 << 14


class Sentence(NamedTuple):
    """A sentence of a paper: text[start:end] of its field, its words from position `base` on."""

    paper: int
    field: Field
    start: int
    end: int
    base: int


class Index:
    """Where the words of a batch stand. Papers are numbered in the order given.

    `tokens` holds for every position the number of the form `written` there, NO_WORD in gaps;
    `bounds[2n]` and `bounds[2n + 1]` are where the title and the abstract of paper n begin.
    """

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.papers = tuple(papers)
        self.spelled = lru_cache(_MOST_SENTENCES)(self._spelled)
        self.sentences: list[Sentence] = []
        numbers: dict[str, int] = {}
        tokens: list[int] = []
        hyphens: list[int] = []
        bounds: list[int] = []
        gap = [NO_WORD] * (NEAR + 1)
        for number, paper in enumerate(self.papers):
            for field, text in zip(_FIELDS, (paper.title, paper.abstract), strict=True):
                bounds.append(len(tokens))
                for start, end in sentences(text):
                    found = words_as_written(text, start, end)
                    if not found:
                        continue
                    base = len(tokens)
                    self.sentences.append(Sentence(number, field, start, end, base))
                    tokens += [numbers.setdefault(word, len(numbers)) for _, word in found]
                    hyphens += [base + at for at, (hyphen, _) in enumerate(found) if hyphen and at]
                    tokens += gap
        self.tokens: Ints = np.array(tokens, np.int32)
        self.bounds: Ints = np.array([*bounds, len(tokens)], np.int32)
        self.written = list(numbers)
        self._number_as_written = numbers
        self._hyphens = np.array(hyphens, np.int32)
        self._bases = [sentence.base for sentence in self.sentences]

    @cached_property
    def paper_of(self) -> Ints:
        """The number of the paper each position belongs to."""
        lengths = np.diff(self.bounds[::2])
        return np.repeat(np.arange(len(self.papers), dtype=np.int32), lengths)

    @cached_property
    def lengths(self) -> Ints:
        """The number of words in each paper's title and abstract, an array of pairs."""
        if not self.papers:
            return np.zeros((0, 2), np.int32)
        before = np.concatenate(([0], np.cumsum(self.tokens != NO_WORD)))
        return np.diff(before[self.bounds]).astype(np.int32).reshape(-1, 2)

    def sentence_at(self, position: int) -> Sentence:
        """Return the sentence a position belongs to."""
        return self.sentences[bisect_right(self._bases, position) - 1]

    def sentences_of(self, paper: int) -> list[Sentence]:
        """Return the sentences of a paper, those of its title first."""
        first, last = (bisect_left(self._bases, self.bounds[2 * n]) for n in (paper, paper + 1))
        return self.sentences[first:last]

    def text_of(self, sentence: Sentence) -> str:
        """Return the text of the field a sentence stands in."""
        paper = self.papers[sentence.paper]
        return paper.title if sentence.field is Field.TITLE else paper.abstract

    def _spelled(self, base: int) -> tuple[str, Sequence[int], Sequence[int]]:
        """Return the sentence from position `base` on, and where its words begin and end in it."""
        shown = self.sentence_at(base)
        text = self.text_of(shown)
        words = tokenize(text, shown.start, shown.end)
        starts = array("i", [word.start - shown.start for word in words])
        ends = array("i", [word.end - shown.start for word in words])
        return text[shown.start : shown.end], starts, ends

    @cached_property
    def words(self) -> list[str]:
        """The folded words of the batch, each once."""
        return list(self._numbered_words)

    @cached_property
    def _numbered_words(self) -> dict[str, int]:
        words: dict[str, int] = {}
        for form in self.written:
            words.setdefault(fold(form), len(words))
        return words

    @cached_property
    def word_at(self) -> Ints:
        """The number of the folded word at every position, NO_WORD in gaps."""
        numbered = self._numbered_words
        folded = [*(numbered[fold(form)] for form in self.written), NO_WORD]
        return np.array(folded, np.int32)[self.tokens]

    @cached_property
    def _stems(self) -> "_Groups":
        return _Groups.of(self.words, stems(self.words))

    @cached_property
    def _at_word(self) -> "_Postings":
        return _Postings.of(self.word_at, len(self.words))

    @cached_property
    def _at_stem(self) -> "_Postings":
        group_of = np.append(self._stems.group_of, np.int32(NO_WORD))
        return _Postings.of(group_of[self.word_at], len(self._stems.numbers))

    @cached_property
    def _at_written(self) -> "_Postings":
        return _Postings.of(self.tokens, len(self.written))

    @cached_property
    def _joined(self) -> "_Pairs":
        """The words that a hyphen joins, over both their places."""
        return self._pairs(self._hyphens - 1)

    @cached_property
    def _spaced(self) -> "_Pairs":
        """Two neighbouring words that may be one which somebody spaced."""
        can_join = np.array([*(is_joinable(word) for word in self.words), False])[self.word_at]
        has_hyphen = np.zeros(len(self.tokens), bool)
        has_hyphen[self._hyphens] = True
        if len(self.tokens) == 0:
            return self._pairs(self._hyphens)
        return self._pairs(np.flatnonzero(can_join[:-1] & can_join[1:] & ~has_hyphen[1:]))

    def _pairs(self, lefts: npt.NDArray[np.signedinteger]) -> "_Pairs":
        codes = self.word_at[lefts].astype(np.int64) * len(self.words) + self.word_at[lefts + 1]
        distinct, numbers = np.unique(codes, return_inverse=True)
        words = self.words
        size = max(1, len(words))
        joined = [words[code // size] + words[code % size] for code in distinct.tolist()]
        return _Pairs.of(joined, lefts.astype(np.int32), numbers.astype(np.int32))

    def at_word(self, word: str) -> Ints:
        """Return the positions of a folded word, as it is."""
        return self._at_word.of_number(self._numbered_words.get(word))

    def at_stem(self, root: str) -> Ints:
        """Return the positions of all words with a stem."""
        return self._at_stem.of_number(self._stems.numbers.get(root))

    def at_written(self, letters: str) -> Ints:
        """Return the positions of these very letters."""
        return self._at_written.of_number(self._number_as_written.get(letters))

    def joined_as(self, word: str) -> Ints:
        """Return the first positions of hyphenated pairs that, joined, are a folded word."""
        return self._joined.of_word(word)

    def joined_with_stem(self, root: str) -> Ints:
        """Return the first positions of hyphenated pairs that, joined, have a stem."""
        return self._joined.of_stem(root)

    def spaced_with_stem(self, root: str) -> Ints:
        """Return the first positions of neighbouring words that, joined, have a stem."""
        return self._spaced.of_stem(root)

    @property
    def joined_words(self) -> Iterable[str]:
        """The hyphenated pairs of the batch, joined."""
        return self._joined.numbers


class _Groups(NamedTuple):
    """Words by their stem."""

    numbers: dict[str, int]
    group_of: Ints

    @classmethod
    def of(cls, words: Sequence[str], roots: Sequence[str]) -> "_Groups":
        numbers: dict[str, int] = {}
        found = [numbers.setdefault(root, len(numbers)) for root in roots]
        return cls(numbers, np.array(found, np.int32).reshape(len(words)))


class _Postings(NamedTuple):
    """The positions of every number, ascending."""

    positions: Ints
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, numbers: Ints, count: int) -> "_Postings":
        order = np.argsort(numbers, kind="stable").astype(np.int32)
        return cls(order, np.searchsorted(numbers[order], np.arange(count + 1)))

    def of_number(self, number: int | None) -> Ints:
        if number is None:
            return self.positions[:0]
        return self.positions[self.starts[number] : self.starts[number + 1]]


class _Pairs(NamedTuple):
    """Pairs of neighbouring words, by the word they make and by its stem."""

    lefts: Ints
    postings: _Postings
    numbers: dict[str, int]
    by_stem: Mapping[str, list[int]]

    @classmethod
    def of(cls, joined: Sequence[str], lefts: Ints, numbers: Ints) -> "_Pairs":
        by_stem: dict[str, list[int]] = defaultdict(list)
        words: dict[str, int] = {}
        # Two pairs may make one word ("data sets", "datas ets"); they share its number.
        shared = [words.setdefault(word, len(words)) for word in joined]
        for number, root in enumerate(stems(list(words))):
            by_stem[root].append(number)
        renumbered = np.array(shared, np.int32).reshape(len(joined))[numbers]
        return cls(lefts, _Postings.of(renumbered, len(words)), words, by_stem)

    def of_word(self, word: str) -> Ints:
        return self.lefts[self.postings.of_number(self.numbers.get(word))]

    def of_stem(self, root: str) -> Ints:
        found = [self.postings.of_number(number) for number in self.by_stem.get(root, ())]
        return self.lefts[np.concatenate(found)] if found else self.lefts[:0]


def is_joinable(word: str) -> bool:
    """Return whether a word, spaced from another, may be a part of one: "a" and "on" are not."""
    return len(word) > 1 and word not in STOP_WORDS
