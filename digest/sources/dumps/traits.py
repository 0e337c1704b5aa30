"""What a single line of a page looks like: more like a title, or like part of an abstract."""

import re
from typing import NamedTuple

_OPEN_WORDS = frozenset(
    (
        *("a", "an", "the", "of", "in", "for", "and", "or", "to", "with", "by", "on", "at", "from"),
        *("as", "is", "are", "was", "be", "that", "which", "we", "our", "via", "using", "into"),
        *("its", "their", "than", "but", "can"),
    )
)
_PROSE = re.compile(
    r"\b(?:we|our|this (?:paper|work|article|study)|is|are|was|were|has|have|can|that|which|these"
    r"|it|show|propose|however)\b",
    re.IGNORECASE,
)
_ABSTRACT_OPENING = re.compile(r"(?:We|Our|In this|In recent|This (?:paper|work|article|study))\b")
_SENTENCE_BREAK = re.compile(r"[a-z)]{2}[.!?] [A-Z]")
_URL = re.compile(r"https?://|www\.")
_WORD = re.compile(r"[^\W\d_][\w'-]*")
_CLOSERS = "\"')]}\u2019\u201d*"
_LONG = 400
TITLE_AT_MOST = 300


class Traits(NamedTuple):
    """A line's weight in each role, and how it ends for the sake of the line after it."""

    length: int
    ends_sentence: bool
    ends_in_url: bool
    starts_low: bool
    is_open: bool  # the line stops in the middle: at a comma, a colon, a preposition
    as_title: float
    as_more_title: float
    as_abstract: float
    as_more: float


def traits_of(text: str) -> Traits:
    """Return how a line weighs in each role; pure, and quick for the long lines of abstracts."""
    length = len(text)
    end = text.rstrip(_CLOSERS + " \\")[-1:] or text[-1:]
    ends_sentence = end in ".?!\u2026"
    last_word = text[-300:].rsplit(None, 1)[-1]
    ends_in_url = _URL.search(last_word) is not None
    starts_low = _starts_low(text)
    if length > TITLE_AT_MOST:
        as_abstract = _as_abstract(length) - (4.0 if starts_low else 0.0)
        as_more = (4.0 if starts_low else 0.0) + (1.0 if ends_sentence else 0.0)
        return Traits(
            length=length,
            ends_sentence=ends_sentence,
            ends_in_url=ends_in_url,
            starts_low=starts_low,
            is_open=False,
            as_title=-100.0,
            as_more_title=-100.0,
            as_abstract=as_abstract,
            as_more=as_more,
        )
    words = _WORD.findall(text)
    is_open = text[-1] in ",;:-" or (bool(words) and words[-1] in _OPEN_WORDS and end.isalpha())
    capitals = _share_of_capitals(words)
    reads_as_title = capitals >= _TITLE_CASE and length < _LONGISH
    return Traits(
        length=length,
        ends_sentence=ends_sentence,
        ends_in_url=ends_in_url,
        starts_low=starts_low,
        is_open=is_open,
        as_title=_as_title(text, words, capitals, is_open=is_open, starts_low=starts_low),
        as_more_title=(3.0 if starts_low else 0.0)
        - 6.0
        - (6.0 if end == "." else 0.0)
        - _prose(text),
        as_abstract=_as_abstract(length)
        - (4.0 if starts_low else 0.0)
        - (3.0 if reads_as_title else 0.0),
        as_more=(4.0 if starts_low else 0.0)
        + (1.0 if ends_sentence else 0.0)
        - (3.0 if reads_as_title else 0.0),
    )


_TITLE_CASE = 0.6
_SENTENCE_CASE = 0.2
_LONGISH = 200
_SHORT = 120


def _as_title(
    text: str, words: list[str], capitals: float, *, is_open: bool, starts_low: bool
) -> float:
    score = 2.0 if capitals >= _TITLE_CASE else -1.0 if capitals < _SENTENCE_CASE else 0.0
    score -= 10.0 if len(text) > 250 else 3.0 if len(text) > 180 else 0.0  # noqa: PLR2004
    score -= 6.0 if text.endswith(".") else 0.0
    score -= 4.0 if is_open else 0.0
    score -= 4.0 if starts_low else 0.0
    score -= 5.0 if _URL.search(text) else 0.0
    score -= 2.0 if _SENTENCE_BREAK.search(text) else 0.0
    score -= 3.0 if _ABSTRACT_OPENING.match(text) else 0.0
    score -= _prose(text)
    return score - (8.0 if sum(map(len, words)) < 3 else 0.0)  # noqa: PLR2004


def _prose(text: str) -> float:
    """Return how much a line reads like running text, by the verbs and pronouns in it."""
    return min(4.0, 1.5 * len(_PROSE.findall(text)))


def _as_abstract(length: int) -> float:
    if length >= _LONG:
        return 4.0
    if length >= _LONGISH:
        return 2.0
    return -2.0 if length >= _SHORT else -4.0


def _share_of_capitals(words: list[str]) -> float:
    """Return how many of the words after the first, short ones aside, begin with a capital."""
    telling = [word for word in words[1:] if len(word) > 3 or not word.islower()]  # noqa: PLR2004
    if not telling:
        return 0.5
    return sum(any(letter.isupper() for letter in word) for word in telling) / len(telling)


def _starts_low(text: str) -> bool:
    """Return whether a line begins like the middle of a sentence (`mPLUG` and `k-means` do not)."""
    first = text.split(" ", 1)[0].rstrip(",.;:)")
    return text[:1].islower() and first.isalpha() and first.islower()
