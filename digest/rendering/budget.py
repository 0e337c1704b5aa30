"""Keep a mail under the size at which Gmail cuts it off: show less of each paper, step by step."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from digest.model.mails import GAP, Body, Shared, quoted_printable, utf8_size
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


def fits(html: Body) -> bool:
    """Say whether a mail's HTML is small enough to be shown whole."""
    # What is the reader's own is encoded only where that can matter.
    return _size(html, _at_most) <= MAX_ENCODED_HTML or encoded_size(html) <= MAX_ENCODED_HTML


def encoded_size(part: Body) -> int:
    """Return the bytes a part takes in a mail, quoted-printable or base64, whichever is more."""
    return _size(part, _sizes)


def _size(part: Body, of: Callable[[str], tuple[int, int, int]]) -> int:
    raw = quoted = gaps = 0
    for piece in part.pieces:
        if type(piece) is Shared:
            raw += piece.size
            quoted += piece.quoted_size
            gaps += len(piece.around) - 1
        else:
            its_raw, its_quoted, its_gaps = of(piece)
            raw += its_raw
            quoted += its_quoted
            gaps += its_gaps
    raw += gaps * (len(part.token) - len(GAP))
    quoted += gaps * len(part.filling)
    base64 = -(-raw // 3) * 4
    return max(base64 + 2 * -(-base64 // _LINE), quoted)


def _sizes(piece: str) -> tuple[int, int, int]:
    """Return the bytes of whole lines, those of their quoted-printable, and the gaps in them.

    Those of the quoted-printable are without what fills the gaps.
    """
    gaps = piece.count(GAP)
    return utf8_size(piece), len(quoted_printable(piece)) - gaps * len(GAP), gaps


def _at_most(piece: str) -> tuple[int, int, int]:
    """Return numbers no less than those of `_sizes`, without encoding anything."""
    raw = utf8_size(piece)
    return raw, int(raw * _WORST_GROWTH) + _LONGEST_END, piece.count(GAP)


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
