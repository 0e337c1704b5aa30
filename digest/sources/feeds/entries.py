"""What is in a feed: entries in one form, whichever of a dozen formats they were written in."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from digest.model.papers import Link, LinkKind
from digest.sources.base import SourceWarning
from digest.sources.feeds.repair import well_formed
from digest.sources.formats.json_shape import unknown_shape
from digest.sources.texts.author_names import named, names_in
from digest.sources.texts.html_text import abstract_of, is_marked_up, text_of
from digest.text import clean_line, clip

MOST_ENTRIES = 5_000
# What is longer is rather the article than its abstract.
_ABSTRACT = 6_000
_LONGEST_URL = 500
_MOST_TERMS, _LONGEST_TERM = 20, 100
_EARLIEST = 1990
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,200}")
_ID_KEYS = ("dc_identifier", "prism_doi", "arxiv_doi", "citation_doi", "doi", "prism_identifier", "dcterms_identifier")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: `key` tells it from others; `said_ids` and the links may hold a DOI or arXiv id."""

    key: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    said_ids: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    categories: tuple[str, ...] = ()
    day: date | None = None


def read_markup(name: str, markup: str, url: str) -> tuple[list[Entry], list[SourceWarning]]:
    """Return the entries of a feed in its order, MOST_ENTRIES at most, and what is wrong with it.

    `url` is where it came from: addresses are relative to that, or to what the feed says. Raises
    SourceError if nothing can be made of it.
    """
    markup, problem = well_formed(name, markup)
    warnings = [SourceWarning(0, f"its markup is broken: {problem}")] if problem else []
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    body = io.BytesIO(markup.encode("utf-8", "replace"))
    try:
        feed = feedparser.parse(
            body, response_headers=headers, resolve_relative_uris=False, sanitize_html=False
        )
    except Exception as error:  # A parser of anything trips in many ways.
        raise unknown_shape(name, f"its markup cannot be read ({type(error).__name__})") from error
    if len(feed.entries) > MOST_ENTRIES:
        problem = f"only the first {MOST_ENTRIES:,} of {len(feed.entries):,} entries were read"
        warnings.append(SourceWarning(0, problem))
    return [_entry(each, url) for each in feed.entries[:MOST_ENTRIES]], warnings


def best_text(texts: Iterable[str]) -> str:
    """Return the abstract among texts of an entry: the longest that is no whole article."""
    found = [text for text in texts if text]
    short = [text for text in found if len(text) <= _ABSTRACT]
    return max(short, key=len) if short else min(found, key=len, default="")


def link_to(kind: LinkKind, address: str, base: str) -> Link | None:
    """Return a link, None if that is no plain address of the web; a file in PDF is called so."""
    try:
        url = urljoin(base, address.strip())
        parts = urlsplit(url)
        is_plain = parts.scheme in {"http", "https"} and parts.hostname and not parts.username
    except ValueError:
        return None
    if not is_plain or len(url) > _LONGEST_URL or url != clean_line(url) or " " in url:
        return None
    return Link(LinkKind.PDF if parts.path.lower().endswith(".pdf") else kind, url)


def terms_of(terms: Iterable[object]) -> tuple[str, ...]:
    """Return what an entry is filed under, each once."""
    cleaned = (clip(clean_line(text_of(each)), _LONGEST_TERM) for each in terms if isinstance(each, str))  # fmt: skip
    return tuple(dict.fromkeys(each for each in cleaned if each and "://" not in each))[
        :_MOST_TERMS
    ]


def _entry(entry: Any, url: str) -> Entry:  # noqa: ANN401  feedparser has no types
    title = _text(entry.get("title_detail") or {"value": entry.get("title")})
    contents = entry.get("content")
    texts = [_summary(entry), *(contents if isinstance(contents, list) else [])]
    links = _links(entry, url)
    first = links[0].url if links else ""
    # The space makes none of these another's.
    key = _said(entry.get("id")) or first or f" {title}"
    return Entry(
        key=key,
        title=title,
        abstract=best_text(_text(each, abstract_of) for each in texts),
        authors=_authors(entry),
        said_ids=tuple(filter(None, (_said(entry.get(each)) for each in (*_ID_KEYS, "id")))),
        links=links,
        categories=terms_of(_said(tag.get("term")) for tag in entry.get("tags") or ()),
        day=_day(entry),
    )


def _said(value: object) -> str:
    return clip(clean_line(value), 2_000) if isinstance(value, str) else ""


def _summary(entry: Any) -> dict[str, object]:  # noqa: ANN401  as above
    detail = entry.get("summary_detail")
    return detail if isinstance(detail, dict) else {"value": entry.get("summary")}


def _text(detail: Any, read: Any = text_of) -> str:  # noqa: ANN401  as above
    """Return the text of a part; what is called plain and is not is read as what it is."""
    value = detail.get("value")
    if not isinstance(value, str):
        return ""
    is_plain = detail.get("type") == "text/plain"
    return value if is_plain and not is_marked_up(value) else read(value)


def _authors(entry: Any) -> tuple[str, ...]:  # noqa: ANN401  as above
    listed = [each.get("name") for each in entry.get("authors") or () if isinstance(each, dict)]
    names = [name for name in listed if isinstance(name, str) and name.strip()]
    if len(names) > 1:
        return named(names)
    # One may be a list of thousands. The parser knows no address of mail that ends in ".science".
    whole = entry.get("author")
    whole = whole if isinstance(whole, str) else ""
    name = _MAIL.sub(" ", whole).strip(" <>()") if "@" in whole or not names else names[0]
    return names_in(name)


def _links(entry: Any, url: str) -> tuple[Link, ...]:  # noqa: ANN401  as above
    """Return the way to the article, then files in PDF."""
    listed = [each for each in entry.get("links") or () if isinstance(each, dict)]
    articles = [_said(entry.get("feedburner_origlink")), _said(entry.get("link"))]
    articles += [_said(each.get("href")) for each in listed if each.get("rel") == "alternate"]
    found = [link_to(LinkKind.PAPER, each, url) for each in articles if each]
    for each in listed:
        link = link_to(LinkKind.LINK, _said(each.get("href")), url)
        is_pdf = link and (each.get("type") == "application/pdf" or link.kind is LinkKind.PDF)
        found += [Link(LinkKind.PDF, link.url)] if link and is_pdf else []
    pages = [link for link in found if link and link.kind is LinkKind.PAPER][:1]
    files = [link for link in found if link and link.kind is LinkKind.PDF][:2]
    return tuple({link.url: link for link in (*pages, *files)}.values())


def _day(entry: Any) -> date | None:  # noqa: ANN401  as above
    """Return the day, in UTC, on which an entry came out, else changed; None if it does not say."""
    for key in ("published_parsed", "created_parsed", "updated_parsed"):
        moment = dict.get(entry, key)
        try:
            day = date(moment[0], moment[1], moment[2]) if moment else None
        except (ValueError, TypeError, OverflowError):
            day = None
        if day and day.year >= _EARLIEST:
            return day
    return None
