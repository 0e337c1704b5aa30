"""A page of bioRxiv's or medRxiv's preprints."""

import re
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote

from digest.errors import SourceAwayError
from digest.model.papers import Link, LinkKind, PaperId, Scheme
from digest.sources.base import Listed, SourceWarning
from digest.sources.formats.json_shape import Node, ShapeError, read_each
from digest.sources.stated import record_of
from digest.sources.texts.author_names import named
from digest.sources.texts.html_text import abstract_of, decoded_again, text_of
from digest.text import clean_line, clip

_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_DOI = re.compile(r"10\.\d{4,9}/\S{1,200}")
_EARLIEST = date(2013, 1, 1)


@dataclass(frozen=True, slots=True)
class PreprintPage:
    """One answer: `size` papers of a list, of `total` if it says so; `first` is one's version."""

    size: int = 0
    total: int | None = None
    first: str = ""
    listed: tuple[Listed, ...] = ()
    warnings: tuple[SourceWarning, ...] = ()


def read_page(name: str, server: str, answer: Node, at: int, today: date) -> PreprintPage:
    """Return the page that comes after `at` papers of a list of the server's.

    Raises ShapeError and SourceError for what is none.
    """
    message = next(iter(answer.need_object().field("messages").items()), Node({}, "messages[0]"))
    status = clean_line(message.field("status").text())
    if "no posts found" in status.lower():
        return PreprintPage()
    if status and status.lower() != "ok":
        raise SourceAwayError(name, f"says: {clip(status, 200)}")
    nodes = answer.field("collection").need_items()
    if not nodes and not status:
        raise ShapeError("there are neither papers nor a word why not")
    places = {node.path: place for place, node in enumerate(nodes, at + 1)}
    found, warnings = read_each(
        name, nodes, lambda node: _read(node, server, places[node.path], today)
    )
    first = f"{nodes[0].field('doi').text()} {nodes[0].field('version').value}" if nodes else ""
    total = message.field("total").count()
    return PreprintPage(len(nodes), total, first, tuple(found), tuple(warnings))


def folded(category: str) -> str:
    """Return a category as it is compared and shown."""
    return clip(clean_line(category.replace("_", " ")).lower(), 100)


def _read(node: Node, server: str, position: int, today: date) -> Listed:
    doi = clean_line(node.need_object().field("doi").need_text())
    if not _DOI.fullmatch(doi):
        raise ShapeError(f"{node.path}.doi is not one")
    version = int(node.field("version").count() or 1)
    page = f"https://www.{server}.org/content/{quote(doi, safe='/')}v{version}"
    day = min(_day_of(node), today)
    category = folded(node.field("category").text())
    record = record_of(
        node,
        position,
        decoded_again(text_of(node.field("title").need_text())),
        decoded_again(abstract_of(node.field("abstract").text())),
        # "NA" until it came out in a journal.
        ids=[PaperId(Scheme.DOI, each) for each in (doi, node.field("published").text())],
        links=(Link(LinkKind.PAPER, page), Link(LinkKind.PDF, f"{page}.full.pdf")),
        authors=named(node.field("authors").text().split(";")),
        published_on=day,
    )
    categories = (category,) if category else ()
    return Listed(day, replace(record, categories=categories, is_update=version > 1))


def _day_of(node: Node) -> date:
    found = _DAY.fullmatch(node.field("date").need_text().strip())
    try:
        day = date(*map(int, found.groups())) if found else None
    except ValueError:
        day = None
    if day is None or day < _EARLIEST:
        raise ShapeError(f"{node.path}.date is not one")
    return day
