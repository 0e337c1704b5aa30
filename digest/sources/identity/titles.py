"""How much two titles are the same: pure, and cheap enough for every pair that could be one paper."""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from digest.sources.texts.normalize import title_key

_REMEMBERED = 4096
_SHORTEST_HEAD = 10  # letters: half of all short ones stand before many a colon
_RELATED = 0.6  # the share of four-letter pieces at which one title is a rewording of the other
_PIECE = 4
_DISTINCT_LETTERS, _DISTINCT_WORDS = 30, 4
_WORDS = re.compile(r"[^\W_]+")
_SUBTITLE = re.compile(r"\s*(?:[:?!\u2014]|\s[-\u2013]{1,3}\s|\.\s)\s*")
_VERSION = re.compile(
    r"[\s,;:.\u2013-]*(?:[(\[]\s*(?:version|ver\.?|v\.?)\s*\d+(?:\.\d+)?\s*[)\]]"
    r"|\b(?:version|ver\.)\s*\d+(?:\.\d+)?|(?<=\s)v\d{1,2})\s*\.?$",
    re.IGNORECASE,
)
_NOTES = (
    ("comment", r"^(?:a )?comments? (?:on|to|about)\b|\b(?:a|the) comment$|\(comment\)$"),
    ("reply", r"^(?:an? )?(?:authors?\W{0,2} )?(?:reply|response|rejoinder|rebuttal)(?: to|:|$)"),
    ("reply", r"\b(?:a|the) (?:reply|response|rejoinder)(?: to [\w\s.,]+)?$|\(reply\)$"),
    ("correction", r"^(?:(?:author|publisher) )?(?:correction|corrigend\w+|errat\w+|addend\w+)\b"),
    ("correction", r"\b(?:correction|corrigend\w+|errat\w+|addend\w+)\W*$"),
    ("retraction", r"^(?:retract\w+|expression of concern)\b|\[retracted\]$"),
    ("review", r"^(?:book )?reviews? of\b|^book reviews?\b"),
    ("discussion", r"^(?:an? )?discussion (?:of|on)\b|^discussion:|\b(?:a|the) discussion$"),
    ("supplement", r"^supplement\w*(?: \w+)? (?:to|for)\b|\bsupplementary(?: \w+)?$"),
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _NOTES)
_GENERIC = frozenset({
    "editorial", "guesteditorial", "introduction", "preface", "foreword", "bookreview",
    "bookreviews", "erratum", "errata", "correction", "corrections", "corrigendum", "addendum",
    "retraction", "news", "letters", "lettertotheeditor", "letterstotheeditor", "conclusion",
    "conclusions", "discussion", "reply", "comment", "comments", "index", "contents",
    "frontmatter", "abstract", "abstracts", "untitled", "title", "summary", "overview",
    "obituary", "inthisissue", "acknowledgements", "acknowledgments", "notes", "reviews",
    "perspective", "perspectives", "commentary",
})  # fmt: skip
_NUMBERS = frozenset({
    "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "one", "two",
    "three", "four", "five", "six", "seven", "eight", "nine", "ten", "first", "second", "third",
    "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
})  # fmt: skip
_LETTERED = re.compile(r"\b(?:part|volume|vol|supplement|appendix|lecture|section)\W+([a-h])\b")
# Spellings of one word, folded to one of them.
_SPELLINGS = (
    (re.compile(r"(?<=\w{3})is(?=(?:e|ed|es|er|ers|ing|ation|ations)\b)"), "iz"),
    (re.compile(r"(?<=\w{3})ys(?=(?:e|ed|er|ing)\b)"), "yz"),
    (re.compile(r"(?<=\w{2})our(?=s?\b|al\b|ed\b|ing\b|ite\b|able\b)"), "or"),
    (re.compile(r"(?<=\w{2})ll(?=(?:ed|ing|er|ers)\b)"), "l"),
    (re.compile(r"(?<=\w{2})tre(?=s?\b)"), "ter"),
    (re.compile(r"(?<=\w{3})ogue(?=s?\b)"), "og"),
    (re.compile(r"(?<=\w{3})ence(?=s?\b)"), "ense"),
    (re.compile(r"\bprogramme"), "program"),
    (re.compile(r"\bgrey(?=\b|scale)"), "gray"),
)


