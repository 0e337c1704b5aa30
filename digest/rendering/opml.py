"""Lists of feeds as OPML 2.0 (opml.org), which feed readers take in and give out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from lxml import etree

from digest.text import clean_line

MEDIA_TYPE = "text/x-opml"


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed in a list: its name, its own address, and that of the page about it."""

    text: str
    xml_url: str
    html_url: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Feeds of a list that stand together under a name."""

    text: str
    outlines: tuple[Outline, ...]


def render_opml(
    title: str, groups: Sequence[Group], *, created_at: datetime, comment: str = ""
) -> bytes:
    """Return groups of feeds as OPML: equal arguments give equal bytes."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    if comment:
        # Two hyphens would end a comment.
        head.append(etree.Comment(f" {clean_line(comment).replace('--', '- -')} "))
    etree.SubElement(head, "title").text = clean_line(title)
    moment = format_datetime(created_at.astimezone(UTC).replace(microsecond=0), usegmt=True)
    etree.SubElement(head, "dateCreated").text = moment
    etree.SubElement(head, "docs").text = "https://opml.org/spec2.opml"
    body = etree.SubElement(root, "body")
    for group in groups:
        folder = etree.SubElement(body, "outline", text=clean_line(group.text))
        for each in group.outlines:
            folder.append(_outline(each))
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True))


def _outline(outline: Outline) -> etree._Element:
    text = clean_line(outline.text) or outline.xml_url
    given = {
        "type": "rss",  # in OPML 2.0 the type of every feed, whatever its format
        "text": text,
        "title": text,
        "xmlUrl": outline.xml_url,
        "htmlUrl": outline.html_url,
    }
    if outline.description:
        given["description"] = clean_line(outline.description)
    return etree.Element("outline", given)
