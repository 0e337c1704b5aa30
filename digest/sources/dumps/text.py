"""Saved pages of trending papers, in both layouts seen in the wild."""

import io
import os
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import BinaryIO

from digest.errors import SourceError
from digest.model.papers import Dump, PaperRecord
from digest.sources.base import Page, SourceWarning
from digest.sources.dumps.bytes import MAX_LINE, examine, file_date, open_dump, overlong, state_of
from digest.sources.dumps.dates import date_of_dump
from digest.sources.dumps.furniture import Furniture
from digest.sources.dumps.header import Header, read_header, without_headers
from digest.sources.dumps.lines import Found, Line, Style, segment, style_of
from digest.sources.texts.links import ends_in_whole_address
from digest.sources.texts.normalize import beyond_bounds, record_from

_SAMPLE = 200  # lines from which a layout is recognised
_HEAD = 1 << 20
_MANY = 100
_SHORT = 100
_FEWEST_WORDS = 4
_BLANKS = " \t\u00a0\u200b\ufeff"


def read_dump(
    path: Path,
    *,
    today: date,
    dated_on: date | None = None,
    source: str = "dumps",
    max_bytes: int = 1 << 30,
) -> Page:
    """Return a saved page, refused or recognised, with its records still to be read.

    Memory stays flat however long the page is. `dated_on` overrules the date on the page. Raises
    SourceError, here or while the records are read, for a file that cannot be taken whole: then
    nothing of it may be kept.
    """
    written_on = file_date(path, max_bytes)
    with open_dump(path) as file:
        header, style, furniture = _recognise(path.name, file)
        file.seek(0)
        checksum = examine(file, path.name, max_bytes)
        state = state_of(file)
    dated, origin = date_of_dump(
        path.name, header.stated, file_date=written_on, today=today, dated_on=dated_on
    )
    # A file's name may hold bytes that are no UTF-8, which a database would refuse.
    name = os.fsencode(path.name).decode("utf-8", "replace")
    dump = Dump(source, name, checksum, dated, origin, header.layout)
    warnings: list[SourceWarning] = []
    return Page(dump, _records(path, state, (style, furniture), warnings), warnings)


def _recognise(name: str, file: BinaryIO) -> tuple[Header, Style, Furniture]:
    """Return a page's header, how it is set and what stands around its papers."""
    head = file.read(_HEAD)
    if b"\0" in head:
        file.seek(0)
        examine(file, name, _HEAD)
    text = head.decode("utf-8-sig", "replace")
    head_lines = list(numbered(io.StringIO(text, newline=None)))
    sample = head_lines[:_SAMPLE]
    if not sample:
        raise SourceError(name, "holds nothing but blank lines; save the page again")
    header = read_header(sample)
    learnt = list(without_headers(head_lines, []))
    body = list(Furniture(learnt).without(without_headers(sample, [])))
    style = style_of(body)
    papers = list(segment(body, style))
    sound = [found for found in papers if found.titles and found.abstracts]
    looks_right = len(sound) > 1 and len(sound) == len(papers)
    if header.weight + looks_right < 2:  # noqa: PLR2004
        if "\ufffd" in text:  # The reason may be the bytes: that answer helps more.
            file.seek(0)
            examine(file, name, _HEAD * 2)
        raise SourceError(name, _unknown(sample[0].text), sample[0].number)
    if not sound:
        problem = "has the header of a page of trending papers but no papers; save the page again"
        raise SourceError(name, problem, sample[-1].number)
    return header, style, Furniture(learnt)


def _unknown(first: str) -> str:
    advice = "save a page of trending papers as plain text"
    if first.startswith("<"):
        return f"this looks like HTML or XML, not like a saved page's text; {advice}"
    if first.startswith(("{", "[")):
        return f"this looks like JSON, not like a saved page's text; {advice}"
    return f"not a layout Digest knows (no invitation, curator or date at its top); {advice}"


def numbered(file: Iterable[str]) -> Iterator[Line]:
    """Yield the lines that have something on them, with their numbers as an editor counts them.

    A form feed or another exotic separator ends a line here, but not in an editor's count.
    """
    after_blank = False
    for number, raw in enumerate(file, 1):
        for piece in raw.splitlines():
            text = piece.strip().strip(_BLANKS)
            if text:
                yield Line(number, text, after_blank)
            after_blank = not text


