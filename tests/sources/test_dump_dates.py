from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.model.papers import DateOrigin
from digest.sources.dumps.dates import StatedDate, date_of_dump, infer_date, read_date

TODAY = date(2026, 11, 21)
days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("Mar 17", StatedDate(3, 17)),
        ("March 17", StatedDate(3, 17)),
        ("MAR 17", StatedDate(3, 17)),
        ("Mar 17, 2025", StatedDate(3, 17, 2025)),
        ("17 Mar", StatedDate(3, 17)),
        ("17 March 2025", StatedDate(3, 17, 2025)),
        ("Tue, Mar 17", StatedDate(3, 17)),
        ("Sept. 3rd", StatedDate(9, 3)),
        ("2025-03-17", StatedDate(3, 17, 2025)),
        ("Feb 30", StatedDate(2, 30)),
        ("Marching 17", None),
        ("Mar 17 Lanterns", None),
        ("17", None),
        ("May", None),
    ],
)
def test_a_date_line_is_read_whole_or_not_at_all(text: str, stated: StatedDate | None) -> None:
    assert read_date(text) == stated


@pytest.mark.parametrize(
    ("stated", "file_date", "expected"),
    [
        (StatedDate(3, 17), date(2026, 3, 17), date(2026, 3, 17)),
        (StatedDate(3, 17), date(2026, 3, 16), date(2026, 3, 17)),  # saved further west
        (StatedDate(3, 17), date(2026, 3, 15), date(2025, 3, 17)),
        (StatedDate(12, 31), date(2026, 1, 1), date(2025, 12, 31)),
        (StatedDate(1, 1), date(2025, 12, 31), date(2026, 1, 1)),
        (StatedDate(2, 29), date(2026, 3, 1), date(2024, 2, 29)),
        (StatedDate(2, 29), date(1903, 3, 1), date(1896, 2, 29)),
        (StatedDate(2, 30), date(2026, 3, 1), None),
        (StatedDate(3, 17, 2020), date(2026, 3, 1), date(2020, 3, 17)),
        (StatedDate(3, 17, 2031), date(2031, 3, 17), None),
        (StatedDate(12, 1), date(2031, 1, 1), date(2025, 12, 1)),  # the file's clock is wrong
    ],
)
def test_the_year_is_the_newest_that_the_file_allows(
    stated: StatedDate, file_date: date, expected: date | None
) -> None:
    assert infer_date(stated, file_date=file_date, today=TODAY) == expected


@given(days, days, days)
def test_an_inferred_day_is_never_later_than_tomorrow_and_within_eight_years(
    stated: date, file_date: date, today: date
) -> None:
    day = infer_date(StatedDate(stated.month, stated.day), file_date=file_date, today=today)
    latest = min(file_date, today) + timedelta(days=1)
    assert day is not None
    assert (day.month, day.day) == (stated.month, stated.day)
    assert timedelta(0) <= latest - day < timedelta(days=366 * 8)


def test_the_option_wins_then_the_page_then_the_file() -> None:
    stated = (StatedDate(3, 17), 9)
    file_date = date(2026, 11, 1)

    def dated(
        stated: tuple[StatedDate, int] | None, option: date | None
    ) -> tuple[date, DateOrigin]:
        return date_of_dump("p", stated, file_date=file_date, today=TODAY, dated_on=option)

    assert dated(stated, date(2024, 5, 6)) == (date(2024, 5, 6), DateOrigin.OPTION)
    assert dated(stated, None) == (date(2026, 3, 17), DateOrigin.STATED)
    assert dated(None, None) == (file_date, DateOrigin.FILE)


def test_a_file_from_the_future_is_of_today() -> None:
    day, origin = date_of_dump("p", None, file_date=date(2031, 1, 1), today=TODAY, dated_on=None)
    assert (day, origin) == (TODAY, DateOrigin.FILE)


def test_a_day_in_no_calendar_is_refused_with_its_line() -> None:
    with pytest.raises(SourceError, match=r"p, line 9: .* give the dump's date as an option"):
        date_of_dump("p", (StatedDate(2, 30), 9), file_date=TODAY, today=TODAY, dated_on=None)


@pytest.mark.parametrize(
    ("text", "month", "day", "year"),
    [
        ("Oct 6 - Oct 12", 10, 12, None),
        ("Oct 6 \u2013 12, 2025", 10, 12, 2025),
        ("Oct 6-12", 10, 12, None),
        ("Week 12, 2026", 3, 22, 2026),
    ],
)
def test_a_range_is_of_its_last_day(text: str, month: int, day: int, year: int | None) -> None:
    assert read_date(text) == StatedDate(month, day, year, ends_range=True)


@pytest.mark.parametrize("text", ["Week 12", "Week 99, 2026", "GPT-4 - 12", "Oct 6 - Llama 2"])
def test_what_only_resembles_a_range_is_none(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.parametrize("year", [None, 2026])
def test_a_week_that_is_not_over_is_of_today_at_most(year: int | None) -> None:
    sunday = TODAY + timedelta(days=4)
    stated = StatedDate(sunday.month, sunday.day, year, ends_range=True)
    assert infer_date(stated, file_date=TODAY, today=TODAY) == TODAY
