"""Which day a dump is of: most name no year, and some name no day at all."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from digest.errors import SourceError
from digest.model.papers import DateOrigin

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s+)?"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>\d{4}))?"
_DATE_LINES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_WEEKDAY}{_MONTH}\s*{_DAY}{_YEAR}",
        rf"{_WEEKDAY}{_DAY}\s*{_MONTH}{_YEAR}",
        r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})",
    )
)
_RANGE = re.compile(
    r"(?P<first>.*\w)\s*(?:-|\u2013|\u2014|\bto\b)\s+(?P<last>\w.*)|"
    r"(?P<month>[A-Za-z]{3,9}\.? )\d{1,2}\s?[-\u2013]\s?(?P<day>\d{1,2}(?:,? \d{4})?)"
)
_WEEK = re.compile(r"week (?P<week>\d{1,2}),? (?P<year>\d{4})", re.IGNORECASE)
_WEEK_LONG = timedelta(days=7)
_LONGEST_RANGE = 40
_LEAP_CYCLE = 8  # 1896 to 1904: the longest way from a February 29 to the one before


@dataclass(frozen=True, slots=True)
class StatedDate:
    """A date as a page states it; the year is rarely there."""

    month: int
    day: int
    year: int | None = None
    ends_range: bool = False  # of a week, say, which may not be over yet


def read_date(text: str) -> StatedDate | None:
    """Return the date a line consists of, or None if it is no date line; it may not exist."""
    for pattern in _DATE_LINES:
        if found := pattern.fullmatch(text.strip()):
            month, year = found["month"], found["year"]
            number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
            return StatedDate(number, int(found["day"]), int(year) if year else None)
    return _last_day(text.strip())


def _last_day(text: str) -> StatedDate | None:
    """Return the last day of `Oct 6 - Oct 12` or of `Week 12, 2026`."""
    if found := _WEEK.fullmatch(text):
        try:
            sunday = date.fromisocalendar(int(found["year"]), int(found["week"]), 7)
        except ValueError:
            return None
        return StatedDate(sunday.month, sunday.day, sunday.year, ends_range=True)
    if len(text) > _LONGEST_RANGE or not (found := _RANGE.fullmatch(text)):
        return None
    last = read_date(found["last"] or found["month"] + found["day"])
    if found["first"] and last:
        last = last if read_date(found["first"]) else None
    elif found["first"] and found["last"].split(",")[0].isdigit():
        last = read_date(f"{found['first'].rsplit(None, 1)[0]} {found['last']}")
        last = last if read_date(found["first"]) else None
    return replace(last, ends_range=True) if last else None


def infer_date(stated: StatedDate, *, file_date: date, today: date) -> date | None:
    """Return the newest day a stated date can mean, or None if there is no such day.

    A page was saved on its day or later, so the day is at most one after the file's own date (a
    reader further east), and never later than tomorrow. February 29 goes back to a leap year.
    """
    tomorrow = today + timedelta(days=1)
    if stated.year is not None:
        exact = _day(stated.year, stated)
        if exact is not None and stated.ends_range and exact - tomorrow < _WEEK_LONG:
            return min(exact, file_date, today)
        return exact if exact is not None and exact <= tomorrow else None
    latest = min(file_date + timedelta(days=1), tomorrow)
    for year in range(latest.year, latest.year - _LEAP_CYCLE - 1, -1):
        day = _day(year, stated)
        if day is not None and stated.ends_range and day - latest < _WEEK_LONG:
            return min(day, latest - timedelta(days=1))
        if day is not None and day <= latest:
            return day
    return None


def date_of_dump(
    name: str,
    stated: tuple[StatedDate, int] | None,
    *,
    file_date: date,
    today: date,
    dated_on: date | None,
) -> tuple[date, DateOrigin]:
    """Return a dump's day and where it comes from: the option, then the page, then the file.

    `stated` is the date line with its line number. Raises SourceError for a day later than
    tomorrow, or one that no calendar has.
    """
    tomorrow = today + timedelta(days=1)
    if dated_on is not None:
        if dated_on > tomorrow:
            raise SourceError(
                name, f"the date given, {dated_on}, is later than tomorrow; give the day it is of"
            )
        return dated_on, DateOrigin.OPTION
    if stated is None:
        return (file_date if file_date <= tomorrow else today), DateOrigin.FILE
    day = infer_date(stated[0], file_date=file_date, today=today)
    if day is None:
        raise SourceError(
            name,
            "the date stated here is later than tomorrow or in no calendar; "
            "give the dump's date as an option",
            stated[1],
        )
    return day, DateOrigin.STATED


def _day(year: int, stated: StatedDate) -> date | None:
    try:
        return date(year, stated.month, stated.day)
    except ValueError:
        return None
