"""A term as a sequence of elements, and where an element stands in a batch.

An element is what has to stand together: one word, or the words that a hyphen, a prefix such as
"multi", or the papers themselves ("datasets") make one. It occurs in any of its spellings.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from digest.ranking.acronyms import singular
from digest.ranking.analysis import PREFIXES, STOP_WORDS, beginning, stem, tokenize
from digest.ranking.arrays import Ints, ranges
from digest.ranking.expressions import Expression, Style, Term
from digest.ranking.index import Index, is_joinable

SHORT = 3
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Element:
    """Words that stand together: one, or those that are written as one, too."""

    words: tuple[str, ...]
    style: Style = Style.PLAIN
    is_prefix: bool = False
    has_content: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Note whether it is more than stop words."""
        object.__setattr__(self, "has_content", not STOP_WORDS.issuperset(self.words))


# The numbers of its elements, which belong to one `Elements`.
Phrase = tuple[int, ...]


class Spans(NamedTuple):
    """Where something stands: first positions and widths, ascending, each once."""

    starts: Ints
    widths: Ints


class Elements:
    """The elements of terms, numbered as they come, and where each stands in one batch.

    `is_solid` tells of a folded word whether it is known to be written in one piece.
    """

    def __init__(self, index: Index, is_solid: Callable[[str], bool]) -> None:
        self.all: list[Element] = []
        self._index = index
        self._is_solid = is_solid
        self._numbers: dict[Element, int] = {}
        self._plain: dict[str, int] = {}
        self._pairs: dict[tuple[int, int], int | None] = {}
        self._spans: list[Spans | None] = []
        self._words: dict[str, Spans] = {}
        self._ones = np.ones(len(index.tokens), np.int32)

    def number_of(self, element: Element) -> int:
        """Return the number of an element, a new one if it is new."""
        number = self._numbers.get(element)
        if number is None:
            with _lock:
                number = self._numbers.get(element, len(self.all))
                if number == len(self.all):
                    self.all.append(element)
                    self._spans.append(None)
                    # Last: who finds the number must find the element.
                    self._numbers[element] = number
        return number

    def phrase_of(self, term: Term) -> Phrase:
        """Return the elements of a term, in its order."""
        if term.style is Style.CAPITALS:
            return (self.number_of(Element((singular(term.words[0]),), Style.CAPITALS)),)
        if term.style is Style.VERBATIM:
            literal = (Element(words_of(chunk), Style.VERBATIM) for chunk in term.words)
            return tuple(map(self.number_of, literal))
        elements: list[int] = []
        for chunk in term.words:
            number = self._plain.get(chunk)
            if number is None:
                element = Element(words_of(chunk), is_prefix=chunk.endswith("*"))
                number = self._plain[chunk] = self.number_of(element)
            if elements:
                pair = elements[-1], number
                one = self._pairs[pair] if pair in self._pairs else self._made_one(pair)
                if one is not None:
                    elements[-1] = one
                    continue
            elements.append(number)
        return tuple(elements)

    def _made_one(self, pair: tuple[int, int]) -> int | None:
        """Return the element that two neighbours make, None if they stay two."""
        left, right = (self.all[number] for number in pair)
        head, tail = left.words[-1], right.words[0]
        is_one = (
            not left.is_prefix
            and is_joinable(head)
            and is_joinable(tail)
            and (head in PREFIXES or self._is_solid(head + tail))
        )
        one = None
        if is_one:
            words = (*left.words, *right.words)
            one = self.number_of(Element(words, is_prefix=right.is_prefix))
        self._pairs[pair] = one
        return one

    def spans_of(self, number: int) -> Spans:
        """Return where an element stands."""
        spans = self._spans[number]
        if spans is None:
            spans = self._spans[number] = self._spans_of(self.all[number])
        return spans

    def _spans_of(self, element: Element) -> Spans:
        """Return where the words of an element stand in a row, any two of them joined or not."""
        words = element.words
        whole: list[Spans] = []
        for number in range(len(words)):
            spans = self._look_up(element, number, 1)
            spans = _joined(whole[-1], spans) if whole else spans
            if number and element.style is Style.PLAIN:
                pair = self._look_up(element, number, 2)
                spans = _united(spans, _joined(whole[-2], pair) if number > 1 else pair)
            whole.append(spans)
        return whole[-1]

    def _look_up(self, element: Element, number: int, pieces: int) -> Spans:
        word = "".join(element.words[number + 1 - pieces : number + 1])
        index = self._index
        if element.style is Style.CAPITALS:
            return _sorted([(index.at_written(word), 1), (index.at_written(word + "s"), 1)])
        if element.style is Style.VERBATIM:
            return _sorted([(index.at_word(word), 1)])
        if element.is_prefix and number == len(element.words) - 1:
            return self._beginning(word)
        spans = self._words.get(word)
        if spans is None:
            spans = self._words[word] = self._inflected(word)
        return spans

    def _inflected(self, word: str) -> Spans:
        """Return where any inflection stands, in one piece or two.

        A short word is found with its plural only: "ragged" has the stem of "rag".
        """
        index, root = self._index, stem(word)
        if len(root) <= SHORT and word in (forms := (root, root + "s")):
            found = [(index.at_word(form), 1) for form in forms]
            return _sorted([*found, *((index.joined_as(form), 2) for form in forms)])
        solid = index.at_stem(root)
        pairs = index.joined_with_stem(root), index.spaced_with_stem(root)
        if not len(pairs[0]) and not len(pairs[1]):
            return Spans(solid, self._ones[: len(solid)])
        return _sorted([(solid, 1), *((starts, 2) for starts in pairs)])

    @cached_property
    def _sorted_words(self) -> list[str]:
        return sorted(self._index.words)

    @cached_property
    def _sorted_joined(self) -> list[str]:
        return sorted(self._index.joined_words)

    def _beginning(self, prefix: str) -> Spans:
        index = self._index
        solid = [(index.at_word(word), 1) for word in beginning(self._sorted_words, prefix)]
        joined = [(index.joined_as(word), 2) for word in beginning(self._sorted_joined, prefix)]
        return _sorted([*solid, *joined])


