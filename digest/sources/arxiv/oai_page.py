"""A page of OAI-PMH with records in arXiv's own format, read as it comes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import IO

from digest.model.papers import PaperId
from digest.sources.arxiv.ids import read_arxiv_id
from digest.sources.arxiv.records import arxiv_record, day_of, one_id, warn_of_replaced
from digest.sources.base import Listed
from digest.sources.formats.json_shape import unknown_shape
from digest.sources.formats.xml import Element, Reader, UnreadableError, child_texts, elements
from digest.text import clean_line, clip

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_ROOT, _RECORD = f"{_OAI}OAI-PMH", f"{_OAI}record"
_ERROR, _TOKEN = f"{_OAI}error", f"{_OAI}resumptionToken"
_HEADER, _METADATA = f"{_OAI}header", f"{_OAI}metadata"
_ARXIV = "{http://arxiv.org/OAI/arXiv/}"
_PAPER, _AUTHORS = f"{_ARXIV}arXiv", f"{_ARXIV}authors"
_LONGEST_TOKEN = 4_000
# From handing a paper in to its announcement: weekends, holidays, and moderators who look twice.
_ANNOUNCED_WITHIN = timedelta(days=7)


@dataclass
class OaiPage:
    """What a page says: an error by its code, or records and perhaps where the next page is.

    `newest` is the last day on which anything in it changed.
    """

    reader: Reader
    listed: list[Listed] = field(default_factory=list)
    withdrawn: list[PaperId] = field(default_factory=list)
    token: str = ""
    error: str = ""
    explanation: str = ""
    newest: date | None = None

    @property
    def papers(self) -> list[PaperId]:
        """Which papers the page is about."""
        return [*(each.record.ids[0] for each in self.listed), *self.withdrawn]


def read_page(name: str, body: IO[bytes], since: date, today: date) -> OaiPage:
    """Return a page of what changed since a day; raises SourceError for what is none.

    A paper that was handed in long before it changed, and long before `since`, was announced back
    then: its record is an update.
    """
    page = OaiPage(Reader(name))
    places: Counter[date] = Counter()
    is_oai = False
    for element in elements(name, body, {_ROOT, _RECORD, _ERROR, _TOKEN}):
        if element.tag == _RECORD:
            page.reader.take(element, lambda each: _take_record(page, each, since, today, places))
        elif element.tag == _ERROR:
            page.error = clip(clean_line(element.get("code", "")), 60) or "an error without a code"
            page.explanation = clip(clean_line(element.text or ""), 200)
        elif element.tag == _TOKEN:
            page.token = (element.text or "").strip()
        else:
            is_oai = True
    if not is_oai:
        raise unknown_shape(name, "it is not OAI-PMH")
    if len(page.token) > _LONGEST_TOKEN or not page.token.isprintable():
        raise unknown_shape(name, "its resumption token cannot be one")
    page.reader.finish()
    return page


def _take_record(
    page: OaiPage, record: Element, since: date, today: date, places: Counter[date]
) -> None:
    header = record.find(_HEADER)
    texts = {} if header is None else child_texts(header)
    changed = day_of(texts.get(f"{_OAI}datestamp", ""))
    named = texts.get(f"{_OAI}identifier", "")
    if changed is None:
        raise UnreadableError(f"{clip(clean_line(named), 80) or 'a record'} has no datestamp")
    if header is not None and header.get("status") == "deleted":
        page.withdrawn.append(one_id(read_arxiv_id(named), [named]).paper_id)
    else:
        paper = record.find(f"{_METADATA}/{_PAPER}")
        if paper is None:
            raise UnreadableError(f"{clip(clean_line(named), 80) or 'a record'} has no metadata")
        listed = _listed(paper, named, min(changed, since), today, places)
        warn_of_replaced(page.reader, listed.record)
        page.listed.append(listed)
    page.newest = max(page.newest or changed, changed)


def _listed(paper: Element, named: str, before: date, today: date, places: Counter[date]) -> Listed:
    texts = child_texts(paper)
    own = texts.get(f"{_ARXIV}id", "")
    arxiv = one_id(read_arxiv_id(own) or read_arxiv_id(named), [own, named])
    created = day_of(texts.get(f"{_ARXIV}created", ""))
    if created is None:
        raise UnreadableError(f"{arxiv.paper_id.value} has no date")
    day = min(created, today)
    places[day] += 1
    record = arxiv_record(
        places[day],
        arxiv,
        title=texts.get(f"{_ARXIV}title", ""),
        abstract=texts.get(f"{_ARXIV}abstract", ""),
        authors=_names(paper),
        categories=texts.get(f"{_ARXIV}categories", "").split(),
        doi=texts.get(f"{_ARXIV}doi", ""),
        published_on=day,
        is_update=created < before - _ANNOUNCED_WITHIN,
    )
    return Listed(day, record)


def _names(paper: Element) -> Iterator[str]:
    for author in paper.iterfind(f"{_AUTHORS}/{_ARXIV}author"):
        texts = child_texts(author)
        parts = (texts.get(f"{_ARXIV}{each}") for each in ("forenames", "keyname", "suffix"))
        yield " ".join(filter(None, parts))