def _records(
    path: Path,
    state: tuple[int, int, int],
    setting: tuple[Style, Furniture],
    warnings: list[SourceWarning],
) -> Iterator[PaperRecord]:
    style, furniture = setting
    position = sound = riddles = 0
    with (
        open_dump(path) as file,
        io.TextIOWrapper(file, encoding="utf-8-sig", newline=None) as text,
    ):
        _refuse_change(path, file, state)
        lines = without_headers(_bounded(path.name, numbered(text)), warnings)
        for found, is_last in _with_last(segment(furniture.without(lines), style)):
            if not position and not is_last and _is_noise(found):
                problem = f"a short line above the first paper was left out: '{found.title}'"
                warnings.append(SourceWarning(found.line, problem))
            elif _is_paper(found, warnings, is_last=is_last):
                position += 1
                abstract = found.abstract
                sound += bool(abstract)
                if not style.is_wrapped:
                    warnings += _put_together(found)
                warnings += [
                    SourceWarning(found.line, problem)
                    for problem in beyond_bounds(found.title, abstract)
                ]
                is_cut = _is_cut(abstract, is_last=is_last)
                yield record_from(position, found.line, found.title, abstract, is_truncated=is_cut)
            riddles += not (found.titles and found.abstracts)
            if riddles > max(_MANY, sound):
                problem = (
                    "more lines are unclear than clear, so this is no page of papers; look at "
                    f"the first of them, line {warnings[0].line}: {warnings[0].problem}"
                )
                raise SourceError(path.name, problem, found.line)
        _refuse_change(path, file, state)
        warnings += furniture.warnings()


def _is_noise(found: Found) -> bool:
    """Return whether a line above the first paper is a remnant of the header."""
    return not found.abstracts and len(found.title.split()) < _FEWEST_WORDS


def _put_together(found: Found) -> list[SourceWarning]:
    return [
        SourceWarning(found.line, f"{what} on {len(pieces)} lines was put together")
        for what, pieces in (("a title", found.titles), ("an abstract", found.abstracts))
        if len(pieces) > 1
    ]


def _refuse_change(path: Path, file: BinaryIO, state: tuple[int, int, int]) -> None:
    if state_of(file) != state:
        raise SourceError(path.name, "changed while it was read; try again")


def _bounded(name: str, lines: Iterator[Line]) -> Iterator[Line]:
    """Yield lines as they are, turning what has changed since the first pass into SourceError."""
    try:
        for line in lines:
            if len(line.text) > MAX_LINE:
                raise SourceError(name, overlong(), line.number)
            yield line
    except UnicodeDecodeError as error:
        raise SourceError(name, "changed while it was read; try again") from error


def _is_paper(found: Found, warnings: list[SourceWarning], *, is_last: bool) -> bool:
    """Return whether a reader is served by this being listed; what is odd about it is noted.

    A title alone is listed, for it can match and be looked up, but not a single word, which is
    rather a button's, nor one at the end: cut short, it would come back as another paper.
    """
    quoted = f"'{(found.title or found.abstract)[:60]}'"
    if not found.titles:
        problem = f"an abstract without a title was left out: {quoted}"
    elif found.abstracts:
        if len(found.abstract) < _SHORT:
            problem = f"the abstract of {quoted} has only {len(found.abstract)} characters"
            warnings.append(SourceWarning(found.line, problem))
        return True
    elif is_last:
        problem = f"the last title has no abstract and may be cut off; it was left out: {quoted}"
    elif " " in found.title:
        problem = f"a title without an abstract was kept without one: {quoted}"
    else:
        problem = f"a single word that is neither title nor abstract was left out: {quoted}"
    warnings.append(SourceWarning(found.line, problem))
    return bool(found.titles) and not is_last and " " in found.title


def _is_cut(abstract: str, *, is_last: bool) -> bool:
    """Return whether an abstract is cut off: the last one unless it ends a sentence, or any at `…`.

    An address at the very end is an end too, unless it is plainly half of one.
    """
    bare = abstract.rstrip("\"')]}\u2019\u201d\\ ")
    return bare.endswith(("\u2026", "...")) or (
        is_last and not bare.endswith((".", "!", "?")) and not ends_in_whole_address(abstract)
    )


def _with_last(items: Iterator[Found]) -> Iterator[tuple[Found, bool]]:
    """Yield each with whether it is the last."""
    before: Found | None = None
    for item in items:
        if before is not None:
            yield before, False
        before = item
    if before is not None:
        yield before, True
