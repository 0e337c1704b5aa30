"""Saved pages of trending papers, as text or as HTML: which file is one, and who reads it."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

from digest.sources.base import Page
from digest.sources.dumps.bytes import file_date, open_dump
from digest.sources.dumps.dates import date_of_dump
from digest.sources.dumps.text import read_dump

SUFFIXES = (".txt", ".html", ".htm")
LARGEST = 1 << 30
_HEAD = 4096
_HTML = re.compile(
    # Without atoms, many comments could be divided among its turns in a million ways.
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|(?><!--.*?-->)\s*)*+"
    rb"<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)


def pages_in(folder: Path) -> list[Path]:
    """Return what may be saved pages in a folder, by their names, in order; none if it is not there."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def read_page(
    path: Path,
    *,
    today: date,
    dated_on: date | None = None,
    source: str = "dumps",
    max_bytes: int = LARGEST,
) -> Page:
    """Return a saved page, whichever of the kinds it is: its content says so, not its name.

    `dated_on` overrules the date on the page. Raises SourceError, here or while the records are
    read, for a file that cannot be taken whole: then nothing of it may be kept.
    """
    written_on = file_date(path, max_bytes)
    with open_dump(path) as file:
        is_html = _HTML.match(file.read(_HEAD)) is not None
    if not is_html:
        return read_dump(path, today=today, dated_on=dated_on, source=source, max_bytes=max_bytes)
    # Whoever reads text alone need not load what reads HTML.
    from digest.sources.huggingface.page import read_saved_page  # noqa: PLC0415

    page = read_saved_page(path, today=today, source=source, max_bytes=max_bytes)
    if dated_on is None:
        return page
    dated, origin = date_of_dump(
        path.name, None, file_date=written_on, today=today, dated_on=dated_on
    )
    return replace(page, dump=replace(page.dump, dated_on=dated, date_origin=origin))
