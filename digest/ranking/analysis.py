"""Text as the matcher sees it: sentences, tokens with their offsets, stems.

Texts and expressions pass through the same functions, so that what is equal to a reader's eye
(case, accents, ligatures, full-width letters, inflections) is equal here. The unstemmed word and
the letters as written stay beside the stem, for verbatim words and for acronyms.
"""

import re
import threading
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import Stemmer

_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
_HYPHENS = "\\-\u2010\u2011\u2013\u00ad"
# A LaTeX command is no word; C++ and C# are; a possessive belongs to its word but not to its form.
# Only the hyphen right between two words joins them.
_TOKEN = re.compile(
    rf"\\[A-Za-z]+[{_HYPHENS}]?"
    rf"|(?P<hyphen>(?<=[^\W_])[{_HYPHENS}])?"
    rf"(?P<word>[^\W_]+(?:[{_MARKS}]+[^\W_]*)*(?:(?:\+\+|\#)(?![\w+#]))?)"
    rf"(?:['\u2019]s(?![^\W_])[{_HYPHENS}]?)?"
)

_STOP_WORDS = (
    "a about above after again all also am an and any are as at be because been before being below "
    "between both but by can could did do does doing down during each few for from further had has "
    "have having he her here hers him his how i if in into is it its itself just may me might more "
    "most must my no nor not now of off on once only or other our out over own per same she should "
    "so some such than that the their them then there these they this those through to too under "
    "until up upon us very via was we were what when where which while who whom why will with "
    "within without would you your"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())

# Never words of their own: "multi modal" is one word that somebody spaced.
PREFIXES = frozenset(
    {
        *("anti", "bi", "co", "cross", "hyper", "inter", "intra", "macro", "meta", "micro", "mono"),
        *("multi", "nano", "neuro", "non", "poly", "post", "pre", "pseudo", "quasi", "re", "self"),
        *("semi", "sub", "super", "trans", "tri", "ultra", "un", "uni"),
    }
)


class Token(NamedTuple):
    """A word at its place in a text.

    `word` is the folded form; `is_glued` tells that only a hyphen parts it from the token before.
    """

    start: int
    end: int
    word: str
    is_glued: bool


def tokenize(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """Return the tokens of text[start:end], with offsets in text."""
    return [
        Token(*match.span("word"), fold(match["word"]), bool(match["hyphen"]))
        for match in _TOKEN.finditer(text, start, len(text) if end is None else end)
        if match["word"]
    ]


def words_as_written(text: str, start: int, end: int) -> list[tuple[str, str]]:
    """Return the same tokens without offsets: the hyphen before each, or "", and the word as written."""
    return [found for found in _TOKEN.findall(text, start, end) if found[1]]


@lru_cache(maxsize=1 << 17)
def fold(text: str) -> str:
    """Return text in the form in which words are compared: NFKC, no case, no accents."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    letters = [c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn"]
    folded = unicodedata.normalize("NFKC", "".join(letters))
    # A few letters come apart into words, or into nothing: a word stays one.
    return "".join(folded.split()) or text


_stemmer = Stemmer.Stemmer("english", 0)
_stemmer_lock = threading.Lock()  # PyStemmer objects are not to be shared between threads


@lru_cache(maxsize=1 << 18)
def stem(word: str) -> str:
    """Return the Snowball stem of a folded word."""
    with _stemmer_lock:
        return str(_stemmer.stemWord(word))


def stems(words: Sequence[str]) -> list[str]:
    """Return the stems of many folded words, faster than one by one."""
    with _stemmer_lock:
        return list(_stemmer.stemWords(words))


def beginning(words: Sequence[str], prefix: str) -> Sequence[str]:
    """Return those of the sorted words that begin with prefix."""
    return words[bisect_left(words, prefix) : bisect_left(words, prefix + "\U0010ffff")]


_SENTENCE_END = re.compile(
    r"""(?:[.!?]["'\u2019\u201d)\]]*\s+(?=["'\u2018\u201c`(\[]*(?:[^\W\d_a-z]|\d))|\n\s*\n\s*)"""
)
_ABBREVIATION = re.compile(
    r"(?:^|[^\w.])(?:e\.?g|i\.?e|al|cf|vs|viz|ca|approx|resp|figs?|eqs?|eqns?|secs?|tabs?|refs?"
    r"|no|nos|vol|ch|dr|prof|mr|mrs|ms|st|inc|w\.?r\.?t|a\.?k\.?a|[^\W\d_])\.$",
    re.IGNORECASE,
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) of every sentence; "e.g.", "et al.", initials and decimals end none."""
    bounds: list[tuple[int, int]] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        stop = match.start() + 1
        if text[match.start()] == "." and _ABBREVIATION.search(text, max(start, stop - 12), stop):
            continue
        bounds.append((start, start + len(text[start : match.end()].rstrip())))
        start = match.end()
    if start < len(text):
        bounds.append((start, start + len(text[start:].rstrip())))
    return [(start, end) for start, end in bounds if end > start]
