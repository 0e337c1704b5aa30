"""The days of arXiv's lists: Monday to Friday in New York, each of what was handed in before."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
# What is handed in before two in the afternoon is announced that evening, in the list of the
# working day after it. Holidays, which arXiv names year by year, shift a list by one.
_DEADLINE = time(14)
_FRIDAY = 4
_DAY = timedelta(days=1)


def listed_on(submitted: datetime) -> date:
    """Return the day whose list has what was handed in at a moment, holidays aside."""
    there = submitted.astimezone(ZONE)
    day = there.date() if there.time() < _DEADLINE else there.date() + _DAY
    return _working_day(_working_day(day) + _DAY)


def lists_between(last: date, following: date) -> tuple[date, date] | None:
    """Return the first and last day that have a list between two that were read; None if none has."""
    first = _working_day(last + _DAY)
    end = last_list(following - _DAY)
    return (first, end) if first <= end else None


def last_list(day: date) -> date:
    """Return the newest day up to this one that has a list."""
    while day.weekday() > _FRIDAY:
        day -= _DAY
    return day


def _working_day(day: date) -> date:
    while day.weekday() > _FRIDAY:
        day += _DAY
    return day