def stems_of(expression: Expression) -> list[str]:
    """Return the stems an expression asks for, in their order, with "" after each term."""
    found: list[str] = []
    for terms in expression.alternatives:
        for term in terms:
            if term.is_text:
                found += [*map(stem, words_of(" ".join(term.words))), ""]
    return found


@lru_cache(maxsize=1 << 17)
def words_of(text: str) -> tuple[str, ...]:
    """Return the folded words of a text."""
    return tuple(token.word for token in tokenize(text))


def _sorted(found: Sequence[tuple[Ints, int]]) -> Spans:
    """Return starts, each list of its own width, as spans."""
    found = [each for each in found if len(each[0])]
    nothing = np.zeros(0, np.int32)
    starts = np.concatenate([nothing, *(starts for starts, _ in found)])
    widths = np.repeat(
        np.array([width for _, width in found], np.int32), [len(starts) for starts, _ in found]
    )
    return _unique(starts, widths)


def _unique(starts: Ints, widths: Ints) -> Spans:
    if len(starts) < 2:  # noqa: PLR2004  most are rare
        return Spans(starts, widths)
    order = np.lexsort((widths, starts))
    starts, widths = starts[order], widths[order]
    is_new = np.ones(len(starts), bool)
    is_new[1:] = (np.diff(starts) != 0) | (np.diff(widths) != 0)
    return Spans(starts[is_new], widths[is_new])


def _united(left: Spans, right: Spans) -> Spans:
    if not len(right.starts):
        return left
    return _unique(
        np.concatenate((left.starts, right.starts)), np.concatenate((left.widths, right.widths))
    )


def _joined(before: Spans, after: Spans) -> Spans:
    """Return the spans that begin as one of `before` and go on, where it ends, as one of `after`."""
    if not len(before.starts) or not len(after.starts):
        return Spans(before.starts[:0], before.widths[:0])
    ends = before.starts + before.widths
    low = np.searchsorted(after.starts, ends, "left")
    which, places = ranges(low, np.searchsorted(after.starts, ends, "right"))
    widths = before.widths[which] + after.widths[places]
    return _unique(before.starts[which], widths)
