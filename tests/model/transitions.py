"""What the clocks of every zone did in a century, read from the tables without zoneinfo's own reader."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

from digest.model.cadence import time_zones

FIRST, LAST = datetime(1937, 1, 1, tzinfo=UTC), datetime(2037, 12, 31, tzinfo=UTC)
_HEADER = struct.Struct(">4sc15x6l")
_BLOCKS = 2
# Tables end with a rule for all later years; none changes twice in three weeks.
_STEP = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time with one offset from UTC, from its first instant on."""

    start: datetime
    offset: timedelta


@dataclass(frozen=True, slots=True)
class Change:
    """A moment at which the clocks of a zone jump, with the stretches around it."""

    zone: str
    moment: datetime
    before: timedelta
    after: timedelta
    near: tuple[Stretch, ...]

    @property
    def shown_before(self) -> datetime:
        """Return what the clock would show had it not been changed."""
        return (self.moment + self.before).replace(tzinfo=None)

    @property
    def shown_after(self) -> datetime:
        """Return what it does show."""
        return (self.moment + self.after).replace(tzinfo=None)

    @property
    def is_gap(self) -> bool:
        """Tell whether the clock is set forward."""
        return self.before < self.after

    def first_instant(self, wall: datetime) -> datetime:
        """Return when the clock first shows a local time near here or a later one: the plain way."""
        for number, stretch in enumerate(self.near):
            moment = max(stretch.start, wall.replace(tzinfo=UTC) - stretch.offset)
            if number + 1 == len(self.near) or moment < self.near[number + 1].start:
                return moment
        raise AssertionError("there are stretches")


@cache
def stretches() -> dict[str, list[Stretch]]:
    """Return the century of every zone; of zones with one table, only the first by name."""
    tables = {table(zone): zone for zone in sorted(time_zones(), reverse=True)}
    return {zone: _century(rules, zone) for rules, zone in tables.items()}


@cache
def changes() -> list[Change]:
    """Return every change of clocks of every zone in the century."""
    return [
        Change(zone, new.start, old.offset, new.offset, tuple(century[max(n - 1, 0) : n + 4]))
        for zone, century in stretches().items()
        for n, (old, new) in enumerate(pairwise(century))
    ]


def _century(rules: bytes, zone: str) -> list[Stretch]:
    moments = [FIRST, *_listed(rules)]
    local = ZoneInfo(zone)
    while moments[-1] < LAST:
        moments.append(_next_change(local, moments[-1]))
    found: list[Stretch] = []
    for moment in sorted(each for each in moments if FIRST <= each < LAST):
        offset = moment.astimezone(local).utcoffset()
        assert offset is not None
        if not found or offset != found[-1].offset:
            found.append(Stretch(moment, offset))
    return found


def _next_change(local: ZoneInfo, moment: datetime) -> datetime:
    """Return the first change after a moment that the table lists no more, or its step's end."""
    offset, end = moment.astimezone(local).utcoffset(), moment + _STEP
    if end.astimezone(local).utcoffset() == offset:
        return end
    low, high = 0, int(_STEP.total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        same = (moment + timedelta(seconds=middle)).astimezone(local).utcoffset() == offset
        low, high = (middle, high) if same else (low, middle)
    return moment + timedelta(seconds=high)


def _listed(rules: bytes) -> list[datetime]:
    """Return the moments in a table: its second block has them in 64 bits (RFC 8536)."""
    place, width = 0, 4
    for block in range(_BLOCKS):
        _, _, utc, std, leap, times, types, chars = _HEADER.unpack_from(rules, place)
        place += _HEADER.size
        if block == 1:
            found = struct.unpack_from(f">{times}q", rules, place)
            first, last = FIRST.timestamp(), LAST.timestamp()
            return [datetime.fromtimestamp(each, UTC) for each in found if first <= each < last]
        place += times * (width + 1) + types * 6 + chars + leap * (width + 4) + std + utc
    raise AssertionError("a table has two blocks")


def table(zone: str) -> bytes:
    """Return the table of a zone, which says all that is known of its clocks."""
    for folder in TZPATH:
        path = Path(folder, zone)
        if path.is_file():
            return path.read_bytes()
    return files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
