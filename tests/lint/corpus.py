"""Papers that mean harm, as a page that is taken in like any other.

Every text has words of `WISHES`, so that each comes into a digest, marked, and into the feeds.
"""

from dataclasses import replace
from datetime import date

from digest.sources.base import Page
from digest.sources.dumps.text import read_dump
from digest.sources.texts.normalize import record_from
from digest.text import clean_line
from tests.conftest import REPOSITORY
from tests.factories import make_dump
from tests.rendering.samples import HOSTILE_TITLES

PLAIN = REPOSITORY / "examples" / "dumps" / "1-march.txt"
_FEBRUARY = date(2026, 2, 10)
_MARCH = date(2026, 3, 17)
FEW = 3
# One reader each: everything, nothing that is found, and words that are hostile themselves.
WISHES = {
    "ada@example.org": ("fog", "graph neural networks"),
    "eve@example.org": ("quantum knitting",),
    "mallory@example.org": (
        "harbour*",
        "<b>boats</b> & ]]>",
        "\u05e9\u05dc\u05d5\u05dd",
        "w" * 80,
        "\U0001f9ec emoji",
    ),
}

TITLES = (
    *HOSTILE_TITLES,
    "Words, " * 57,
    "A title \u202ethat turns\u202c round and\u2066 isolates\u2069 itself, with \x0b and \x7f in it",
    "Looks like &amp;lt;i&amp;gt; escaped &#60;b&#62; &nbsp; twice &copy 2026",
    "What is no character: \ufffe, \ufdd0, \ufffd, \x85 and \x1b[31m a colour of terminals",
    "$\\alpha_{i}^{2}$ \\textbf{bold} \\href{javascript:alert(1)}{here} \\input{/etc/passwd}",
    "https://example.org/a-title-that-is-an-address?and=1&lt=2",
    "\u0e01\u0e33 combining a\u0301\u0301\u0301\u0301 Zalgo t\u0336\u0321\u0322 and \u200bzero\u200bwidth",
    "\u4e2d\u6587\u6807\u9898\uff1a\u5927\u89c4\u6a21\u8bed\u8a00\u6a21\u578b\u7684\u63a8\u7406",
)


def plain_page() -> Page:
    """Return a page of papers as most are, for a month that is over."""
    [*records] = read_dump(PLAIN, today=_FEBRUARY).records
    return Page(make_dump("plain.txt", _FEBRUARY), iter(records[-FEW:]))


def hostile_page() -> Page:
    """Return a page of hostile papers on its way in, each with a real abstract as well."""
    plain = [*read_dump(PLAIN, today=_MARCH).records]  # to its end, so that the file is closed
    records = (
        replace(
            record_from(
                number,
                number,
                title,
                f"{title} In fog. {title} Of harbours (https://example.org/?a=1&copy=2). "
                f"{own.original_abstract}",
                is_truncated=False,
            ),
            # What looks like an address is no name to feedparser.
            authors=(clean_line(title)[:60].replace("@", " at "), "Am\u00e9lie & S\u00f6hne"),
        )
        for number, (title, own) in enumerate(zip(TITLES, plain, strict=False), start=1)
    )
    return Page(make_dump("hostile.txt", _MARCH), records)
