"""What every format says of an item, cleaned once, before any of them writes it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import escape
from urllib.parse import quote

from digest.model.feeds import PAPER, DayItem, FeedItem, StatusItem
from digest.model.papers import Paper
from digest.rendering.feed_addresses import day_page
from digest.rendering.links import Links, NamedLink, named_links
from digest.text import clean_line, clip

# A day's item lists no more, and leads to the page that has them all.
MOST_TITLES = 300
_MOST_SUMMARY = 1000
_PARAGRAPH = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class ItemText:
    """An item as text: `html` is a fragment of our own making, the rest is plain."""

    id: str
    url: str
    title: str
    summary: str
    html: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    related: tuple[NamedLink, ...]
    source_ids: tuple[tuple[str, str], ...]
    published_at: datetime
    updated_at: datetime


def item_text(
    item: FeedItem | DayItem | StatusItem, name: str, links: Links, namespace: str
) -> ItemText:
    """Return an item of the feed `name` as every format has it; `namespace` begins its id."""
    if isinstance(item, DayItem):
        return _day(item, name, links, namespace)
    if isinstance(item, StatusItem):
        return _status(item, links, namespace)
    return _paper(item, links, namespace)


def whole_second(moment: datetime) -> datetime:
    """Return a moment in UTC without its fraction, as feeds write it."""
    return moment.astimezone(UTC).replace(microsecond=0)


def _paper(item: FeedItem, links: Links, namespace: str) -> ItemText:
    paper = item.paper
    title = _title(paper)
    paragraphs = [clean_line(text) for text in _PARAGRAPH.split(paper.abstract)]
    is_paper = item.kind == PAPER
    related = named_links(paper) if is_paper else ()
    said = _said(paragraphs, related) if is_paper else ""
    return ItemText(
        id=f"{namespace}{item.kind}/{quote(paper.key, safe='')}",
        url=links.paper(paper),
        title=title,
        summary=" ".join(filter(None, paragraphs)) or title,
        html=f"{item.lead}{said}{item.tail}",
        authors=tuple(filter(None, map(clean_line, paper.authors))),
        categories=tuple(dict.fromkeys(filter(None, map(clean_line, paper.categories)))),
        related=related,
        source_ids=tuple((each.scheme.value, clean_line(each.value)) for each in paper.ids),
        published_at=whole_second(item.published_at),
        updated_at=whole_second(item.updated_at),
    )


def _day(item: DayItem, name: str, links: Links, namespace: str) -> ItemText:
    page = day_page(name, item.day, links)
    count = len(item.papers)
    titles = [_title(paper) for paper in item.papers[:MOST_TITLES]]
    html = _list(
        (links.paper(paper), title) for paper, title in zip(item.papers, titles, strict=False)
    )
    if count > MOST_TITLES:
        html += f'<p><a href="{escape(page)}">and {count - MOST_TITLES} more</a></p>'
    total = "1 paper" if count == 1 else f"{count} papers"
    return ItemText(
        id=f"{namespace}day/{item.day.isoformat()}",
        url=page,
        title=f"New papers of {_in_words(item.day)}",
        summary=clip(f"{total}: {'; '.join(titles)}", _MOST_SUMMARY),
        html=html,
        authors=(),
        categories=(),
        related=(),
        source_ids=(),
        published_at=whole_second(item.published_at),
        updated_at=whole_second(item.updated_at),
    )


def _status(item: StatusItem, links: Links, namespace: str) -> ItemText:
    text = clean_line(item.text)
    return ItemText(
        id=f"{namespace}status/{item.day.isoformat()}",
        url=links.home(),
        title=clean_line(item.title),
        summary=text,
        html=f"<p>{escape(text, quote=False)}</p>",
        authors=(),
        categories=(),
        related=(),
        source_ids=(),
        published_at=whole_second(item.published_at),
        updated_at=whole_second(item.updated_at),
    )


def _said(paragraphs: list[str], related: tuple[NamedLink, ...]) -> str:
    text = "".join(f"<p>{escape(each, quote=False)}</p>" for each in paragraphs if each)
    return text + _list((link.url, link.label) for link in related)


def _title(paper: Paper) -> str:
    return clean_line(paper.title) or "Untitled"


def _list(entries: Iterable[tuple[str, str]]) -> str:
    items = "".join(
        f'<li><a href="{escape(url)}">{escape(label, quote=False)}</a></li>'
        for url, label in entries
    )
    return f"<ul>{items}</ul>"


def _in_words(day: date) -> str:
    # Not by strftime, which asks the locale of the process.
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
