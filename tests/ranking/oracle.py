"""The matcher as one would write it without thinking of time: every sentence, every combination.

It shares the stems and the word lists with the matcher, and nothing else. It reads plain ASCII whose
sentences end in ". " and whose words are parted by spaces and hyphens.
"""

import re
from collections.abc import Sequence
from itertools import product

from digest.ranking.analysis import PREFIXES, STOP_WORDS, stem

Token = tuple[str, bool]  # the word, and whether a hyphen stands before it


def kind_of_match(expression: str, text: str, batch: Sequence[str]) -> str | None:
    """Return "phrase", "near" or None for a plain phrase in one text of a batch."""
    elements = _elements(expression, batch)
    sentences = [_tokens(sentence) for sentence in text.split(". ")]
    if any(_phrase(elements, sentence) for sentence in sentences):
        return "phrase"
    if any(_near(elements, sentence) for sentence in sentences):
        return "near"
    return None


def _tokens(sentence: str) -> list[Token]:
    found = re.finditer(r"(-?)([a-z0-9]+)", sentence.lower())
    return [(match[2], bool(match[1])) for match in found]


def _elements(expression: str, batch: Sequence[str]) -> list[list[str]]:
    solid = {stem(word) for text in batch for word, _ in _tokens(text)}
    elements: list[list[str]] = []
    for chunk in expression.lower().split():
        words = chunk.split("-")
        if elements and _may_join(elements[-1][-1], words[0]):
            head = elements[-1][-1]
            if head in PREFIXES or stem(head + words[0]) in solid:
                elements[-1] += words
                continue
        elements.append(words)
    return elements


def _may_join(left: str, right: str) -> bool:
    return min(len(left), len(right)) > 1 and left not in STOP_WORDS and right not in STOP_WORDS


def _spelled(words: Sequence[str], sentence: Sequence[Token], at: int) -> set[int]:
    """Return where a spelling of words ends that begins at a token."""
    if not words:
        return {at}
    ends: set[int] = set()
    for taken in (1, 2):
        if taken > len(words):
            continue
        wanted = stem("".join(words[:taken]))
        for width in (1, 2):
            there = sentence[at : at + width]
            if len(there) < width or stem("".join(word for word, _ in there)) != wanted:
                continue
            if width == 1 or there[1][1] or _may_join(there[0][0], there[1][0]):
                ends |= _spelled(words[taken:], sentence, at + width)
    return ends


def _occurrences(words: Sequence[str], sentence: Sequence[Token]) -> list[tuple[int, int]]:
    return [(at, end) for at in range(len(sentence)) for end in _spelled(words, sentence, at)]


def _phrase(elements: Sequence[Sequence[str]], sentence: Sequence[Token]) -> bool:
    ends = set(range(len(sentence) + 1))
    for words in elements:
        ends = {end for at in ends for end in _spelled(words, sentence, at)}
    return bool(ends)


def _near(elements: Sequence[Sequence[str]], sentence: Sequence[Token]) -> bool:
    content = {tuple(words) for words in elements if not STOP_WORDS.issuperset(words)}
    places = [_occurrences(words, sentence) for words in sorted(content)]
    return len(content) > 1 and any(
        max(end for _, end in chosen) - 1 - min(start for start, _ in chosen) <= 8
        for chosen in product(*places)
    )
