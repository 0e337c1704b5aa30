"""The phrases, words and acronyms that recur in a library: what its owner may want to read about."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from digest.model.libraries import Work
from digest.ranking.analysis import STOP_WORDS, Token, sentences, stem, tokenize
from digest.ranking.stock_words import FOREIGN, FURNITURE, HEADS, JUNK_TAGS, OPENERS

MOST_WORDS = 4
# What a find is worth by where it stands: chosen as a keyword, said in a title, in passing.
KEYWORD, TITLE, ABSTRACT = 1.0, 1.0, 0.5
# The stop words that stand inside a name.
_LINKS = frozenset({"of", "for", "from", "in", "with", "to", "by", "on"})
_GAP = re.compile(r"[ \t\n]+|[\-\u2010\u2011\u00ad]")
_ACRONYM = re.compile(r"(?=(?:[^A-Z]*[A-Z]){2})[A-Za-z][A-Za-z0-9]{1,7}")
_LEAST_LETTERS = 4
# "de Rham cohomology", "von Mises", "de novo design", "El Nino"; and "van der Waals".
_IN_NAMES = re.compile(r"(?:[Dd][eiu]|[Ee]l|[Ll][ae]|[Vv]on) (?:[A-Z]|novo)")
_AFTER_VAN = re.compile(r"(?<=[Vv]an )[Dd]e[nr]? [A-Z]")

Key = tuple[str, ...]


class _Phrase(NamedTuple):
    """A phrase where it stands; it is whole if no word of content stands before or after it."""

    words: tuple[str, ...]
    form: str
    worth: float
    is_whole: bool
    is_ended: bool = True
    is_chosen: bool = False


@dataclass(slots=True)
class Candidate:
    """A phrase by its stems: how it is written, and what it is worth to each work that has it."""

    key: Key
    forms: Counter[str] = field(default_factory=Counter)
    works: dict[int, float] = field(default_factory=dict)
    chosen: set[int] = field(default_factory=set)
    times: int = 0
    whole: int = 0
    ended: int = 0
    acronym: str = ""

    def add(self, phrase: _Phrase, work: int) -> None:
        """Note where it stands in a work."""
        self.forms[phrase.form] += 1
        self.times += 1
        self.whole += phrase.is_whole
        self.ended += phrase.is_ended
        if phrase.is_chosen:
            self.chosen.add(work)
        self.works[work] = max(phrase.worth, self.works.get(work, 0.0))

    def take(self, other: "Candidate") -> None:
        """Take the works of another name of the same."""
        for work, worth in other.works.items():
            self.works[work] = max(worth, self.works.get(work, 0.0))
        self.chosen |= other.chosen
        self.acronym = self.acronym or other.form

    @property
    def mass(self) -> float:
        """What it is worth to all works that have it, together."""
        return sum(self.works.values())

    @property
    def is_titled(self) -> bool:
        """Whether a title or a keyword has it, not only abstracts."""
        return max(self.works.values()) >= TITLE

    @property
    def form(self) -> str:
        """How it is mostly written."""
        return min(self.forms, key=lambda form: (-self.forms[form], len(form), form))


def find_candidates(works: Sequence[Work], *, least: int) -> list[Candidate]:
    """Return what at least so many works share, each phrase once whatever its inflection."""
    found: dict[Key, Candidate] = {}
    for number, work in enumerate(works):
        for phrase in _phrases(work):
            key = key_of(phrase.words)
            candidate = found.get(key)
            if candidate is None:
                candidate = found[key] = Candidate(key)
            candidate.add(phrase, number)
    return [each for each in found.values() if len(each.works) >= least]


def is_acronym(form: str) -> bool:
    """Tell whether a word has more capitals than one."""
    return sum(map(str.isupper, form)) > 1


def key_of(words: Iterable[str]) -> Key:
    """Return what all inflections of a phrase share."""
    return tuple(stem(word) for word in words if word not in STOP_WORDS)


def _phrases(work: Work) -> Iterator[_Phrase]:
    for keyword in work.keywords:
        words = tuple(token.word for token in tokenize(keyword))
        if is_topic(keyword, words):
            yield _Phrase(words, keyword, KEYWORD, is_whole=True, is_chosen=True)
    for text, worth in ((work.title, TITLE), (work.abstract, ABSTRACT)):
        yield from _runs(text, worth)


def is_topic(tag: str, words: Sequence[str]) -> bool:
    """Tell whether a tag can be what somebody wants to read about.

    Those of software begin with a sign; those that arXiv puts on all papers of a category
    ("Computer Science - Machine Learning") find half of everything.
    """
    if not words or len(words) > 2 * MOST_WORDS or not (tag[0].isalnum() or tag[0] in "\"'("):
        return False
    if " - " in tag or "/" in tag or tag.lower() in JUNK_TAGS:
        return False
    has_content = any(
        len(word) > 1 and word not in STOP_WORDS and not word.isdigit() for word in words
    )
    return has_content and not (len(words) == 1 and (words[0] in FURNITURE or words[0] in HEADS))


def _runs(text: str, worth: float) -> Iterator[_Phrase]:
    """Yield what stands between punctuation and does not begin or end with a word of no content."""
    for start, end in sentences(text):
        tokens = tokenize(text, start, end)
        foreign = [_is_foreign(text, token) for token in tokens]
        joins = [
            not any(foreign[number : number + 2])
            and _GAP.fullmatch(text, left.end, right.start) is not None
            for number, (left, right) in enumerate(pairwise(tokens))
        ]
        for first, token in enumerate(tokens):
            if _may_begin(token.word) and not foreign[first]:
                is_begun = not (first and joins[first - 1] and _may_begin(tokens[first - 1].word))
                for last in _ends(text, tokens, joins, first):
                    is_ended = not (
                        last < len(joins) and joins[last] and _may_end(tokens[last + 1].word)
                    )
                    yield _Phrase(
                        tuple(each.word for each in tokens[first : last + 1]),
                        text[token.start : tokens[last].end],
                        worth,
                        is_whole=is_begun and is_ended,
                        is_ended=is_ended,
                    )


def _ends(text: str, tokens: Sequence[Token], joins: Sequence[bool], first: int) -> Iterator[int]:
    """Yield the places of the words at which a phrase that begins at one may end."""
    if _may_stand_alone(tokens[first], text):
        yield first
    content = 1
    for last in range(first + 1, len(tokens)):
        word = tokens[last].word
        if not joins[last - 1] or (word in STOP_WORDS and word not in _LINKS):
            return
        if word in _LINKS:
            continue
        content += 1
        if content > MOST_WORDS:
            return
        if _may_end(word):
            yield last


def _is_foreign(text: str, token: Token) -> bool:
    """Tell whether it only joins words of another language, and stands in no name."""
    written = text[token.start : token.end]
    if written.isupper() or written.lower() not in FOREIGN:
        return False
    return not (_IN_NAMES.match(text, token.start) or _AFTER_VAN.match(text, token.start))


def _may_begin(word: str) -> bool:
    return (
        len(word) > 1
        and word not in STOP_WORDS
        and not word.isdigit()
        and (word in OPENERS or word not in FURNITURE)
    )


def _may_end(word: str) -> bool:
    return len(word) > 1 and not word.isdigit() and word not in STOP_WORDS and word not in FURNITURE


def _may_stand_alone(token: Token, text: str) -> bool:
    word = token.word
    if _ACRONYM.fullmatch(text, token.start, token.end):
        return True
    return (
        len(word) >= _LEAST_LETTERS
        and word not in FURNITURE
        and word not in HEADS
        and word not in OPENERS
    )
