"""One clean form for what a source says of a paper, made once, as it comes in."""

import re
import unicodedata

from digest.model.papers import PaperRecord
from digest.sources.texts.links import collapse_doubles, find_ids, find_links
from digest.sources.texts.maths import readable
from digest.text import clean_line, clip

MAX_TITLE = 400
MAX_ABSTRACT = 10_000
_LONGEST_TEXT = 30_000  # what is longer is cut before anything looks for maths and links in it
_NOT_KEY = re.compile(r"[^a-z0-9]+")


def record_from(
    position: int, line: int, title: str, abstract: str, *, is_truncated: bool
) -> PaperRecord:
    """Return a paper's record: readable, within bounds, its links found, its words beside it.

    The originals are the words as decoded, on one line, without forbidden characters. What is
    longer than MAX_TITLE or MAX_ABSTRACT is cut, as `beyond_bounds` says.
    """
    is_truncated = is_truncated or len(abstract) > _LONGEST_TEXT
    original_title = _cleaned(title[:_LONGEST_TEXT])
    original_abstract = _cleaned(abstract[:_LONGEST_TEXT])
    text = _readable(collapse_doubles(original_abstract))
    is_cut = is_truncated or len(text) > MAX_ABSTRACT
    text = clip(text, MAX_ABSTRACT)
    return PaperRecord(
        position=position,
        title=clip(_readable(original_title), MAX_TITLE),
        abstract=text,
        original_title=clip(original_title, MAX_TITLE),
        original_abstract=clip(original_abstract, MAX_ABSTRACT),
        line=line,
        links=find_links(text, is_truncated=is_truncated),
        ids=find_ids(text, is_truncated=is_truncated),
        is_truncated=is_cut,
    )


def beyond_bounds(title: str, abstract: str) -> list[str]:
    """Return a sentence for each text that is longer than a record holds."""
    return [
        f"{what} of {len(text):,} characters was cut at {limit:,}"
        for what, text, limit in (
            ("a title", title, MAX_TITLE),
            ("an abstract", abstract, MAX_ABSTRACT),
        )
        if len(text) > limit
    ]


def title_key(title: str) -> str:
    """Return a title's normal form for telling papers apart: its letters and digits alone.

    Case, hyphens, punctuation and space do not count, nor how a letter is encoded; letters of
    every script do. Idempotent. Empty for a title of signs only.
    """
    if title.isascii():
        return _NOT_KEY.sub("", title.lower())
    folded = title
    for _ in range(2):  # Folding case can make letters that NFKC takes apart again.
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
    return unicodedata.normalize("NFKC", "".join(filter(_counts, folded)))


def _counts(letter: str) -> bool:
    """Vowel signs of Indic scripts are marks, not letters, and yet tell words apart."""
    return letter.isalnum() or unicodedata.category(letter)[0] == "M"


def _cleaned(text: str) -> str:
    """Return what `clean_line` returns, at once for the plain text that most of it is."""
    is_plain = text.isascii() and text.isprintable() and "  " not in text and text == text.strip()
    return text if is_plain else clean_line(text)


def _readable(text: str) -> str:
    turned = readable(text)
    return text if turned == text else clean_line(turned)
