"""What a source usually gives, learned by the weekday from what it gave; pure.

Medians throughout: a week of outage, a holiday or a day that was caught up later changes little. A
weekday speaks for itself once it was seen three times; until then Monday to Friday stand for one
another, and of a weekend nothing is expected.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import sqrt
from statistics import median

from digest.model.sources import DayCount
from digest.sources.health.holidays import is_about_a_holiday

SPAN = timedelta(weeks=8)
_DAY = timedelta(days=1)
_WEEK = 7
_WORKING_DAYS = 5
_SAME_WEEKDAY, _ALL_WORKING_DAYS = 3, 5
# Of a source that lists fewer a day, a day without any is no sign of anything.
_FEWEST_USUAL = 10
# A day of less than this part of the usual is one of few, unless the source is known to vary more.
_FEW, _FEW_AT_FIRST = 0.6, 0.5
_BELOW_ALL = 0.8
_KNOWN_WELL = 10
# By how much a normal deviation is larger than the median one.
_NORMAL = 1.48
_LEAST_GRACE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a source should list under a day, and when that should be there.

    `usual` papers, `fewest` at the least; the first at `begins_at`, the last at `filled_at`. `grace`
    is by how much it may be late.
    """

    day: date
    usual: int
    fewest: int
    begins_at: datetime
    filled_at: datetime
    grace: timedelta


def start_of(day: date) -> datetime:
    """Return when a day begins."""
    return datetime.combine(day, time(), UTC)


def expected_on(day: date, counts: Iterable[DayCount]) -> Expected | None:
    """Return what to expect of a day by the eight weeks before it; None if nothing can be.

    That is where too little is known, where hardly anything comes on such days, and on holidays.
    """
    known = _known([each for each in counts if day - SPAN <= each.day < day], day)
    if is_about_a_holiday(day):
        return None
    usual = _usual(day.weekday(), known)
    if usual is None or usual < _FEWEST_USUAL:
        return None
    filled = [each for each in known if each.papers]
    like = [each for each in filled if each.day.weekday() == day.weekday()]
    timed = like if len(like) >= _SAME_WEEKDAY else filled
    begins = _lags((each.day, each.begun_at) for each in timed)
    ends = _lags((each.day, each.filled_at) for each in timed)
    return Expected(
        day=day,
        usual=round(usual),
        fewest=_fewest(usual, known),
        begins_at=start_of(day) + timedelta(seconds=median(begins)),
        filled_at=start_of(day) + timedelta(seconds=median(ends)),
        grace=max(_LEAST_GRACE, timedelta(seconds=4 * _spread(ends))),
    )


def _known(counts: Sequence[DayCount], until: date) -> list[DayCount]:
    """Return the days that were looked at, those without papers too, oldest first.

    A week and more without any is a time when nobody looked, and holidays are like no other day.
    """
    by_day = {each.day: each for each in counts}
    if not by_day:
        return []
    known: list[DayCount] = []
    empty: list[DayCount] = []
    day = min(by_day)
    while day < until:
        if day in by_day:
            known += [*(empty if len(empty) < _WEEK else ()), by_day[day]]
            empty = []
        else:
            empty.append(DayCount(day, 0, start_of(day), start_of(day)))
        day += _DAY
    known += empty if len(empty) < _WEEK else ()
    return [each for each in known if not is_about_a_holiday(each.day)]


def _usual(weekday: int, known: Sequence[DayCount]) -> float | None:
    same = [each.papers for each in known if each.day.weekday() == weekday]
    if len(same) >= _SAME_WEEKDAY:
        return median(same)
    if weekday >= _WORKING_DAYS:
        return None
    working = [each.papers for each in known if each.day.weekday() < _WORKING_DAYS]
    return median(working) if len(working) >= _ALL_WORKING_DAYS else None


def _fewest(usual: float, known: Sequence[DayCount]) -> int:
    """Return how many papers a day has that is not one of few.

    Six tenths of the usual; less, if days of so few were among those before, or if chance does it.
    """
    usual_of = {weekday: _usual(weekday, known) or 0 for weekday in range(_WEEK)}
    parts = sorted(
        each.papers / usual_of[each.day.weekday()]
        for each in known
        if each.papers and usual_of[each.day.weekday()] >= _FEWEST_USUAL
    )
    share = _FEW_AT_FIRST
    if len(parts) >= _KNOWN_WELL:
        # One in twenty may have been broken itself; of more, the middle of all knows nothing.
        below = 1 - 3 * _NORMAL * _spread(parts)
        share = min(_FEW, max(_BELOW_ALL * parts[len(parts) // 20], below))
    return max(1, round(min(share * usual, usual - 3 * sqrt(usual))))


def _lags(moments: Iterable[tuple[date, datetime]]) -> list[float]:
    """Return how many seconds after the beginning of its day each moment is."""
    return [(moment - start_of(day)).total_seconds() for day, moment in moments]


def _spread(values: Sequence[float]) -> float:
    """Return how far the middle half of values is from their median."""
    middle = median(values)
    return median(abs(each - middle) for each in values)
