"""A paper as arXiv tells of it, by whichever of its interfaces, made into a record in one way."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from digest.model.papers import PaperId, PaperRecord, Scheme
from digest.sources.arxiv.ids import ArxivId, pdf_of
from digest.sources.formats.xml import REPLACED, Reader, UnreadableError
from digest.sources.identity.paper_ids import normal_ids
from digest.sources.stated import people
from digest.sources.texts.normalize import record_from
from digest.text import clean_line, clip

_ARCHIVE = r"[a-z]+(?:-[a-z]+)*"
CATEGORY = re.compile(rf"{_ARCHIVE}(?:\.[A-Za-z]+(?:-[A-Za-z]+)*)?")
"""An archive or a category of one: `hep-th`, `cs.CL`, `cond-mat.str-el`."""
_MOST_CATEGORIES, _LONGEST_CATEGORY = 40, 39
_EARLIEST = 1986  # the oldest papers are older than arXiv itself


def arxiv_record(  # noqa: PLR0913  all that arXiv tells of a paper
    position: int,
    arxiv: ArxivId,
    *,
    title: str,
    abstract: str,
    authors: Iterable[str],
    categories: Iterable[str],
    doi: str,
    published_on: date | None,
    is_update: bool,
) -> PaperRecord:
    """Return the record of a paper. `doi` may name several; raises UnreadableError without a title."""
    record = record_from(position, 0, title, abstract, is_truncated=False)
    if not record.title:
        raise UnreadableError(f"{arxiv.paper_id.value} has no title")
    dois = (PaperId(Scheme.DOI, each) for each in doi.split()[:10])
    pdf = pdf_of(arxiv.paper_id)
    return replace(
        record,
        authors=people(authors),
        # What an abstract says of itself comes last: the service knows better.
        ids=normal_ids((arxiv.paper_id, *dois, *record.ids)),
        categories=categories_of(categories),
        links=(*(each for each in record.links if each.url != pdf.url), pdf),
        published_on=published_on,
        is_update=is_update,
    )


def warn_of_replaced(reader: Reader, record: PaperRecord) -> None:
    """Warn of a paper in which bytes are lost."""
    if REPLACED in record.title or REPLACED in record.abstract:
        reader.warn(f"{record.ids[0].value} has bytes that are no UTF-8; they were replaced")


def categories_of(words: Iterable[str]) -> tuple[str, ...]:
    """Return what is a category of arXiv's, each once: other schemes have numbers in theirs."""
    found = (each.strip() for each in words)
    kept = dict.fromkeys(
        each for each in found if len(each) <= _LONGEST_CATEGORY and CATEGORY.fullmatch(each)
    )
    return tuple(kept)[:_MOST_CATEGORIES]


def day_of(text: str) -> date | None:
    """Return the day of `2021-01-01`, None for what is none or cannot be a paper's."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if day.year >= _EARLIEST else None


def moment_of(text: str) -> datetime | None:
    """Return the moment, in UTC, of `2021-01-01T05:30:00Z`; None for what is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= _EARLIEST else None


def one_id(arxiv: ArxivId | None, texts: Sequence[str]) -> ArxivId:
    """Return an id that was found; raises UnreadableError if none was, with what stood there."""
    if arxiv is None:
        shown = clip(clean_line(" ".join(filter(None, texts))), 80)
        raise UnreadableError(f"no arXiv id in {shown!r}" if shown else "a paper has no id")
    return arxiv
