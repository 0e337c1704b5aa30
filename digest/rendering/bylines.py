"""Who wrote a paper, in half a line."""

from collections.abc import Sequence

from digest.rendering.languages import Language
from digest.text import clean_line, clip

_ALL_OF, _FIRST_OF_MORE = 3, 2
_LONGEST_NAME = 60


def byline(authors: Sequence[str], words: Language) -> str:
    """Return the names of three authors, of more the first two and how many follow; "" of none."""
    names = [clip(name, _LONGEST_NAME) for name in map(clean_line, authors) if name]
    if len(names) <= _ALL_OF:
        return ", ".join(names)
    more = len(names) - _FIRST_OF_MORE
    return words.ngettext(
        "%(named)s and %(more)s more",
        "%(named)s and %(more)s more",
        more,
        named=", ".join(names[:_FIRST_OF_MORE]),
        more=str(more),
    )
