"""A page of arXiv's API: an Atom feed of papers, or of one entry that says what is wrong."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO

from digest.errors import SourceError
from digest.sources.arxiv.ids import read_arxiv_id
from digest.sources.arxiv.records import arxiv_record, moment_of, one_id, warn_of_replaced
from digest.sources.base import Listed
from digest.sources.formats.json_shape import unknown_shape
from digest.sources.formats.xml import Element, Reader, UnreadableError, child_texts, elements
from digest.text import clean_line, clip

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_FEED, _ENTRY = f"{_ATOM}feed", f"{_ATOM}entry"
_TOTAL = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"
_NUMBER = re.compile(r"[0-9]{1,11}")


@dataclass
class ApiPage:
    """The papers of a page; `entries` counts those that could not be read too.

    `moments` are when those listed came out, one after the other. `total` is how many there are on
    all pages together, None if it does not say.
    """

    reader: Reader
    listed: list[Listed] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    entries: int = 0
    total: int | None = None

    @property
    def newest(self) -> datetime | None:
        """When the last of the papers came out, None if there is none."""
        return max(self.moments, default=None)

    @property
    def papers(self) -> list[str]:
        """The ids on the page, in its order."""
        return [each.record.ids[0].value for each in self.listed]


def read_page(name: str, body: IO[bytes], since: datetime, today: date) -> ApiPage:
    """Return a page; raises SourceError for what is none, and with what the service says is wrong.

    What came out before `since` was listed when it did: a version of it is an update.
    """
    page = ApiPage(Reader(name))
    places: Counter[date] = Counter()
    is_feed = False
    for element in elements(name, body, {_FEED, _ENTRY, _TOTAL}):
        if element.tag == _ENTRY:
            _refuse_error(name, element)
            page.entries += 1
            page.reader.take(element, lambda each: _take_entry(page, each, since, today, places))
        elif element.tag == _TOTAL:
            words = (element.text or "").strip()
            page.total = int(words) if _NUMBER.fullmatch(words) else None
        else:
            is_feed = True
    if not is_feed:
        raise unknown_shape(name, "it is no Atom feed")
    page.reader.finish()
    return page


def _refuse_error(name: str, entry: Element) -> None:
    texts = child_texts(entry)
    title = texts.get(f"{_ATOM}title", "").strip().lower()
    if title == "error" and "/api/errors" in texts.get(f"{_ATOM}id", ""):
        said = clip(clean_line(texts.get(f"{_ATOM}summary", "")), 300) or "an error without a word"
        raise SourceError(name, f"refuses the question: {said}")


def _take_entry(
    page: ApiPage, entry: Element, since: datetime, today: date, places: Counter[date]
) -> None:
    texts = child_texts(entry)
    named = texts.get(f"{_ATOM}id", "")
    arxiv = one_id(read_arxiv_id(named), [named])
    published = moment_of(texts.get(f"{_ATOM}published", ""))
    if published is None:
        raise UnreadableError(f"{arxiv.paper_id.value} has no date")
    day = min(published.date(), today)
    places[day] += 1
    record = arxiv_record(
        places[day],
        arxiv,
        title=texts.get(f"{_ATOM}title", ""),
        abstract=texts.get(f"{_ATOM}summary", ""),
        authors=(each.text or "" for each in entry.iterfind(f"{_ATOM}author/{_ATOM}name")),
        categories=_categories(entry),
        doi=texts.get(f"{_ARXIV}doi", ""),
        published_on=day,
        is_update=published < since,
    )
    warn_of_replaced(page.reader, record)
    page.listed.append(Listed(day, record))
    page.moments.append(published)


def _categories(entry: Element) -> Iterator[str]:
    """Yield the primary category first."""
    for tag in (f"{_ARXIV}primary_category", f"{_ATOM}category"):
        for each in entry.iterfind(tag):
            yield each.get("term", "")
