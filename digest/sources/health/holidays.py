"""Days on which few publish: what comes then, or does not, says nothing about a source."""

from datetime import date, timedelta
from functools import cache

_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6
_MONDAY, _THURSDAY = 0, 3
# As (month, weekday, which one; 0 is the last).
_MOVABLE = (
    (1, _MONDAY, 3),
    (2, _MONDAY, 3),
    (5, _MONDAY, 0),
    (9, _MONDAY, 1),
    (10, _MONDAY, 2),
    (11, _THURSDAY, 4),
)
_FIXED = ((5, 1), (6, 19), (7, 4), (11, 11))


def is_about_a_holiday(day: date) -> bool:
    """Tell whether a day, or the one before, is a holiday where most papers come from.

    Those are the federal ones of the United States, Easter and the days around New Year. A list
    that is made in the evening is missing under the day after.
    """
    return day in _holidays(day.year) or day - _DAY in _holidays((day - _DAY).year)


@cache
def _holidays(year: int) -> frozenset[date]:
    found = {_observed(date(year, *each)) for each in _FIXED}
    found |= {_nth(year, *each) for each in _MOVABLE}
    found.add(_nth(year, 11, _THURSDAY, 4) + _DAY)
    easter = _easter(year)
    found |= {easter - 2 * _DAY, easter + _DAY}
    found |= {date(year, 12, number) for number in range(24, 32)}
    found |= {date(year, 1, 1), date(year, 1, 2)}
    return frozenset(found)


def _observed(day: date) -> date:
    """Return the working day on which a holiday of a weekend is kept."""
    return day + {_SATURDAY: -_DAY, _SUNDAY: _DAY}.get(day.weekday(), timedelta())


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    if not number:
        last = date(year, month + 1, 1) - _DAY
        return last - _DAY * ((last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + _DAY * ((weekday - first.weekday()) % 7 + 7 * (number - 1))


def _easter(year: int) -> date:
    """Return Easter Sunday, by the rule of Gauss as it holds from 1900 to 2099."""
    moon = (19 * (year % 19) + 24) % 30
    sunday = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    late = moon + sunday
    # April 26 and, after a short moon, April 25 are a week too late.
    is_late = late == 35 or (late == 34 and moon == 28 and year % 19 > 10)  # noqa: PLR2004  the rule
    return date(year, 3, 22) + _DAY * (late - 7 * is_late)
