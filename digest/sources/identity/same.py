"""When two records are one paper: decided from ids, titles and abstracts; pure.

Everything is compared by letters and digits alone, so that case, hyphens, punctuation and blanks
never make two papers of one. MinHash bands find candidates; only the texts themselves decide.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache

from digest.model.papers import KnownPaper, PaperRecord, Signature
from digest.sources.identity.bands import SHINGLE, bands_of
from digest.sources.identity.paper_ids import contradict, share
from digest.sources.identity.titles import Likeness, Title, head_key, likeness, read_title
from digest.sources.texts.normalize import title_key

_PERFECT = Likeness.SAME + 1.0  # one title, one abstract
_SHORTEST_PREFIX = 4  # an abstract may be cut off after its first word
_SHORTEST_RETITLED = 150  # letters of an abstract that may join two titles
_LONG_WORD = 5
_SAME_WORDS = 0.33  # the share of longer words; two papers of one field have a fifth
_SAME_WORDS_AND_AUTHORS = 0.15
_MOST_WORDS, _SOME_PIECES = 0.6, 0.3  # of abstracts under a title with and without its subtitle
_REMEMBERED = 2048
_WORDS = re.compile(r"[^\W\d_]+")
_LONGEST_KEY = 500  # of a title; a ligature may make eighteen letters of one


def signature(record: PaperRecord) -> Signature:
    """Return a record's title key, and the bands that abstracts much like its own share with it."""
    head = head_key(record.title)[:_LONGEST_KEY]
    return Signature(found_by(record.title), bands_of(record.abstract), head)


def found_by(title: str) -> str:
    """Return the key of a title that a store finds its paper by, as long as it has room for."""
    return title_key(title)[:_LONGEST_KEY]


def same_papers(
    record: PaperRecord, signature: Signature, candidates: Sequence[KnownPaper]
) -> tuple[int, ...]:
    """Return the ids of the candidates that are this very paper, the oldest first; none if it is new.

    A shared id decides, ids that contradict each other decide against. Then titles and abstracts
    together: the more alike the one, the less the other has to be; names of authors, where both
    tell them, weigh on either side. Among several the most alike is it, the oldest at a tie. More
    than one are returned only where an id shows it: they were stored before it was known.
    """
    ids = set(record.ids)
    shared: list[KnownPaper] = []
    for known in sorted(candidates, key=lambda each: age(each.id)) if ids else ():
        if share(record.ids, known.ids) and share(ids, known.ids):
            shared.append(known)
            ids.update(known.ids)
    rest = [each for each in candidates if each not in shared and not contradict(ids, each.ids)]
    found = _most_alike(record, signature, rest)
    numbers = {known.id for known in shared} | ({found} if found is not None else set())
    return tuple(sorted(numbers, key=age))


def _most_alike(
    record: PaperRecord, signature: Signature, candidates: Sequence[KnownPaper]
) -> int | None:
    """Return the paper that is most like a record, the oldest at a tie; None if none is."""
    text = _Text(record.abstract)
    best, number = (0.0, (False, 0)), None
    for known in sorted(candidates, key=lambda each: each.title_key != signature.title_key):
        if best[0] >= _PERFECT and known.title_key != signature.title_key:
            break  # which none of another title is more alike than
        score = _alike(record, signature, text, known)
        if score > 0 and (score, _youth(known.id)) > best:
            best, number = (score, _youth(known.id)), known.id
    return number


def age(number: int) -> tuple[bool, int]:
    """Return what orders papers by age: stored ones, then new ones, which count down from -1."""
    return (number < 0, abs(number))


def similarity(text: str, other: str) -> float:
    """Return the share of shingles two texts have in common, from 0 to 1, of all they have."""
    return _Text(text).shares(_Text(other))[0]


class _Text:
    """An abstract in the forms it is compared in, each made once and only where it is needed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.key = _key_of(text)

    @cached_property
    def shingles(self) -> set[str]:
        """Return its pieces of some letters."""
        return _shingles(self.key)

    @cached_property
    def words(self) -> set[str]:
        """Return its longer words."""
        return {word for word in _WORDS.findall(self.text.lower()) if len(word) >= _LONG_WORD}

    def shares(self, other: "_Text") -> tuple[float, float]:
        """Return the common pieces as a share of all and as a share of the shorter text's."""
        if self.key == other.key:
            return 1.0, 1.0
        common = len(self.shingles & other.shingles)
        of_all = len(self.shingles) + len(other.shingles) - common
        return common / of_all, common / min(len(self.shingles), len(other.shingles))

    def words_of(self, other: "_Text") -> float:
        """Return the common longer words as a share of those of the text that has fewer."""
        return len(self.words & other.words) / max(1, min(len(self.words), len(other.words)))


def _youth(number: int) -> tuple[bool, int]:
    is_new, count = age(number)
    return (not is_new, -count)


def _alike(record: PaperRecord, signature: Signature, text: _Text, known: KnownPaper) -> float:
    """Return how alike a record and a paper are, 0 if they are two papers."""
    like = _likeness(record, signature, known)
    if like is Likeness.APART:
        return 0.0
    score = _alike_as(like, record, text, known)
    # One of the same title goes before one with the same abstract.
    return score and like + score


