"""What stands above the papers in a saved page: invitations, who curates, a date."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from digest.sources.base import SourceWarning
from digest.sources.dumps.dates import StatedDate, read_date
from digest.sources.dumps.furniture import kind_of_furniture
from digest.sources.dumps.lines import Line


class Mark(StrEnum):
    """One kind of thing a page's header says."""

    INVITATION = "invitation"
    SUBSCRIBE = "subscribe"
    CURATOR = "curator"
    NEW = "new"
    DATE = "date"
    BUTTON = "button"


WEIGHT = {
    Mark.INVITATION: 2,
    Mark.CURATOR: 2,
    Mark.SUBSCRIBE: 1,
    Mark.NEW: 1,
    Mark.DATE: 1,
    Mark.BUTTON: 0,
}

_INVITATION = re.compile(
    r"get (?:the )?(?:trending|daily|top|latest) (?:ai |research )?papers in your (?:e-?mail )?"
    r"inbox(?: once a day| every (?:day|morning)| daily)?\s*[!.]?",
    re.IGNORECASE,
)
_CURATOR = re.compile(
    r"(?:curated )?by ?.{1,60}?and the research community(?P<rest>.*)", re.IGNORECASE
)
_SUBSCRIBE = re.compile(r"Subscribe(?!(?:r|rs|d|s)\b)\s*")
_NEW = re.compile(r"new|daily papers|trending papers", re.IGNORECASE)
_MAY_OPEN = re.compile(r"(?:get|(?:curated )?by)\b|by|subscribe$", re.IGNORECASE)
_ABOVE = 40  # lines that may stand above an invitation
_LONGEST_ABOVE = 60
_LONGEST = 400  # a header line with a long title glued to it


@dataclass(frozen=True, slots=True)
class Header:
    """What a page said of itself before its first paper."""

    marks: tuple[Mark, ...]
    stated: tuple[StatedDate, int] | None

    @property
    def weight(self) -> int:
        """How sure it is that this is a page of trending papers: 2 is certain, 0 is not one."""
        return sum(WEIGHT[mark] for mark in set(self.marks))

    @property
    def layout(self) -> str:
        """A for a header that says who curates, that it is new, or of what day; else B."""
        return "A" if {Mark.CURATOR, Mark.NEW, Mark.DATE} & set(self.marks) else "B"


def read_header(lines: Iterable[Line]) -> Header:
    """Return the header a page begins with; without one, its weight is 0."""
    marks: list[Mark] = []
    stated: tuple[StatedDate, int] | None = None
    for line in _without_navigation(lines, []):
        found, rest = peel(line.text)
        marks += found
        if stated is None and Mark.DATE in found:
            stated = _date_in(line)
        if rest:
            break
    return Header(tuple(marks), stated)


def without_headers(lines: Iterable[Line], warnings: list[SourceWarning]) -> Iterator[Line]:
    """Yield the lines of the papers alone, a title freed of the `Subscribe` glued to it.

    A header in mid-file (pages pasted one after the other) is left out as well, with a warning.
    """
    in_header = is_first = True
    for line in _without_navigation(lines, warnings):
        if not in_header:
            if not _opens_header(line.text):
                yield line
                continue
            problem = "a second page header; the papers after it are taken to be of the same dump"
            warnings.append(SourceWarning(line.number, problem))
            in_header, is_first = True, False
        found, rest = peel(line.text)
        if not is_first and Mark.DATE in found:
            warnings.append(SourceWarning(line.number, "a second date, which was left out"))
        if rest:
            in_header = False
            yield Line(line.number, rest, after_blank=line.after_blank or bool(found))
        elif Mark.DATE in found:
            is_first = False


def peel(text: str) -> tuple[list[Mark], str]:
    """Return the header marks a line begins with, and what is left of it."""
    marks: list[Mark] = []
    if len(text) > _LONGEST:
        return marks, text
    while text:
        if found := _INVITATION.match(text):
            marks.append(Mark.INVITATION)
            text = text[found.end() :].strip()
        elif (found := _SUBSCRIBE.match(text)) and Mark.SUBSCRIBE not in marks:
            marks.append(Mark.SUBSCRIBE)
            text = text[found.end() :].strip()
        elif (found := _CURATOR.fullmatch(text)) and _is_whole(found["rest"].strip()):
            marks.append(Mark.CURATOR)
            text = found["rest"].strip()
        elif read_date(text):
            return [*marks, Mark.DATE], ""
        elif _NEW.fullmatch(text):
            return [*marks, Mark.NEW], ""
        elif kind_of_furniture(text):
            return [*marks, Mark.BUTTON], ""
        else:
            break
    return marks, text


def _without_navigation(lines: Iterable[Line], warnings: list[SourceWarning]) -> Iterator[Line]:
    """Yield the lines from an invitation on, if nothing but short lines stands above it."""
    rest = iter(lines)
    top = list(itertools.islice(rest, _ABOVE))
    skipped = 0
    for number, line in enumerate(top):
        if {Mark.INVITATION, Mark.CURATOR} & set(peel(line.text)[0]):
            skipped = number
            break
        if len(line.text) > _LONGEST_ABOVE:
            break
    kept = [line for line in top[:skipped] if not peel(line.text)[1]]
    left_out = [line for line in top[:skipped] if peel(line.text)[1]]
    if left_out:
        many = "line" if len(left_out) == 1 else "lines"
        problem = f"left out {len(left_out)} {many} above the header such as '{left_out[0].text}'"
        warnings.append(SourceWarning(left_out[0].number, problem))
    yield from itertools.chain(kept, top[skipped:], rest)


def _is_whole(rest: str) -> bool:
    return not rest or read_date(rest) is not None or rest.startswith("Subscribe")


def _opens_header(text: str) -> bool:
    if len(text) > _LONGEST or not _MAY_OPEN.match(text):
        return False
    marks, rest = peel(text)
    return bool({Mark.INVITATION, Mark.CURATOR} & set(marks)) or (bool(marks) and not rest)


def _date_in(line: Line) -> tuple[StatedDate, int] | None:
    whole = read_date(line.text)
    found = _CURATOR.fullmatch(line.text)
    stated = whole or (read_date(found["rest"]) if found else None)
    return (stated, line.number) if stated else None
