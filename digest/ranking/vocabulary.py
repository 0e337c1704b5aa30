"""What a batch of papers writes: its words, their families, its acronyms with all they stand for.

Made once for a batch, by the first who asks, so that what is close to a word is found in a millisecond.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt

from digest.ranking.acronyms import definitions, singular
from digest.ranking.analysis import STOP_WORDS, stem, stems, tokenize
from digest.ranking.batch import Batch
from digest.ranking.elements import Element
from digest.ranking.index import NO_WORD

# The stop words that stand inside a name, as in "learning from feedback"; "and" parts two.
_LINKS = frozenset({"of", "for", "from", "in", "with", "to", "by", "on"})
# A word of one paper is as often a slip as a word; not one that comes in two inflections.
_LEAST_PAPERS = 2
_LEAST_FORMS = 2
# Endings that one root takes and the stemmer keeps apart, as in "detection" and "detector".
_FAMILIES = tuple(
    tuple(endings.split(","))
    for endings in (
        ",e,s,es,ed,ing,er,ers,or,ors,ion,ions,ation,ations,able,ability,ive,atory",
        ",e,ity,ities,ness",
        "y,ies,ic,ical,ous,ously",
        ",s,al,ary,ian,ial",
        "ance,ence,ant,ent,ancy,ency",
        "ix,ex,ices",
    )
)
# A shorter root belongs to anything; those of the last family are short ("matrix", "index").
_LEAST_ROOTS = (5, 5, 5, 5, 5, 3)
_BRITISH = tuple(
    (re.compile(pattern), american)
    for pattern, american in (
        (r"(?<=[a-z]{3})is(?=(?:e|es|ed|er|ers|ing|ation|ations|able|ability)$)", "iz"),
        (r"(?<=[a-z]{3})ys(?=(?:e|es|ed|er|ers|ing)$)", "yz"),
        (r"(?<=[a-z]{2})our(?=(?:s|ed|ing|al|ally|ful|able|ite|ites)?$)", "or"),
        (r"(?<=[a-z]{2})(?<!t)tre(?=s?$)", "ter"),
        (r"ogue(?=s?$)", "og"),
        (r"ence(?=s?$)", "ense"),
    )
)
# A short word has a neighbour for every slip; a long one may have two.
_LEAST_TO_CORRECT, _LEAST_FOR_TWO_SLIPS = 5, 7
_LETTERS = 27


class Vocabulary:
    """The words of a batch and what stands close to a word; words are folded throughout."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        index = batch.index
        size = max(1, len(index.papers))
        is_word = index.word_at != NO_WORD
        pairs = index.word_at[is_word].astype(np.int64) * size + index.paper_of[is_word]
        self.papers: npt.NDArray[np.int64] = np.bincount(
            np.unique(pairs) // size, minlength=len(index.words)
        )
        self.has_content = np.array(
            [*(len(each) > 1 and each not in STOP_WORDS for each in index.words), False], bool
        )
        links = np.array([*(each in _LINKS for each in index.words), False], bool)
        self.may_link = self.has_content | links

    @cached_property
    def may_follow(self) -> npt.NDArray[np.bool_]:
        """Which words, by number, may end a longer phrase: an acronym tells the phrase once more."""
        acronyms = [bool(self.as_acronyms(each)) for each in self._batch.index.words]
        return np.asarray(self.has_content & ~np.array([*acronyms, False], bool))

    @cached_property
    def _common(self) -> dict[str, int]:
        """The words that are more than a slip, with the number of papers that have this form."""
        index = self._batch.index
        forms = Counter(stems(index.words))
        return {
            word: count
            for word, count in zip(index.words, self.papers.tolist(), strict=True)
            if count >= _LEAST_PAPERS or forms[stem(word)] >= _LEAST_FORMS
        }

    def prepare(self) -> "Vocabulary":
        """Make what is otherwise made at the first question, and return this."""
        self.relatives("", 0)
        self.close_to("a" * _LEAST_TO_CORRECT, 0)
        self.as_acronyms("")
        self.short_forms("", 1)
        _ = self.may_follow
        return self

    def is_unknown(self, word: str) -> bool:
        """Return whether neither these papers nor older ones have a word, in any spelling."""
        elements = self._batch.elements
        stands = elements.spans_of(elements.number_of(Element((word,)))).starts
        return not len(stands) and not self._batch.archive.count(word)

    def relatives(self, word: str, most: int) -> list[str]:
        """Return words of the same family that the stemmer keeps apart, the commonest first.

        "optimisation" for "optimization", "detector" for "detection", "matrices" for "matrix".
        """
        best: dict[str, str] = {}
        for key in _family_keys(word):
            for each in self._families.get(key, ()):
                root = stem(each)
                if root not in best or self._common[each] > self._common[best[root]]:
                    best[root] = each
        best.pop(stem(word), None)
        return sorted(best.values(), key=lambda each: (-self._common[each], each))[:most]

    @cached_property
    def _families(self) -> dict[tuple[int, str], list[str]]:
        families: dict[tuple[int, str], list[str]] = defaultdict(list)
        for word in self._common:
            for key in _family_keys(word):
                families[key].append(word)
        return families

    def close_to(self, word: str, most: int) -> list[str]:
        """Return the words that a misspelt one may mean, the likeliest first."""
        if len(word) < _LEAST_TO_CORRECT or not word.isalpha():
            return []
        slips = 1 if len(word) < _LEAST_FOR_TWO_SLIPS else 2
        words, bags = self._bags
        # One slip changes two counts of letters at most.
        distances = np.abs(bags - _bag(word)).sum(axis=1, dtype=np.int16)
        found = []
        for number in np.flatnonzero(distances <= 2 * slips).tolist():
            other = words[number]
            distance = edit_distance(word, other, slips)
            if distance <= slips:
                found.append((distance, word[0] != other[0], -self._common[other], other))
        nearest = min(found)[0] if found else 0
        likely = [other for distance, _, _, other in sorted(found) if distance == nearest]
        return list({stem(other): other for other in reversed(likely)}.values())[::-1][:most]

    @cached_property
    def _bags(self) -> tuple[list[str], npt.NDArray[np.int8]]:
        words = [each for each in self._common if len(each) >= _LEAST_TO_CORRECT - 1]
        return words, np.array([_bag(each) for each in words], np.int8).reshape(-1, _LETTERS)

    @cached_property
    def _acronyms(self) -> dict[tuple[str, str], Counter[tuple[str, ...]]]:
        """How many papers define a short form as which words, by its letters and their key."""
        found: dict[tuple[str, str], Counter[tuple[str, ...]]] = defaultdict(Counter)
        for paper in self._batch.papers:
            defined = {
                (short, tuple(token.word for token in tokenize(long)))
                for text in (paper.title, paper.abstract)
                if "(" in text
                for short, long in definitions(text)
            }
            for short, words in defined:
                found[short, phrase_key(words)][words] += 1
        return found

    @cached_property
    def _long_forms(self) -> dict[str, list[tuple[int, tuple[str, ...]]]]:
        found: dict[str, list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
        for (short, _), spellings in self._acronyms.items():
            words = min(spellings, key=lambda each: (-spellings[each], each))
            found[short].append((spellings.total(), words))
        return {
            short: sorted(forms, key=lambda form: (-form[0], form[1]))
            for short, forms in found.items()
        }

    @cached_property
    def _short_forms(self) -> dict[str, list[tuple[float, str]]]:
        found: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for (short, key), spellings in self._acronyms.items():
            all_papers = sum(count for count, _ in self._long_forms[short])
            if " " in key:
                found[key].append((spellings.total() / all_papers, short))
        return found

    @cached_property
    def _in_capitals(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for short in self._long_forms:
            found[short.lower()].append(short)
        return found

    def long_forms(self, short: str, least_share: float) -> list[tuple[str, ...]]:
        """Return what a short form stands for in a share of the papers that define it, commonest first."""
        forms = self._long_forms.get(singular(short), [])
        least = least_share * sum(count for count, _ in forms)
        return [words for count, words in forms if words and count >= least]

    def short_forms(self, key: str, least_share: float) -> list[str]:
        """Return the short forms of the phrases with a key, if such a share of their uses means them."""
        shorts = self._short_forms.get(key, ())
        return [short for share, short in sorted(shorts, reverse=True) if share >= least_share]

    def as_acronyms(self, word: str) -> list[str]:
        """Return the acronyms that a folded word may be, as the papers write them."""
        return self._in_capitals.get(word, []) or self._in_capitals.get(singular(word), [])


def phrase_key(words: tuple[str, ...]) -> str:
    """Return what the near forms of a phrase share: its stems, without stop words and order."""
    return " ".join(sorted(stem(word) for word in words if word not in STOP_WORDS))


def edit_distance(left: str, right: str, most: int) -> int:
    """Return how many letters are wrong, missing, too many or swapped; more than `most` if many."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, start=1):
        before, last, row = row, before, [i]
        for j, other in enumerate(right, start=1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most and (not before or min(before) > most):
            return most + 1
    return row[-1]


def _family_keys(word: str) -> Iterator[tuple[int, str]]:
    for family, (endings, least) in enumerate(zip(_FAMILIES, _LEAST_ROOTS, strict=True)):
        for ending in endings:
            if len(word) - len(ending) >= least and word.endswith(ending):
                yield family, word.removesuffix(ending)
    american = word
    for pattern, spelling in _BRITISH:
        american = pattern.sub(spelling, american)
    yield len(_FAMILIES), american


def _bag(word: str) -> npt.NDArray[np.int8]:
    """Return how often each letter stands in a word; what is none of 26 counts as one."""
    codes = [ord(each) - 97 if "a" <= each <= "z" else _LETTERS - 1 for each in word]
    return np.bincount(codes, minlength=_LETTERS).astype(np.int8)
