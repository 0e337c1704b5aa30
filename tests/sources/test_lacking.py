"""A quiet day is told from a broken source by what the source usually gives."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from benchmarks import quiet_days
from digest.model.sources import DayCount, Lack, Lacking, SourceState
from digest.sources.health.expected import expected_on, start_of
from digest.sources.health.holidays import is_about_a_holiday
from digest.sources.health.lacking import lacking

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A Thursday, no holiday near it.
TODAY = date(2026, 3, 19)
NOON = datetime(2026, 3, 19, 12, tzinfo=UTC)


def count(day: date, papers: int, hour: float = 5) -> DayCount:
    moment = start_of(day) + hour * HOUR
    return DayCount(day, papers, moment, moment)


def weeks(papers: int = 900, back: int = 42, until: date = TODAY) -> list[DayCount]:
    """Working days up to the day before, a little more and less each."""
    days = [until - DAY * number for number in range(back, 0, -1)]
    return [count(day, papers + day.day % 7 * 9) for day in days if day.weekday() < 5]


def state(**changes: object) -> SourceState:
    return replace(SourceState("arxiv", "arXiv", answered_at=NOON), **changes)  # type: ignore[arg-type]  # any field


def judged(
    counts: Iterable[DayCount], now: datetime = NOON, kept: SourceState | None = None
) -> Lacking | None:
    kept = kept or state(answered_at=now)
    return lacking(kept, list(counts), now, HOUR)


def test_a_day_as_others_lacks_nothing() -> None:
    assert judged([*weeks(), count(TODAY, 850)]) is None


def test_a_day_without_papers_is_told_once_they_should_be_there() -> None:
    assert judged(weeks(), start_of(TODAY) + 6 * HOUR) is None
    found = judged(weeks(), start_of(TODAY) + 8 * HOUR)
    assert found is not None
    assert (found.lack, found.day, found.papers) == (Lack.NOTHING, TODAY, 0)
    assert abs(found.usual - 927) < 30


def test_half_a_day_is_told_with_its_numbers() -> None:
    found = judged([*weeks(), count(TODAY, 430)])
    assert found is not None
    assert (found.lack, found.day, found.papers) == (Lack.FEW, TODAY, 430)


def test_a_weekend_is_no_silence_and_hides_none() -> None:
    friday, sunday = date(2026, 3, 20), datetime(2026, 3, 22, 12, tzinfo=UTC)
    whole = [*weeks(), count(TODAY, 900), count(friday, 900)]
    assert judged(whole, sunday) is None
    assert judged(whole, sunday, state(answered_at=sunday - 2 * DAY)) is None
    broken = judged(whole[:-1], sunday)
    assert broken is not None
    assert (broken.lack, broken.day, broken.is_long) == (Lack.NOTHING, friday, True)


def test_a_day_that_is_whole_ends_what_the_one_before_lacked() -> None:
    assert judged([*weeks()[:-1], count(TODAY - DAY, 400), count(TODAY, 900)]) is None


def test_nothing_is_expected_of_a_holiday_nor_learned_from_it() -> None:
    at_noon = datetime(2025, 12, 25, 12, tzinfo=UTC)
    assert judged(weeks(until=date(2025, 12, 24)), at_noon) is None
    assert expected_on(date(2026, 1, 8), weeks(until=date(2025, 12, 24))) is not None


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 19),
        date(2026, 4, 3),
        date(2026, 5, 25),
        date(2026, 7, 3),
        date(2026, 9, 7),
        date(2026, 11, 26),
        date(2026, 12, 31),
    ],
)
def test_holidays_are_found_and_the_day_after_them(day: date) -> None:
    assert is_about_a_holiday(day)
    assert is_about_a_holiday(day + DAY)
    assert not is_about_a_holiday(date(2026, 3, 19))


def test_easter_falls_as_it_does() -> None:
    fridays = ((2025, 4, 18), (2027, 3, 26), (2049, 4, 16), (2076, 4, 17))
    assert all(is_about_a_holiday(date(*each)) for each in fridays)


def test_a_source_that_fails_for_hours_is_silent_if_anything_was_to_come() -> None:
    since = start_of(TODAY) + 4 * HOUR
    failing = state(answered_at=since, failures=9, failing_since=since + HOUR, problem="away")
    found = judged(weeks(), start_of(TODAY) + 9 * HOUR, failing)
    assert found is not None
    assert (found.lack, found.since, found.day) == (Lack.SILENT, since, None)
    # What was to come today has come before it fell silent.
    later = replace(failing, answered_at=since + 4 * HOUR, failing_since=since + 5 * HOUR)
    assert judged([*weeks(), count(TODAY, 900)], NOON + 2 * HOUR, later) is None
    # Until tomorrow's should be there.
    assert judged([*weeks(), count(TODAY, 900)], NOON + 20 * HOUR, later) is not None


def test_a_few_failures_are_no_silence() -> None:
    since = NOON - HOUR
    failing = state(answered_at=since, failures=9, failing_since=since)
    assert judged([*weeks(), count(TODAY, 900)], NOON, failing) is None
    unknown = state(answered_at=NOON - 25 * HOUR, failures=9, failing_since=NOON - 25 * HOUR)
    assert judged([], NOON, unknown) is None


def test_a_source_that_nobody_knows_yet_is_silent_after_a_day() -> None:
    since = NOON - 27 * HOUR
    found = judged([], NOON, state(answered_at=None, failures=30, failing_since=since))
    assert found is not None
    assert (found.lack, found.since, found.is_long) == (Lack.SILENT, since, True)


def test_a_source_that_nobody_asks_any_more_is_silent() -> None:
    found = judged(weeks(), NOON, state(answered_at=NOON - 12 * HOUR))
    assert found is not None
    assert found.lack is Lack.SILENT


def test_of_the_first_days_and_of_sparse_feeds_nothing_is_expected() -> None:
    assert judged([count(TODAY - DAY * back, 900) for back in (3, 2, 1)]) is None
    first_saturday = [count(TODAY - DAY * back, 900) for back in range(8, 0, -1)]
    at_noon = datetime(2026, 3, 21, 12, tzinfo=UTC)
    assert expected_on(date(2026, 3, 21), first_saturday[3:]) is None
    assert (
        judged([*first_saturday[3:], count(TODAY, 900), count(TODAY + DAY, 900)], at_noon) is None
    )
    sparse = [count(TODAY - DAY * back, back % 4) for back in range(42, 0, -1) if back % 4]
    assert judged(sparse) is None


def test_a_list_a_week_is_missed_on_its_own_weekday_only() -> None:
    thursdays = [count(TODAY - 7 * DAY * back, 100) for back in range(6, 0, -1)]
    found = judged(thursdays)
    assert found is not None
    assert found.lack is Lack.NOTHING
    wednesday = NOON - DAY
    assert judged(thursdays, wednesday) is None


def test_weeks_in_which_nobody_looked_are_not_learned_from() -> None:
    long_ago = weeks(until=TODAY - 21 * DAY)
    expected = expected_on(TODAY, long_ago)
    assert expected is not None
    assert expected.usual > 800


def test_a_day_that_was_caught_up_late_does_not_move_when_others_are_due() -> None:
    caught_up = [*weeks()[:-3], *(count(TODAY - DAY * back, 900, 60) for back in (3, 2))]
    expected = expected_on(TODAY, caught_up)
    assert expected is not None
    assert expected.filled_at == start_of(TODAY) + 5 * HOUR


def test_in_half_a_year_no_wolf_is_cried_and_each_silence_is_seen() -> None:
    arxiv = quiet_days.KINDS["arXiv"]
    assert quiet_days.year_of(arxiv, 3, 0, days=180, step=12).alarms <= 1
    broken = quiet_days.year_of(arxiv, 3, 0.08, days=180, step=12)
    for name in ("stale", "empty", "silent", "repeated"):
        assert len(broken.seen.get(name, ())) == broken.faults.get(name, 0)
