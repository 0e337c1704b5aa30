"""What a saved page carries around its papers: counts, dates, buttons, a footer."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from digest.sources.base import SourceWarning
from digest.sources.dumps.dates import read_date
from digest.sources.dumps.lines import Line

_LONGEST = 60
_LONGEST_NAMES = 400
_THRICE = 3
_LONG = 180
_NAMES_SHARE = 0.15  # of a page's lines, from which a list of names is one of authors
_NUMBER = re.compile(r"[+\u00b7\u2022\u25b2\s]*\d+(?:[.,]\d+)*\s*[kKmM]?\+?", re.IGNORECASE)
_AUTHORS = re.compile(r"[\u00b7\u2022\s]*\d+\s+authors?", re.IGNORECASE)
_SUBMITTED = re.compile(r"(?:submitted|posted|shared) by\b.*", re.IGNORECASE)
_PUBLISHED = re.compile(r"(?:published|submitted|posted|updated) on\b.*", re.IGNORECASE)
_COUNTED = re.compile(
    r"(?:github|upvotes?|stars?|comments?|arxiv(?: page)?|likes?|models?|datasets?|spaces?)"
    r"[\s:\u00b7\u2022]*(?:\d+(?:[.,]\d+)*\s*[kKmM]?)?",
    re.IGNORECASE,
)
_COUNT_OF = re.compile(
    r"\d+(?:[.,]\d+)*\s*[kKmM]?\s+(?:upvotes?|stars?|comments?|likes?)", re.IGNORECASE
)
_WORDS = frozenset(
    (
        *("previous", "next", "company", "tos", "terms", "terms of service", "privacy", "about"),
        *("privacy policy", "jobs", "careers", "website", "docs", "documentation", "pricing"),
        *("system theme", "hugging face", "models", "datasets", "spaces", "papers", "community"),
        *("daily", "weekly", "monthly", "today", "yesterday", "log in", "login", "sign up"),
        *("sign in", "posts", "buckets", "enterprise", "solutions", "blog", "forum", "contact"),
        *("load more", "load more papers", "show more", "view more", "back to top", "search"),
        *("view arxiv page", "view pdf", "paper page", "project page", "status", "collections"),
        *("inference endpoints", "<", ">", "\u2190", "\u2192", "\u2039", "\u203a", "copied"),
        *("light", "dark", "discord", "twitter", "linkedin", "hub", "endpoints", "organizations"),
        *("trending papers", "daily papers", "github", "pdf", "abstract", "new", "ai", "main"),
    )
)
_COPYRIGHT = re.compile(r"(?:\u00a9|\(c\)|copyright\b).*", re.IGNORECASE)
_WEEK = re.compile(r"week \d{1,2}(?:,? \d{4})?", re.IGNORECASE)
_ONE_NAME = (
    r"(?:[A-Z][\w'\u2019.-]*|[A-Z]\.)(?: (?:de|da|van|von|der|den|di|la|le|el|bin|al))*"
    r"(?: (?:[A-Z][\w'\u2019.-]*))+"
)
_NAMES = re.compile(
    rf"{_ONE_NAME}(?:, {_ONE_NAME})+(?:,? (?:and|&) {_ONE_NAME})?(?:,? (?:et al\.?|\.\.\.|\u2026))?"
)
_Kind = str


def kind_of_furniture(text: str) -> _Kind | None:
    """Return what kind of furniture a line is by its pattern, or None for a text of a paper."""
    if len(text) > _LONGEST:
        return None
    if text.casefold().strip(" \u00b7\u2022|") in _WORDS or _COPYRIGHT.fullmatch(text):
        return "buttons"
    for kind, pattern in (
        ("numbers", _NUMBER),
        ("numbers of authors", _AUTHORS),
        ("submitters", _SUBMITTED),
        ("dates", _PUBLISHED),
        ("counts", _COUNTED),
        ("counts", _COUNT_OF),
        ("dates", _WEEK),
    ):
        if pattern.fullmatch(text):
            return kind
    return "dates" if read_date(text) else None


class Furniture:
    """Which lines of one page are furniture; keeps a tally of what it leaves out."""

    def __init__(self, sample: list[Line]) -> None:
        """Learn from a page's first lines which of its own are repeated and if it lists authors."""
        self._repeated = _repeated(sample)
        names = sum(_are_names(line.text) for line in sample)
        self._lists_authors = names >= _THRICE and names >= _NAMES_SHARE * len(sample)
        self._tally: Counter[_Kind] = Counter()
        self._first: dict[_Kind, Line] = {}

    def without(self, lines: Iterable[Line]) -> Iterator[Line]:
        """Yield the lines that are no furniture."""
        after_blank = expects_name = False
        for line in lines:
            kind = self._kind(line.text)
            if kind is None and expects_name and " " not in line.text:
                kind = "submitters"
            expects_name = line.text.casefold() in ("submitted by", "posted by", "shared by")
            if kind is None:
                yield line._replace(after_blank=line.after_blank or after_blank)
                after_blank = False
                continue
            self._tally[kind] += 1
            self._first.setdefault(kind, line)
            after_blank = after_blank or line.after_blank

    def warnings(self) -> list[SourceWarning]:
        """Return a warning for every kind of line left out, at its first."""
        return [
            SourceWarning(
                line.number,
                f"left out {self._tally[kind]:,} "
                f"{'line' if self._tally[kind] == 1 else 'lines'} ({kind}) such as "
                f"'{line.text[:_LONGEST]}'",
            )
            for kind, line in self._first.items()
        ]

    def _kind(self, text: str) -> _Kind | None:
        if kind := kind_of_furniture(text):
            return kind
        if text in self._repeated:
            return "repeated lines"
        return "authors" if self._lists_authors and _are_names(text) else None


def _are_names(text: str) -> bool:
    return len(text) <= _LONGEST_NAMES and _NAMES.fullmatch(text) is not None


def _repeated(sample: list[Line]) -> frozenset[str]:
    """Return the short lines that stand on a page thrice, unless the same text always follows.

    What stands between two long lines is a title even so.

    What ends a sentence may be the abstract of several papers (that they were withdrawn).
    """
    following: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    texts = [line.text for line in sample]
    as_title: Counter[str] = Counter()
    for before, text, after in zip(["", *texts], texts, [*texts[1:], ""], strict=False):
        if len(text) <= _LONGEST and not text.endswith((".", "!", "?")):
            counts[text] += 1
            as_title[text] += min(len(before), len(after)) > _LONG
            following.setdefault(text, set()).add(after)
    return frozenset(
        text
        for text, count in counts.items()
        if count >= _THRICE and len(following[text]) > 1 and 2 * as_title[text] < count
    )