class Likeness(IntEnum):
    """How two titles are to each other; the higher the likelier they are one paper's."""

    APART = 0
    """One is not the other's paper, whatever else is the same: a reply to it, its second part."""
    OTHER = 1
    RELATED = 2
    """One is the other reworded, or with another subtitle or number."""
    PART = 3
    """One is the other without its subtitle, or its name."""
    SAME = 4


@dataclass(frozen=True, slots=True)
class Title:
    """A title taken apart; all in normal form. `note` is what sort of remark on a paper it heads."""

    key: str
    parts: frozenset[str]
    note: str
    skeleton: str
    numbers: str
    is_version: bool
    words: int

    @property
    def is_generic(self) -> bool:
        """Tell whether many things are called so."""
        return not self.key or self.key in _GENERIC

    @property
    def is_distinct(self) -> bool:
        """Tell whether it is long enough that hardly two papers have it by chance."""
        return len(self.key) >= _DISTINCT_LETTERS and self.words >= _DISTINCT_WORDS


def head_key(title: str) -> str:
    """Return the key of a title without its subtitle and version; "" if that tells little or is all."""
    bare = _VERSION.sub("", title)
    key = title_key(_SUBTITLE.split(bare, maxsplit=1)[0])
    is_telling = len(key) >= _SHORTEST_HEAD and key not in _GENERIC
    return key if is_telling and key != title_key(title) else ""


@lru_cache(_REMEMBERED)
def read_title(title: str) -> Title:
    """Return a title taken apart."""
    bare = _VERSION.sub("", title)
    lowered = bare.lower()
    halves = [title_key(part) for part in _SUBTITLE.split(bare)]
    tail = title_key(_SUBTITLE.sub(" ", bare[len(_SUBTITLE.split(bare, maxsplit=1)[0]) :]))
    words = _WORDS.findall(_spelled(lowered))
    numbers = [word for word in words if word in _NUMBERS]
    numbers += _LETTERED.findall(lowered)
    digits = "".join(letter for letter in title_key(title) if letter.isdigit())
    return Title(
        key=title_key(_spelled(lowered)),
        parts=frozenset(part for part in (halves[0], tail) if len(part) >= _SHORTEST_HEAD),
        note=next((kind for kind, form in _KINDS if form.search(bare.strip())), ""),
        skeleton=_skeleton(words),
        numbers=" ".join([digits, *numbers]),
        is_version=bare != title,
        words=len(words),
    )


def likeness(title: str, other: str) -> Likeness:
    """Return how two titles are to each other."""
    one, two = read_title(title), read_title(other)
    if one.note != two.note:
        return Likeness.APART
    if one.numbers != two.numbers and one.skeleton == two.skeleton:
        # "Lanterns (v2)" is "Lanterns", but "Lanterns II" is not.
        is_version = one.is_version != two.is_version and one.key == two.key
        return Likeness.SAME if is_version else Likeness.APART
    if one.key == two.key and one.key:
        return Likeness.SAME
    is_part = title_key(other) in one.parts or title_key(title) in two.parts
    if is_part and one.numbers == two.numbers:
        return Likeness.PART
    if is_part or one.parts & two.parts or _common_pieces(one.key, two.key) >= _RELATED:
        return Likeness.RELATED
    return Likeness.OTHER


def _skeleton(words: list[str]) -> str:
    lettered = [word for word in words if word not in _NUMBERS and len(word) > 1]
    return "".join(letter for letter in title_key("".join(lettered)) if not letter.isdigit())


def _spelled(text: str) -> str:
    for form, spelling in _SPELLINGS:
        text = form.sub(spelling, text)
    return text


def _common_pieces(key: str, other: str) -> float:
    ours, theirs = _pieces(key), _pieces(other)
    return 2 * len(ours & theirs) / max(1, len(ours) + len(theirs))


@lru_cache(_REMEMBERED)
def _pieces(key: str) -> frozenset[str]:
    return frozenset(key[at : at + _PIECE] for at in range(max(1, len(key) - _PIECE + 1)))
