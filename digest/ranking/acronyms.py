"""Acronyms as the papers themselves define them: "large language models (LLMs)".

After A. S. Schwartz and M. A. Hearst, "A simple algorithm for identifying abbreviation definitions
in biomedical text" (2003): the letters of the short form are found from right to left in the words
before the parenthesis. A pair counts when two papers give it and most papers that define the short
form mean this; a form defined once would stand for itself in its own paper and for anything elsewhere.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from digest.ranking.analysis import sentences, stem, tokenize

MIN_PAPERS = 2
MIN_DOMINANCE = 0.6

_IN_PARENTHESES = re.compile(r"\(([^()]{2,80})\)")
_SHORT = re.compile(r"(?=(?:[^A-Z]*[A-Z]){2})([A-Za-z0-9]{2,9}?)s?")
# The patterns stay linear on a text of capitals alone: nothing is tried twice at one place.
_MAYBE_SHORT = re.compile(
    r"\b(?:[a-z]{2,9}|(?=[a-z0-9]*[A-Z][a-z0-9]*[A-Z])[A-Za-z0-9]{2,10})(?![A-Za-z0-9])"
)
_LAST_WORD = re.compile(r"(?<![A-Za-z0-9])([A-Za-z0-9]{2,10})$")
# What a definition can reach back to, in characters.
_REACH = 600
_LONGEST_SHORT = 10


@dataclass(frozen=True)
class Acronyms:
    """The dominant pairs; long forms are words without a space between them."""

    long_forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    never_small: frozenset[str] = frozenset()

    @cached_property
    def _short_forms(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for short in sorted(self.long_forms):
            found[_key(self.long_forms[short])].append(short)
        return {key: tuple(shorts) for key, shorts in found.items()}

    def long_form(self, short: str) -> tuple[str, ...]:
        """Return the words a short form stands for, () if no paper says."""
        return self.long_forms.get(singular(short), ())

    def meant_by(self, word: str) -> tuple[tuple[str, ...], ...]:
        """Return the long forms of a folded word whose letters papers mostly write in capitals.

        So `gnn` has one; `map` stays a word, which papers write in small letters, too.
        """
        return self._by_word.get(word) or self._by_word.get(singular(word), ())

    @cached_property
    def _by_word(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for short in sorted(self.never_small & self.long_forms.keys()):
            found[short.lower()].append(self.long_forms[short])
        return {word: tuple(long_forms) for word, long_forms in found.items()}

    def short_forms_of(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the short forms of a phrase of folded words."""
        joined = "".join(words)
        # Few phrases begin as one of those that have a short form: the others need no stem.
        return self._short_forms.get(stem(joined), ()) if joined[:3] in self._heads else ()

    @cached_property
    def _heads(self) -> frozenset[str]:
        return frozenset("".join(words)[:3] for words in self.long_forms.values())

    def with_newer(self, newer: "Acronyms") -> "Acronyms":
        """Return these and what newer papers say of the short forms that are unknown here."""
        new = newer.never_small - self.long_forms.keys()
        return Acronyms({**newer.long_forms, **self.long_forms}, self.never_small | new)


class AcronymCounts:
    """How many papers give which pair; `dominant` is what they agree on so far."""

    def __init__(self) -> None:
        self._papers: dict[str, Counter[str]] = defaultdict(Counter)
        self._spellings: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
        self._written: Counter[str] = Counter()

    def add(self, texts: Sequence[str]) -> None:
        """Count one paper, given as its texts."""
        self._written.update({word for text in texts for word in _MAYBE_SHORT.findall(text)})
        defined = {
            (short, tuple(token.word for token in tokenize(long)))
            for text in texts
            if "(" in text
            for short, long in definitions(text)
        }
        for short, key in {(short, _key(words)) for short, words in defined}:
            self._papers[short][key] += 1
        for _, words in defined:
            self._spellings[_key(words)][words] += 1

    def dominant(self) -> Acronyms:
        """Return the pairs that two papers give and most papers mean."""
        long_forms: dict[str, tuple[str, ...]] = {}
        for short in sorted(self._papers):
            counts = self._papers[short]
            key, count = max(counts.items(), key=lambda pair: (pair[1], pair[0]))
            if count >= MIN_PAPERS and count > MIN_DOMINANCE * counts.total():
                spellings = self._spellings[key].items()
                long_forms[short] = max(spellings, key=lambda pair: (pair[1], pair[0]))[0]
        written = self._written
        never_small = {short for short in long_forms if written[short.lower()] < written[short]}
        return Acronyms(long_forms, frozenset(never_small))


def find_acronyms(papers: Iterable[Sequence[str]]) -> Acronyms:
    """Return the pairs that dominate in papers, each given as its texts."""
    counts = AcronymCounts()
    for texts in papers:
        counts.add(texts)
    return counts.dominant()


def definitions(text: str) -> list[tuple[str, str]]:
    """Return the (short, long) forms that a text defines, in either order."""
    found = []
    for start, end in sentences(text):
        sentence = text[start:end]
        for match in _IN_PARENTHESES.finditer(sentence):
            inside = re.split(r"[,;:]", match[1], maxsplit=1)[0].strip()
            before = sentence[max(0, match.start() - _REACH) : match.start()].rstrip()
            last = _LAST_WORD.search(before, max(0, len(before) - _LONGEST_SHORT - 1))
            if short := _SHORT.fullmatch(inside):
                long = _long_form(short[1], before)
            elif last and (short := _SHORT.fullmatch(last[1])):
                long = _long_form(short[1], inside) if inside else ""
                long = long if long == inside else ""
            else:
                continue
            if long:
                found.append((short[1], long))
    return found


def singular(short: str) -> str:
    """Return a short form without the s of its plural."""
    return short[:-1] if short.endswith("s") and len(short) > 2 else short  # noqa: PLR2004


def _long_form(short: str, before: str) -> str:
    """Return the words at the end of `before` that short abbreviates, "" if none do."""
    most = min(len(short) + 5, 2 * len(short))
    before = " ".join(before.split()[-most:])
    at = len(before) - 1
    for number in range(len(short) - 1, -1, -1):
        letter = short[number].lower()
        while at >= 0 and (
            before[at].lower() != letter or (number == 0 and at > 0 and before[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return ""
        at -= 1
    long = before[before.rfind(" ", 0, at + 1) + 1 :].strip("\"'`()[] ")
    words = tokenize(long)
    is_plausible = len(words) > 1 and len(long) > len(short) and not re.search(r"[;:()]", long)
    return long if is_plausible else ""


def _key(words: Iterable[str]) -> str:
    """Return what all spellings and the plural of a long form share."""
    return stem("".join(words))