def _alike_as(like: Likeness, record: PaperRecord, text: _Text, known: KnownPaper) -> float:
    other = _Text(known.abstract)
    authors = _authors(record.authors, known.authors)
    if like is Likeness.SAME and record.abstract == known.abstract != "":
        return 1.0
    if like is Likeness.SAME:
        return _alike_by_title(read_title(record.title), text, other, authors)
    shortest = min(len(text.key), len(other.key))
    if shortest < _SHORTEST_RETITLED:
        return 0.0
    if _is_cut_of(text.key, other.key, _SHORTEST_RETITLED):
        return 1.0
    of_all, of_shorter = text.shares(other)
    rule = _RULES[like][authors]
    if of_all >= rule.of_all or of_shorter >= rule.of_shorter:
        return of_all
    is_part = like is Likeness.PART and authors is not _Authors.OTHERS
    is_one = is_part and of_shorter >= _SOME_PIECES and text.words_of(other) >= _MOST_WORDS
    return of_all if is_one else 0.0


def _likeness(record: PaperRecord, signature: Signature, known: KnownPaper) -> Likeness:
    if signature.title_key == known.title_key and known.title_key:
        return Likeness.SAME
    found = [likeness(record.title, title) for title in known.titles]
    if not found:
        return Likeness.OTHER
    # What is apart from the title it has may be a version that once was called like the other.
    return max(found)


def _alike_by_title(title: Title, text: _Text, other: _Text, authors: "_Authors") -> float:
    """Return how alike two papers of one title are, 0 if they are two."""
    if not text.key or not other.key:
        is_one = authors is not _Authors.OTHERS and not (title.is_generic and title.key)
        return 0.01 if is_one else 0.0
    if _is_cut_of(text.key, other.key, _SHORTEST_PREFIX):
        return 1.0
    of_all, of_shorter = text.shares(other)
    rule = _RULES[Likeness.SAME][authors]
    if of_all >= rule.of_all or of_shorter >= rule.of_shorter:
        return of_all
    # Written anew, as for a journal: about the same things still, under so long a title.
    if title.is_distinct and authors is not _Authors.OTHERS:
        least = _SAME_WORDS if authors is _Authors.UNKNOWN else _SAME_WORDS_AND_AUTHORS
        return of_all + 0.01 if text.words_of(other) >= least else 0.0
    return 0.0


class _Authors(Enum):
    """What the names of two lists of authors say."""

    UNKNOWN = "unknown"
    SHARED = "shared"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class _Rule:
    """Which share of the pieces of both abstracts is enough, or of the shorter one's."""

    of_all: float
    of_shorter: float


_NEVER = 2.0
_RELATED = {
    _Authors.UNKNOWN: _Rule(0.3, 0.5),
    _Authors.SHARED: _Rule(0.2, 0.4),
    _Authors.OTHERS: _Rule(0.75, 0.9),
}
_RULES = {
    Likeness.SAME: {
        _Authors.UNKNOWN: _Rule(0.15, 0.3),
        _Authors.SHARED: _Rule(0.08, 0.15),
        _Authors.OTHERS: _Rule(0.5, 0.7),
    },
    Likeness.PART: _RELATED,
    Likeness.RELATED: _RELATED,
    Likeness.OTHER: {
        _Authors.UNKNOWN: _Rule(0.7, 0.9),
        _Authors.SHARED: _Rule(0.45, 0.7),
        _Authors.OTHERS: _Rule(0.9, _NEVER),
    },
}


def _authors(names: Sequence[str], others: Sequence[str]) -> _Authors:
    """Return what two lists of names say: that they share a person, or that they do not.

    A given name in common, or a frequent surname, makes nobody the same.
    """
    if not names or not others:
        return _Authors.UNKNOWN
    ours, theirs = _people(tuple(names)), _people(tuple(others))
    if not ours or not theirs:
        return _Authors.UNKNOWN
    return _Authors.SHARED if ours & theirs else _Authors.OTHERS


@lru_cache(_REMEMBERED)
def _people(names: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """Return who is named, in any script: a name and the initial of another, in either order."""
    found: set[tuple[str, str]] = set()
    for name in names:
        plain = unicodedata.normalize("NFKD", name.lower())
        bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
        first, *rest = _WORDS.findall(bare) or [""]
        if not rest:
            found.add((first, ""))
            continue
        found.update((word, first[0]) for word in rest if len(word) > 1)
        if len(first) > 1:
            found.add((first, rest[-1][0]))
    return frozenset(found - {("", "")})


@lru_cache(_REMEMBERED)
def _key_of(abstract: str) -> str:
    return title_key(abstract)


def _is_cut_of(text: str, other: str, at_least: int) -> bool:
    short, long = sorted((text, other), key=len)
    return len(short) >= at_least and long.startswith(short)


def _shingles(key: str) -> set[str]:
    return {key[at : at + SHINGLE] for at in range(max(1, len(key) - SHINGLE + 1))}
