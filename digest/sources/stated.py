"""What services state of a paper in fields of its own, joined with what its abstract says."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from digest.model.papers import Link, LinkKind, PaperId, PaperRecord
from digest.sources.base import Listed
from digest.sources.formats.json_shape import Node, ShapeError
from digest.sources.identity.paper_ids import normal_ids
from digest.sources.texts.links import MAX_LINKS, find_links
from digest.sources.texts.normalize import record_from
from digest.text import clean_line, clip

_MOST_AUTHORS = 5_000
_LONGEST_NAME = 200


def record_of(  # noqa: PLR0913  all that a service states of a paper
    node: Node,
    position: int,
    title: str,
    abstract: str,
    *,
    ids: Iterable[PaperId],
    links: Iterable[Link],
    authors: Iterable[str],
    published_on: date | None,
) -> PaperRecord:
    """Return the record of a paper that stands at `node`.

    An abstract may name ids and links too: those that are stated come first. Raises ShapeError for
    a title with nothing in it that can be read.
    """
    record = record_from(position, 0, title, abstract, is_truncated=False)
    if not record.title:
        raise ShapeError(f"{node.path} has a title that is empty")
    by_url = {each.url: each for each in (*links, *record.links)}
    return replace(
        record,
        ids=normal_ids((*ids, *record.ids)),
        links=tuple(by_url.values())[:MAX_LINKS],
        authors=people(authors),
        published_on=published_on,
    )


def listed_under(day: date, record: PaperRecord, today: date) -> Listed:
    """Return a record under a day; days to come, of the list and of the paper, are cut to today."""
    if record.published_on is not None and record.published_on > today:
        record = replace(record, published_on=today)
    return Listed(min(day, today), record)


def people(names: Iterable[str]) -> tuple[str, ...]:
    """Return names on one line each, without those of nothing."""
    cleaned = (clip(clean_line(name), _LONGEST_NAME) for name in names)
    return tuple(filter(None, cleaned))[:_MOST_AUTHORS]


def stated_link(kind: LinkKind, address: str) -> tuple[Link, ...]:
    """Return the link to an address that stands alone in a field; none for what is no public one."""
    address = address.strip()
    is_one = address.lower().startswith(("https://", "http://")) and address == clean_line(address)
    found = find_links(address) if is_one and " " not in address else ()
    return (Link(kind, found[0].url),) if found else ()
