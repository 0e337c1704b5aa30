"""Keep a mail under the size at which Gmail cuts it off: show less of each paper, step by step."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

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


def fits(html: str) -> bool:
    """Say whether a mail's HTML is small enough to be shown whole."""
    # Encoding at most triples a byte, so what is small need not be encoded to be measured.
    is_small = len(html.encode("utf-8", "replace")) * _WORST_GROWTH <= MAX_ENCODED_HTML
    return is_small or encoded_size(html) <= MAX_ENCODED_HTML


def encoded_size(html: str) -> int:
    """Return the bytes a part takes in a mail, quoted-printable or base64, whichever is more."""
    raw = html.encode("utf-8", "replace")
    base64 = -(-len(raw) // 3) * 4
    with_line_ends = base64 + 2 * -(-base64 // _LINE)
    # Quoted-printable ends its lines with CRLF, b2a_qp with whatever it was given.
    quoted = binascii.b2a_qp(raw.replace(b"\n", b"\r\n"), istext=True)
    return max(with_line_ends, len(quoted))


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
