"""Entries of a JSON Feed (jsonfeed.org, versions 1 and 1.1), which feedparser does not read."""

import re
from typing import Any

from digest.model.papers import LinkKind
from digest.sources.base import SourceWarning
from digest.sources.feeds.entries import MOST_ENTRIES, Entry, best_text, link_to, terms_of
from digest.sources.formats.json_shape import Node, ShapeError, unknown_shape
from digest.sources.texts.author_names import named
from digest.sources.texts.html_text import abstract_of
from digest.text import clean_line

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/\S+")


def read_json(name: str, answer: Any, url: str) -> tuple[list[Entry], list[SourceWarning]]:  # noqa: ANN401  whatever came
    """Return the entries of a JSON Feed as `feed_entries.read_markup` does for the others."""
    feed = Node(answer)
    if not _VERSION.match(feed.field("version").text()):
        raise unknown_shape(name, "it is JSON, but no JSON Feed")
    try:
        nodes = feed.field("items").need_items()
    except ShapeError as error:
        raise unknown_shape(name, error) from error
    warnings: list[SourceWarning] = []
    if len(nodes) > MOST_ENTRIES:
        problem = f"only the first {MOST_ENTRIES:,} of {len(nodes):,} entries were read"
        warnings.append(SourceWarning(0, problem))
    return [_entry(node, url) for node in nodes[:MOST_ENTRIES]], warnings


def _entry(node: Node, url: str) -> Entry:
    title = clean_line(node.field("title").text())
    number = node.field("id").value
    said = clean_line(str(number)) if isinstance(number, str | int) else ""
    addresses = [node.field("url").text(), node.field("external_url").text()]
    found = [link_to(LinkKind.PAPER, each, url) for each in addresses if each]
    for file in node.field("attachments").items():
        is_pdf = file.field("mime_type").text().lower() == "application/pdf"
        found += [link_to(LinkKind.PDF, file.field("url").text(), url)] if is_pdf else []
    links = [link for link in found if link]
    authors = [*node.field("authors").items(), node.field("author")]
    texts = [node.field("content_text").text(), node.field("summary").text()]
    return Entry(
        key=said or (links[0].url if links else f" {title}"),
        title=title,
        abstract=best_text([abstract_of(node.field("content_html").text()), *texts]),
        authors=named(each.field("name").text() for each in authors),
        said_ids=(said,) if said else (),
        links=tuple({link.url: link for link in links}.values())[:3],
        categories=terms_of(each.text() for each in node.field("tags").items()),
        day=node.field("date_published").day() or node.field("date_modified").day(),
    )
