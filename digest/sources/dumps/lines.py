"""Which lines of a page are titles and which abstracts, so that one oddity never shifts the rest.

Every line is weighed as each thing it could be (a title, the start of an abstract, more of what
came before), by its length, how it begins and ends, and the blank lines around it; then the
likeliest reading of the whole is taken (Viterbi's algorithm), not line by line. A missing
abstract or one broken in two thus costs a little where it stands, and nothing after it.

A page that sets every text on a line of its own, short and long in turn, is regular: there a
short line before a long one is a title, however it or the line before it reads, for a paper that
is glued onto another one is lost.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from digest.sources.dumps.traits import TITLE_AT_MOST, Traits, traits_of

NEVER = -100.0
_HOPELESS = 40.0  # so far behind the likeliest reading that it is not followed further
_WINDOW = 64  # lines kept back at most while two readings compete
_LONGEST_ABSTRACT = 2_200  # arXiv takes 1,920 characters
_SHORTEST_ABSTRACT = 180
_SURELY_ABSTRACT = 400
_REGULAR = 0.8  # the share of lines that are shorter, or longer, than both neighbours
_REGULAR_SHORT_PAGE = 1.0  # a few lines prove nothing unless all of them agree
_FEWEST_REGULAR = 6
_SHORT_PAGE = 40
_AGAINST_ORDER = 25.0
_LONGEST_REGULAR_TITLE = 400
_HARDLY_A_TITLE = -5.0


class Line(NamedTuple):
    """A line with something on it; `after_blank` tells if a blank one stands before it."""

    number: int
    text: str
    after_blank: bool


class Style(NamedTuple):
    """How a page is set: blank lines between titles and abstracts; abstracts wrapped at a width.

    Regular if titles and abstracts stand on one line each.
    """

    is_spaced: bool = False
    is_wrapped: bool = False
    is_regular: bool = False


class Role(IntEnum):
    """What a line is in a reading of the page."""

    TITLE = 0
    TITLE_GOES_ON = 1
    ABSTRACT = 2
    ABSTRACT_GOES_ON = 3
    STRAY = 4  # an abstract whose title is missing


_AFTER: dict[Role | None, tuple[Role, ...]] = {
    None: (Role.TITLE, Role.STRAY),
    Role.TITLE: (Role.ABSTRACT, Role.TITLE, Role.TITLE_GOES_ON),
    Role.TITLE_GOES_ON: (Role.ABSTRACT, Role.TITLE, Role.TITLE_GOES_ON),
    Role.ABSTRACT: (Role.TITLE, Role.ABSTRACT_GOES_ON, Role.STRAY),
    Role.ABSTRACT_GOES_ON: (Role.TITLE, Role.ABSTRACT_GOES_ON, Role.STRAY),
    Role.STRAY: (Role.TITLE, Role.STRAY),
}
_Gap = tuple[float, float, float, float, float]  # by Role
_SPACED = 0.9  # the share of lines after a blank one from which blank lines mean something
_SPACED_WRAPPED = 0.04
_IN_TITLE = (Role.TITLE, Role.TITLE_GOES_ON)
_IN_ABSTRACT = (Role.ABSTRACT, Role.ABSTRACT_GOES_ON)


@dataclass(slots=True)
class Found:
    """A title with its abstract; either is empty where the page lacks it."""

    line: int
    titles: list[str] = field(default_factory=list)
    abstracts: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The title on one line."""
        return join(self.titles)

    @property
    def abstract(self) -> str:
        """The abstract on one line."""
        return join(self.abstracts)


class _Reading(NamedTuple):
    score: float
    role: Role | None
    held: int  # characters so far in the title or abstract that this line belongs to
    roles: tuple[Role, ...]  # of the lines kept back


