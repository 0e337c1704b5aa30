"""A page of Hugging Face's daily papers that somebody saved as HTML, as a dump."""

import hashlib
import html
import json
import os
import re
from calendar import monthrange
from datetime import date
from pathlib import Path

from digest.errors import SourceError
from digest.model.papers import Dump
from digest.sources.base import Page, SourceWarning
from digest.sources.dumps.bytes import file_date, open_dump
from digest.sources.dumps.dates import StatedDate, date_of_dump
from digest.sources.formats.json_shape import Node, ShapeError, read_each, unknown_shape
from digest.sources.huggingface.paper import each_once, list_day, read_paper

LAYOUT = "huggingface-page"
LARGEST = 32 << 20
"""More than any such page; it is held in memory, which a page of text is not."""
_PROPS = re.compile(r"""data-props\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_WEEK = re.compile(r"(\d{4})-W(\d\d)", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)
_MOST_NESTED = 500_000  # each costs a hundred times the character that it is written with
_ADVICE = "save https://huggingface.co/papers as HTML, or as plain text"


def read_saved_page(
    path: Path, *, today: date, source: str = "dumps", max_bytes: int = LARGEST
) -> Page:
    """Return a saved page of daily papers, with the day that the page itself says it is of.

    That may be another than was asked for: a day without papers shows the last one with some.
    Raises SourceError for a file that is no such page, or of which more than half cannot be read.
    """
    written_on = file_date(path, min(max_bytes, LARGEST))
    body = _bytes(path, min(max_bytes, LARGEST))
    props = _props(path.name, body)
    try:
        nodes = props.field("dailyPapers").need_items()
    except ShapeError as error:
        raise unknown_shape(path.name, error) from error
    found, warnings = read_each(path.name, nodes, read_paper)
    papers = each_once(found)
    if not papers:
        raise SourceError(path.name, f"is a page of daily papers without any; {_ADVICE}")
    day = _day_of(props.field("dateString").text(), min(written_on, today)) or list_day(papers)
    stated = None if day is None else (StatedDate(day.month, day.day, day.year), 1)
    dated, origin = date_of_dump(
        path.name, stated, file_date=written_on, today=today, dated_on=None
    )
    gone = sum(each.is_withdrawn for each in papers)
    if gone:
        warnings.append(SourceWarning(0, f"withdrawn papers were left out: {gone}"))
    name = os.fsencode(path.name).decode("utf-8", "replace")
    checksum = hashlib.sha256(body).hexdigest()
    records = (each.record for each in papers if not each.is_withdrawn)
    return Page(Dump(source, name, checksum, dated, origin, LAYOUT), records, warnings)


def _day_of(text: str, latest: date) -> date | None:
    """Return the day a page says it is of; the last so far of `2025-W44` or `2025-10`."""
    try:
        if found := _WEEK.fullmatch(text):
            return min(date.fromisocalendar(int(found[1]), int(found[2]), 7), latest)
        if found := _MONTH.fullmatch(text):
            year, month = int(found[1]), int(found[2])
            return min(date(year, month, monthrange(year, month)[1]), latest)
    except ValueError:
        return None
    return Node(text).day()


def _bytes(path: Path, max_bytes: int) -> bytes:
    with open_dump(path) as file:
        body = file.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise SourceError(path.name, f"has more than the {max_bytes:,} bytes allowed; split it")
    return body


def _props(name: str, body: bytes) -> Node:
    """Return what the page was drawn from, which stands in an attribute, escaped as HTML."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise SourceError(name, "is not UTF-8; save the page again", line) from error
    for found in _PROPS.finditer(text):
        escaped = found[1] or found[2] or ""
        if "dailyPapers" not in escaped:
            continue
        line = text.count("\n", 0, found.start()) + 1
        try:
            props = html.unescape(escaped)
            is_too_much = props.count("[") + props.count("{") > _MOST_NESTED
            return Node(json.loads("" if is_too_much else props), "data-props")
        except (ValueError, RecursionError) as error:
            problem = f"the list of papers in it is broken; save the page again, or {_ADVICE}"
            raise SourceError(name, problem, line) from error
    raise SourceError(
        name, f"this is HTML, but not Hugging Face's page of daily papers; {_ADVICE}", 1
    )
