"""arXiv's daily list as a feed, in RSS 2.0 or Atom: its items, or what the service says is wrong."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import IO

from digest.errors import SourceError
from digest.sources.arxiv.authors import split_authors
from digest.sources.arxiv.days import ZONE
from digest.sources.arxiv.ids import read_arxiv_id
from digest.sources.arxiv.records import arxiv_record, moment_of, one_id, warn_of_replaced
from digest.sources.base import Listed
from digest.sources.formats.json_shape import unknown_shape
from digest.sources.formats.xml import (
    Element,
    Reader,
    UnreadableError,
    all_text,
    child_texts,
    elements,
)
from digest.text import clean_line, clip

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_ITEMS = frozenset({"item", f"{_ATOM}entry"})
_WHOLES = frozenset({"channel", f"{_ATOM}feed"})
_PREFIX = re.compile(
    r"\s*arXiv:(?P<id>\S+)\s+Announce\s+Type:\s*(?P<type>[a-z-]+)\s+(?:Abstract:\s*)?",
    re.IGNORECASE,
)
_NEW = frozenset({"new", "cross"})
# `absonly` is a change of title, abstract or comments without a new version.
_UPDATES = frozenset({"replace", "replace-cross", "absonly"})


@dataclass
class FeedPage:
    """The items of a feed; none at a weekend."""

    reader: Reader
    listed: list[Listed] = field(default_factory=list)


def read_page(name: str, body: IO[bytes], today: date) -> FeedPage:
    """Return the list in a feed; raises SourceError for none, and with what the service says is wrong."""
    page = FeedPage(Reader(name))
    places: Counter[date] = Counter()
    is_feed = False
    for element in elements(name, body, _ITEMS | _WHOLES):
        if not is_feed:
            _refuse_error(name, element)
            is_feed = True
        if element.tag in _ITEMS:
            page.reader.take(element, lambda item: _take_item(page, item, today, places))
    if not is_feed:
        raise unknown_shape(name, "it is no feed")
    page.reader.finish()
    return page


def _refuse_error(name: str, first: Element) -> None:
    """Raise what the service says if a feed is no list: its title stands before any item."""
    feed = first if first.tag in _WHOLES else first.getparent()
    texts = {} if feed is None else child_texts(feed)
    title = clean_line(texts.get("title") or texts.get(f"{_ATOM}title") or "")
    if title.lower().startswith("feed error"):
        more = clean_line(texts.get("description") or texts.get(f"{_ATOM}subtitle") or "")
        said = f"{title}: {more}" if more else title
        raise SourceError(name, f"refuses the question: {clip(said, 300)}")


def _take_item(page: FeedPage, item: Element, today: date, places: Counter[date]) -> None:
    texts = child_texts(item)
    named = [texts.get(tag, "") for tag in ("guid", "link", f"{_ATOM}id")]
    said = texts.get("description") or texts.get(f"{_ATOM}summary") or ""
    prefix = _PREFIX.match(said)
    found = next(filter(None, map(read_arxiv_id, named)), None)
    arxiv = one_id(found or (read_arxiv_id(prefix["id"]) if prefix else None), named)
    day = _day_announced(texts)
    if day is None:
        raise UnreadableError(f"{arxiv.paper_id.value} has no date")
    kind = texts.get(f"{_ARXIV}announce_type") or (prefix["type"] if prefix else "")
    kind = kind.strip().lower()
    # Of a kind that does not exist yet, a first version is new.
    is_update = kind in _UPDATES or (kind not in _NEW and arxiv.version > 1)
    # The title may have what arXiv makes of formulas in it, as elements.
    title = item.find("title") if item.find("title") is not None else item.find(f"{_ATOM}title")
    day = min(day, today)
    places[day] += 1
    record = arxiv_record(
        places[day],
        arxiv,
        title=all_text(title),
        abstract=said[prefix.end() :] if prefix else said,
        authors=split_authors(_authors(item, texts)),
        categories=_categories(item),
        doi=texts.get(f"{_ARXIV}DOI") or texts.get(f"{_ARXIV}doi") or "",
        # When an older paper came out, a list that repeats it does not say.
        published_on=day if kind == "new" else None,
        is_update=is_update,
    )
    warn_of_replaced(page.reader, record)
    page.listed.append(Listed(day, record))


def _authors(item: Element, texts: Mapping[str, str]) -> str:
    if creators := texts.get(f"{_DC}creator"):
        return creators
    return ", ".join(each.text or "" for each in item.iterfind(f"{_ATOM}author/{_ATOM}name"))


def _categories(item: Element) -> list[str]:
    words = [each.text or "" for each in item.iterfind("category")]
    return words + [each.get("term", "") for each in item.iterfind(f"{_ATOM}category")]


def _day_announced(texts: Mapping[str, str]) -> date | None:
    moment: datetime | None = None
    if written := texts.get("pubDate"):
        try:
            moment = parsedate_to_datetime(written.strip())
        except (ValueError, IndexError, TypeError, OverflowError):
            return None
    elif written := texts.get(f"{_ATOM}published"):
        moment = moment_of(written)
    if moment is None:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZONE).date()
    except (ValueError, OverflowError):
        return None
