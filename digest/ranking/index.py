"""A batch of papers, cut into sentences and words once, and where every word occurs.

Each sentence has its own stretch of positions, with a gap wider than the near window between two,
so that no phrase and no nearness crosses the end of a sentence or of a field. A hyphenated pair
occurs as its two words and, over both places, as the joined word: "multi-modal" is found by
`multi modal` and by `multimodal`.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise, takewhile
from typing import NamedTuple

from digest.model.digests import Field
from digest.model.papers import Paper
from digest.ranking.analysis import STOP_WORDS, Token, sentences, stem, tokenize

NEAR = 8
SHORT = 3
Span = tuple[int, int]


class Places:
    """Where something occurs in the batch: (start, end) positions, ascending, each once."""

    __slots__ = ("_ends", "_starts", "spans")

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = sorted(set(spans))
        self._ends: Mapping[int, Sequence[int]] | None = None
        self._starts: Mapping[int, Sequence[int]] | None = None

    def __len__(self) -> int:
        return len(self.spans)

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans)

    @property
    def ends(self) -> Mapping[int, Sequence[int]]:
        """Where those end that begin at a position."""
        if self._ends is None:
            ends: dict[int, list[int]] = {}
            for start, end in self.spans:
                ends.setdefault(start, []).append(end)
            self._ends = ends
        return self._ends

    @property
    def starts(self) -> Mapping[int, Sequence[int]]:
        """Where those begin that end at a position."""
        if self._starts is None:
            starts: dict[int, list[int]] = {}
            for start, end in self.spans:
                starts.setdefault(end, []).append(start)
            self._starts = starts
        return self._starts

    def within(self, first: int, last: int) -> list[Span]:
        """Return those that lie in the positions first to last, both included."""
        low = bisect_left(self.spans, (first, first))
        high = bisect_right(self.spans, (last, last + 1))
        return [span for span in self.spans[low:high] if span[1] <= last + 1]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a paper: text[start:end] of its field, its tokens from position `base` on."""

    paper: int
    field: Field
    start: int
    end: int
    base: int
    tokens: tuple[Token, ...]


class Counts(NamedTuple):
    """How often something occurs in a paper's title and in its abstract."""

    title: int
    abstract: int


