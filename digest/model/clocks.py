"""What the clocks of a zone show, and when: exact to the second through every change."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


@cache
def zone_named(name: str) -> ZoneInfo:
    """Return a zone; zoneinfo itself keeps eight only."""
    return ZoneInfo(name)


def has_date(zone: ZoneInfo, day: date) -> bool:
    """Tell whether a zone has a date, and did not skip it on its way over the date line."""
    return first_instant(day, time(), zone).astimezone(zone).date() == day


def first_instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return when a clock first shows the local time `at` on `day`, or a later one if it skips that."""
    wall = datetime.combine(day, at).replace(fold=0, tzinfo=zone)
    instant = wall.astimezone(UTC)  # fold=0: the first of two
    # Only in a gap is the offset before a change, fold=0, less than that after it, fold=1.
    gap = _offset(wall.replace(fold=1)) - _offset(wall)
    if gap <= timedelta():
        return instant
    # The change lies between what the wall means by either: halve that until one second is left.
    target = wall.replace(tzinfo=None, microsecond=0)
    later = instant.replace(microsecond=0)
    earlier = later - gap
    while later - earlier > _SECOND:
        middle = earlier + (later - earlier) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).replace(tzinfo=None) < target:
            earlier = middle
        else:
            later = middle
    return later


def _offset(wall: datetime) -> timedelta:
    return wall.utcoffset() or timedelta()