def segment(lines: Iterable[Line], style: Style) -> Iterator[Found]:
    """Yield titles with their abstracts in the page's order, holding back a few lines at most."""
    readings = [_Reading(0.0, None, 0, ())]
    waiting: list[Line] = []
    before: Traits | None = None
    found: Found | None = None
    for line in lines:
        traits = traits_of(line.text)
        gap = _GAPS[style, line.after_blank]
        is_regular = style.is_regular and (line.after_blank or not style.is_spaced)
        readings = _advance(readings, before, traits, gap, is_regular=is_regular)
        before = traits
        waiting.append(line)
        for role, settled in _settle(readings, waiting):
            if role in (Role.TITLE, Role.STRAY):
                if found is not None:
                    yield found
                found = Found(settled.number)
            _add(found, role, settled.text)
        agreed = len(readings[0].roles) - len(waiting)
        if agreed:
            readings = [r._replace(roles=r.roles[agreed:]) for r in readings]
    for role, line in zip(_likeliest_end(readings, before), waiting, strict=True):
        if role in (Role.TITLE, Role.STRAY):
            if found is not None:
                yield found
            found = Found(line.number)
        _add(found, role, line.text)
    if found is not None:
        yield found


def join(pieces: list[str]) -> str:
    """Return a broken text in one; a hyphen at a break keeps the two halves together."""
    text = ""
    for piece in pieces:
        glued = not text or (len(text) > 1 and text[-1] == "-" and text[-2].isalnum())
        text += piece if glued else f" {piece}"
    return text


def style_of(lines: list[Line]) -> Style:
    """Return how a page is set, from its first lines."""
    if len(lines) < 2:  # noqa: PLR2004  # One line has no neighbour to be set apart from.
        return Style()
    share = sum(line.after_blank for line in lines[1:]) / (len(lines) - 1)
    is_wrapped = max(len(line.text) for line in lines) <= _SHORTEST_ABSTRACT
    is_spaced = share >= (_SPACED_WRAPPED if is_wrapped else _SPACED)
    return Style(is_spaced, is_wrapped, not is_wrapped and _is_regular(lines))


def _is_regular(lines: list[Line]) -> bool:
    """Return whether short and long lines take turns nearly everywhere."""
    lengths = [len(line.text) for line in lines]
    turns = [
        (here < before) == (here < after) and max(before, here, after) >= _SHORTEST_ABSTRACT
        for before, here, after in zip(lengths, lengths[1:], lengths[2:], strict=False)
    ]
    share = _REGULAR if len(lengths) > _SHORT_PAGE else _REGULAR_SHORT_PAGE
    return len(lengths) >= _FEWEST_REGULAR and sum(turns) >= share * len(turns)


def _add(found: Found | None, role: Role, text: str) -> None:
    if found is not None:
        (found.titles if role in _IN_TITLE else found.abstracts).append(text)


def _settle(readings: list[_Reading], waiting: list[Line]) -> list[tuple[Role, Line]]:
    """Take from the waiting lines those on which all readings agree, or the window is full."""
    best = max(readings)
    agreed = 0
    if len(waiting) >= _WINDOW:
        agreed = len(waiting) // 2
        readings[:] = [r for r in readings if r.roles[:agreed] == best.roles[:agreed]]
    while agreed < len(waiting) and all(r.roles[agreed] == best.roles[agreed] for r in readings):
        agreed += 1
    settled = list(zip(best.roles, waiting[:agreed], strict=False))
    del waiting[:agreed]
    return settled


def _advance(
    readings: list[_Reading], before: Traits | None, traits: Traits, gap: _Gap, *, is_regular: bool
) -> list[_Reading]:
    best: dict[Role, _Reading] = {}
    for score, was, held, roles in readings:
        for role in _AFTER[was]:
            total = score + _weigh(was, role, held, before, traits) + gap[role]
            if is_regular:
                total += _against_order(was, role, before, traits)
            if role not in best or total > best[role].score:
                goes_on = role in (Role.TITLE_GOES_ON, Role.ABSTRACT_GOES_ON)
                length = held + traits.length if goes_on else traits.length
                best[role] = _Reading(total, role, length, (*roles, role))
    top = max(reading.score for reading in best.values())
    # Scores are relative: counted from the best one they stay small however long the page is.
    return [r._replace(score=r.score - top) for r in best.values() if r.score > top - _HOPELESS]


def _gap(style: Style, *, after_blank: bool) -> _Gap:
    """Return what the blank line before a line, or its absence, says for each role."""
    short_is_usual = 4.0 if style.is_wrapped else 0.0
    if style.is_spaced:
        if after_blank:
            return (0, -4, short_is_usual, -3, 0)
        return (-5, 0, short_is_usual - 5, 0, -5)
    return (0, -2, short_is_usual, -1, 0) if after_blank else (0, 0, short_is_usual, 0, 0)