class Index:
    """Where the words of a batch occur. Papers are numbered in the order given."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self.papers = tuple(papers)
        self.sentences: list[Sentence] = []
        self.lengths: list[Counts] = []
        self._words: dict[str, list[Span]] = defaultdict(list)
        self._joined: dict[str, list[Span]] = defaultdict(list)
        self._capitals: dict[str, list[Span]] = defaultdict(list)
        self._found: dict[tuple[str, str], Places] = {}
        position = 0
        for number, paper in enumerate(self.papers):
            lengths = []
            for field, text in ((Field.TITLE, paper.title), (Field.ABSTRACT, paper.abstract)):
                first = position
                for start, end in sentences(text):
                    tokens = tuple(tokenize(text, start, end))
                    if tokens:
                        self.sentences.append(Sentence(number, field, start, end, position, tokens))
                        self._enter(text, tokens, position)
                        position += len(tokens) + NEAR + 1
                lengths.append(position - first)
            self.lengths.append(Counts(*lengths))
        self._bases = [sentence.base for sentence in self.sentences]

    def _enter(self, text: str, tokens: Sequence[Token], base: int) -> None:
        for position, (start, end, word, is_glued) in enumerate(tokens, base):
            self._words[word].append((position, position + 1))
            if is_glued:
                joined = tokens[position - base - 1].word + word
                self._joined[joined].append((position - 1, position + 1))
            written = text[start:end]
            if not written.islower():
                self._capitals[written].append((position, position + 1))

    def sentence_at(self, position: int) -> Sentence:
        """Return the sentence a position belongs to."""
        return self.sentences[bisect_right(self._bases, position) - 1]

    def text_of(self, sentence: Sentence) -> str:
        """Return the text of the field a sentence stands in."""
        paper = self.papers[sentence.paper]
        return paper.title if sentence.field is Field.TITLE else paper.abstract

    def counts(self, places: Iterable[Span]) -> dict[int, Counts]:
        """Return how often places fall into each paper's title and abstract."""
        titles: dict[int, int] = defaultdict(int)
        abstracts: dict[int, int] = defaultdict(int)
        for start, _ in places:
            sentence = self.sentence_at(start)
            (titles if sentence.field is Field.TITLE else abstracts)[sentence.paper] += 1
        return {paper: Counts(titles[paper], abstracts[paper]) for paper in {*titles, *abstracts}}

    def verbatim(self, word: str) -> Places:
        """Return where a folded word occurs as it is."""
        return self._once("verbatim", word, lambda: self._words.get(word, ()))

    def capitals(self, letters: str) -> Places:
        """Return where these very letters occur, or their plural."""
        return self._once(
            "capitals",
            letters,
            lambda: (*self._capitals.get(letters, ()), *self._capitals.get(letters + "s", ())),
        )

    def inflected(self, word: str) -> Places:
        """Return where any inflection of a folded word occurs, in one piece or two.

        A short word is found with its plural only: "ragged" has the stem of "rag".
        """
        root = stem(word)
        if len(root) <= SHORT and word in (forms := (root, root + "s")):
            return self._once("short", root, lambda: self._forms(forms, forms))
        return self._once(
            "inflected",
            root,
            lambda: (
                *self._forms(self._by_stem.get(root, ()), self._joined_by_stem.get(root, ())),
                *self._spaced.get(root, ()),
            ),
        )

    def _forms(self, words: Iterable[str], joined: Iterable[str]) -> list[Span]:
        found = [span for form in words for span in self._words.get(form, ())]
        return found + [span for form in joined for span in self._joined.get(form, ())]

    def beginning(self, prefix: str) -> Places:
        """Return where words occur that begin with a folded prefix."""
        return self._once(
            "beginning",
            prefix,
            lambda: self._forms(
                _beginning(self._sorted_words, prefix), _beginning(self._sorted_joined, prefix)
            ),
        )

    def is_written_solid(self, word: str) -> bool:
        """Return whether the batch has this word, or an inflection, in one piece."""
        return stem(word) in self._by_stem

    def _once(self, kind: str, key: str, find: Callable[[], Iterable[Span]]) -> Places:
        found = self._found.get((kind, key))
        if found is None:
            found = self._found[kind, key] = Places(find())
        return found

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        return _grouped(self._words)

    @cached_property
    def _joined_by_stem(self) -> dict[str, list[str]]:
        return _grouped(self._joined)

    @cached_property
    def _sorted_words(self) -> list[str]:
        return sorted(self._words)

    @cached_property
    def _sorted_joined(self) -> list[str]:
        return sorted(self._joined)

    @cached_property
    def _spaced(self) -> dict[str, list[Span]]:
        """Where two neighbouring words would, joined, be a word with this stem."""
        spans: dict[str, list[Span]] = defaultdict(list)
        for sentence in self.sentences:
            for position, (left, right) in enumerate(pairwise(sentence.tokens), sentence.base):
                if not right.is_glued and can_be_joined(left.word, right.word):
                    spans[left.word + right.word].append((position, position + 2))
        by_stem: dict[str, list[Span]] = defaultdict(list)
        for joined, found in spans.items():
            by_stem[stem(joined)] += found
        return by_stem


def _beginning(words: Sequence[str], prefix: str) -> Iterator[str]:
    """Return those of the sorted words that begin with prefix."""
    rest = islice(words, bisect_left(words, prefix), None)
    return takewhile(lambda word: word.startswith(prefix), rest)


def _grouped(words: Iterable[str]) -> dict[str, list[str]]:
    by_stem: dict[str, list[str]] = defaultdict(list)
    for word in words:
        by_stem[stem(word)].append(word)
    return by_stem


def can_be_joined(left: str, right: str) -> bool:
    """Return whether two spaced words may be one: "on line" and "a cross" are not."""
    return len(left) > 1 and len(right) > 1 and not {left, right} & STOP_WORDS
