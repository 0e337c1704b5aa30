"""Keep a mail under the size at which Gmail cuts it off: show less of each paper, step by step."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from digest.model.mails import Shared, quoted_printable
from digest.text import clip

MAX_ENCODED_HTML = 95_000

_SENTENCE_END = re.compile(r"[.!?\u3002][\"'\u2019\u201d)\]]*(?=\s)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|cf|vs|fig|figs|eq|eqs|sec|no|approx|resp|dr|prof|etc|w\.r\.t)"
    r"|(?:^|[\s.(])[A-Za-z])\.$",
    re.IGNORECASE,
)
_LINE = 76
# Three characters for a byte, and a line end after every 73 of them at the least.
_WORST_GROWTH = 3.2
# The line end that is given to what has none, and a line end broken by one of ours.
_LONGEST_END = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """How much a mail shows of each paper, in characters where not said otherwise.

    The first `whole` papers are shown in full, the rest as one line with a link; of more than
    `shown` papers the last are only counted. Of those folded under a paper, `folded` are named.
    """

    whole: int
    shown: int
    title: int = 300
    sentence: int = 260
    abstract: int = 420
    links: int = 6
    folded: int = 12


def shapes(papers: int) -> Iterator[Shape]:
    """Yield the shapes to try for a number of papers, the fullest first.

    Abstracts go before links, links before whole papers, and the best papers last of all. What is
    folded is named by fewer titles together with the links, and only counted before papers are.
    """
    shape = Shape(whole=papers, shown=papers)
    yield shape
    for abstract, sentence in ((300, 200), (200, 160), (120, 120)):
        shape = replace(shape, abstract=abstract, sentence=sentence)
        yield shape
    shape = replace(shape, links=2, title=160, folded=4)
    yield shape
    for whole in _halves(papers):
        shape = replace(shape, whole=whole)
        yield shape
    for folded in (2, 0):
        shape = replace(shape, title=100, folded=folded)
        yield shape
    for shown in _halves(papers):
        yield replace(shape, shown=shown)


def fits(pieces: Sequence[str]) -> bool:
    """Say whether a mail's HTML, in pieces that are whole lines, is small enough to be shown whole."""
    # What is the reader's own is encoded only where that can matter.
    at_most = _larger(*_sums(map(_at_most, pieces)))
    return at_most <= MAX_ENCODED_HTML or encoded_size(pieces) <= MAX_ENCODED_HTML


def encoded_size(pieces: Iterable[str]) -> int:
    """Return the bytes a part takes in a mail, quoted-printable or base64, whichever is more."""
    return _larger(*_sums(map(_sizes, pieces)))


def _larger(raw: int, quoted: int) -> int:
    base64 = -(-raw // 3) * 4
    return max(base64 + 2 * -(-base64 // _LINE), quoted)


def _sums(sizes: Iterable[tuple[int, int]]) -> tuple[int, int]:
    raw = quoted = 0
    for size in sizes:
        raw += size[0]
        quoted += size[1]
    return raw, quoted


def _sizes(piece: str) -> tuple[int, int]:
    """Return the bytes of whole lines, and those of their quoted-printable."""
    if type(piece) is Shared:
        return piece.size, len(piece.quoted)
    return len(piece.encode("utf-8", "replace")), len(quoted_printable(piece))


def _at_most(piece: str) -> tuple[int, int]:
    """Return numbers no less than those of `_sizes`, without encoding anything."""
    if type(piece) is Shared:
        return piece.size, len(piece.quoted)
    raw = len(piece.encode("utf-8", "replace"))
    return raw, int(raw * _WORST_GROWTH) + _LONGEST_END


def shorten(text: str, length: int) -> str:
    """Return text of at most `length` characters, ending with a sentence where one ends in time."""
    if len(text) <= length:
        return text
    head = text[: length + 1]
    for end in reversed([match.end() for match in _SENTENCE_END.finditer(head)]):
        if end < length // 2:
            break
        if not _ABBREVIATION.search(head[:end]):
            return head[:end]
    return clip(text, length)


def _halves(number: int) -> Iterator[int]:
    while number:
        number //= 2
        yield number