_GAPS = {
    (style, after_blank): _gap(style, after_blank=after_blank)
    for style in itertools.starmap(Style, itertools.product((False, True), repeat=3))
    for after_blank in (False, True)
}


def _weigh(was: Role | None, role: Role, held: int, before: Traits | None, traits: Traits) -> float:
    leaves = _leaving(held, before) if was in _IN_ABSTRACT else 0.0
    if role is Role.TITLE:
        return traits.as_title + leaves - (4.0 if was in _IN_TITLE else 0.0)
    if role is Role.ABSTRACT:
        return traits.as_abstract
    if role is Role.STRAY:
        return traits.as_abstract + leaves - (13.0 if traits.length >= _SHORTEST_ABSTRACT else 18.0)
    if before is None:
        return NEVER
    if role is Role.TITLE_GOES_ON:
        too_long = held + traits.length > TITLE_AT_MOST
        return NEVER if too_long else traits.as_more_title + (6.0 if before.is_open else 0.0)
    return _as_more_abstract(was, held, before, traits)


def _against_order(was: Role | None, role: Role, before: Traits | None, traits: Traits) -> float:
    """Return what a role costs, or gains, where short and long lines are known to take turns."""
    if role is Role.TITLE and TITLE_AT_MOST < traits.length <= _LONGEST_REGULAR_TITLE:
        return -NEVER - 10.0  # A long title is judged by its neighbours.
    if role is Role.TITLE_GOES_ON and before is not None:
        return 0.0 if before.is_open else -6.0
    if role is Role.ABSTRACT and traits.length >= _SHORTEST_ABSTRACT:
        return 4.0 if traits.starts_low else 0.0
    if role is Role.ABSTRACT:
        return -4.0 if traits.as_title > _HARDLY_A_TITLE else 0.0
    if role is Role.ABSTRACT_GOES_ON and before is not None:
        return _glued_against_order(was, before, traits)
    return 0.0


def _glued_against_order(was: Role | None, before: Traits, traits: Traits) -> float:
    """Return what it costs to glue a short line to the long one before it, and a long one to it."""
    if before.length < min(traits.length, _LONGEST_REGULAR_TITLE):
        is_title_before = was is Role.ABSTRACT_GOES_ON and traits.length >= _SHORTEST_ABSTRACT
        return -_AGAINST_ORDER if is_title_before else -2.0
    if traits.length < _SHORTEST_ABSTRACT <= before.length:
        return -3.0 if traits.ends_sentence else -8.0
    return 0.0


def _as_more_abstract(was: Role | None, held: int, before: Traits, traits: Traits) -> float:
    total = held + traits.length
    score = -2.0 if was is Role.ABSTRACT else 0.0
    score += -3.0 if before.ends_sentence or before.ends_in_url else 1.0
    score += traits.as_more
    if total > 10 * _LONGEST_ABSTRACT:
        return NEVER
    if min(held - before.length, traits.length) >= _SURELY_ABSTRACT > before.length:
        score -= 8.0  # A short line between two long ones is a title, however it reads.
    return score - (6.0 if total > _LONGEST_ABSTRACT else 0.0)


def _leaving(held: int, before: Traits | None) -> float:
    """Return what it costs to end an abstract here: unfinished, or too short to be one."""
    score = 0.0
    if before is not None and not (before.ends_sentence or before.ends_in_url):
        score -= 3.0
    return score - (4.0 if held < _SHORTEST_ABSTRACT else 0.0)


def _likeliest_end(readings: list[_Reading], before: Traits | None) -> tuple[Role, ...]:
    def whole(reading: _Reading) -> float:
        if reading.role in _IN_TITLE:
            return reading.score - 4.0
        if before is None or reading.role is Role.STRAY or reading.held >= _SHORTEST_ABSTRACT:
            return reading.score
        # An abstract that has only begun may be cut off: that it is short says nothing then.
        has_begun = reading.role is Role.ABSTRACT and before.as_title < 0
        return reading.score + (1.0 if has_begun else -2.0)

    return max(readings, key=whole).roles
