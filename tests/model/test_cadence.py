"""When a digest is due: once for each local date, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SubscriptionError
from digest.model.cadence import (
    due_after_change,
    first_open_slot,
    known_zone,
    local_date,
    next_slot,
    parse_time,
    parse_zone,
    slot_due,
    start_of,
    time_zones,
)
from digest.model.subscribers import Cadence, Days
from tests.factories import at

ZONES = sorted(time_zones())


def berlin(hour: int, minute: int = 0, days: Days = Days.DAILY, weekday: int = 0) -> Cadence:
    return Cadence(days, time(hour, minute), "Europe/Berlin", weekday)


def test_a_daily_digest_is_due_at_the_local_hour() -> None:
    slot = next_slot(berlin(7), at("2026-03-17T06:00:00+00:00"))

    assert slot.due_at == at("2026-03-18T07:00:00+01:00")
    assert slot.period == date(2026, 3, 18)


def test_the_hour_stays_the_same_when_the_clocks_change() -> None:
    before = next_slot(berlin(7), at("2026-03-27T12:00:00+00:00")).due_at
    after = next_slot(berlin(7), at("2026-03-28T12:00:00+00:00")).due_at

    assert (before, after) == (at("2026-03-28T06:00:00+00:00"), at("2026-03-29T05:00:00+00:00"))


def test_a_time_that_the_clock_change_skips_goes_to_the_first_valid_instant() -> None:
    slot = next_slot(berlin(2, 30), at("2026-03-28T12:00:00+00:00"))

    assert slot.due_at == at("2026-03-29T03:00:00+02:00")
    assert slot.period == date(2026, 3, 29)


def test_a_time_that_comes_twice_goes_to_the_first() -> None:
    slot = next_slot(berlin(2, 30), at("2026-10-24T12:00:00+00:00"))
    assert slot.due_at == at("2026-10-25T02:30:00+02:00")

    following = next_slot(berlin(2, 30), slot.due_at)
    assert following.period == date(2026, 10, 26)


def test_weekdays_leave_out_the_weekend() -> None:
    slot = next_slot(berlin(7, days=Days.WEEKDAYS), at("2026-03-20T12:00:00+00:00"))

    assert slot.period == date(2026, 3, 23)  # Friday noon to Monday


def test_a_weekly_digest_comes_on_its_day() -> None:
    slot = next_slot(berlin(7, days=Days.WEEKLY, weekday=3), at("2026-03-19T12:00:00+00:00"))

    assert slot.period == date(2026, 3, 26)


def test_a_date_that_had_its_digest_gets_no_second_after_a_move_over_the_date_line() -> None:
    auckland = Cadence(Days.DAILY, time(7), "Pacific/Auckland")
    had = next_slot(auckland, at("2026-03-17T12:00:00+00:00"))
    honolulu = Cadence(Days.DAILY, time(7), "Pacific/Honolulu")

    assert had.period == date(2026, 3, 18)
    assert next_slot(honolulu, had.due_at, had.period).period == date(2026, 3, 19)


def test_of_several_missed_slots_the_newest_is_due() -> None:
    first = at("2026-03-17T06:00:00+00:00")
    now = at("2026-03-20T05:59:00+00:00")

    assert slot_due(berlin(7), first, now).period == date(2026, 3, 19)
    assert slot_due(berlin(7), first, first).period == date(2026, 3, 17)
    assert slot_due(berlin(7), first, at("2028-03-20T12:00:00+00:00")).period == date(2028, 3, 20)


@given(
    zone=st.sampled_from(ZONES),
    minutes=st.integers(0, 24 * 60 - 1),
    start=st.integers(1975, 2090).flatmap(
        lambda year: st.datetimes(at(f"{year}-01-01"), at(f"{year}-12-31"))
    ),
)
def test_every_local_date_has_exactly_one_slot_in_every_zone(
    zone: str, minutes: int, start: datetime
) -> None:
    cadence = Cadence(Days.DAILY, time(minutes // 60, minutes % 60), zone)
    moment = start.replace(tzinfo=UTC)
    periods = []
    for _ in range(4):
        slot = next_slot(cadence, moment)
        assert slot.due_at > moment
        assert slot_due(cadence, slot.due_at, slot.due_at) == slot
        periods.append(slot.period)
        moment = slot.due_at
    assert len(set(periods)) == len(periods)
    assert periods == sorted(periods)


def test_the_newest_slot_may_be_of_the_date_that_clocks_went_back_from() -> None:
    st_johns = Cadence(Days.DAILY, time(0), "America/St_Johns")
    now = at("2010-11-06T23:30:00-03:30")  # it was 00:00 of the seventh half an hour ago
    for days in (0, 1, 20):
        due_at = next_slot(st_johns, now - timedelta(days=days, hours=1)).due_at
        assert slot_due(st_johns, due_at, now).period == date(2010, 11, 7)


def test_whoever_chooses_another_cadence_while_due_does_not_wait_for_another_date() -> None:
    due_at, now = at("2026-03-19T23:30:00+01:00"), at("2026-03-19T23:40:00+01:00")
    before = date(2026, 3, 18)
    for other in (berlin(0, 30), berlin(7), berlin(7, days=Days.WEEKLY, weekday=0)):
        assert due_after_change(other, now, None, before, due_at) == due_at
        assert slot_due(other, due_at, now).period == date(2026, 3, 19)


def test_whoever_chooses_another_cadence_waits_if_that_date_had_its_digest_or_is_yet_to_have_it() -> (
    None
):
    due_at, now = at("2026-03-20T00:30:00+01:00"), at("2026-03-20T00:40:00+01:00")
    later = at("2026-03-20T20:00:00+01:00")
    assert due_after_change(berlin(20), now, None, date(2026, 3, 19), due_at) == later
    assert due_after_change(berlin(20), now, None, None, later) == later
    assert due_after_change(berlin(20), now, None, None, None) == later
    # What was due as the twenty-first began in Kiritimati is of the nineteenth in Pago Pago.
    pago_pago = Cadence(Days.DAILY, time(23), "Pacific/Pago_Pago")
    due_at = at("2026-03-21T00:10:00+14:00")
    assert slot_due(pago_pago, due_at, due_at).period == date(2026, 3, 19)
    moved = due_after_change(pago_pago, due_at, None, date(2026, 3, 20), due_at)
    assert moved == at("2026-03-21T23:00:00-11:00")


def test_a_zone_that_the_tables_know_no_more_counts_as_utc() -> None:
    assert known_zone("Europe/Berlin") == "Europe/Berlin"
    for name in ("Mars/Olympus", "localtime", "Factory", "", "../etc/passwd", "\0"):
        assert known_zone(name) == "UTC"


@pytest.mark.parametrize("text", ["7", "25:00", "seven", "", "07:60"])
def test_a_time_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SubscriptionError, match="07:30"):
        parse_time(text)


def test_times_are_read_with_or_without_the_leading_nought() -> None:
    assert parse_time(" 7:05") == time(7, 5)


@pytest.mark.parametrize("text", ["Berlin", "CEST+2", "", "../etc/passwd", "localtime", "Factory"])
def test_a_zone_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SubscriptionError, match="Europe/Berlin"):
        parse_zone(text)


def test_slots_of_a_month_are_a_day_apart_on_the_wall() -> None:
    moment = at("2026-10-01T00:00:00+00:00")
    for _ in range(31):
        slot = next_slot(berlin(7), moment)
        wall = slot.due_at.astimezone(ZoneInfo("Europe/Berlin"))
        assert wall.time() == time(7)
        assert slot.due_at - moment <= timedelta(hours=31)
        moment = slot.due_at


def test_no_slot_is_open_before_a_pause_is_over() -> None:
    now = at("2026-03-17T06:00:00+00:00")
    midnight = start_of(date(2026, 3, 25), "Europe/Berlin")
    assert first_open_slot(berlin(7), now, None) == next_slot(berlin(7), now)
    assert first_open_slot(berlin(7), now, now) == next_slot(berlin(7), now)
    assert first_open_slot(berlin(7), now, midnight).period == date(2026, 3, 25)
    assert first_open_slot(berlin(0), now, midnight).due_at == midnight
    assert first_open_slot(berlin(7), midnight, midnight).period == date(2026, 3, 25)


# Before 2012 some islands went without a date, when they moved over the date line.
@given(st.sampled_from(ZONES), st.dates(date(2012, 1, 1), date(2037, 12, 30)))
def test_a_date_begins_where_the_one_before_ends(zone: str, day: date) -> None:
    start = start_of(day, zone)
    assert local_date(start, zone) == day
    assert local_date(start - timedelta(seconds=1), zone) == day - timedelta(days=1)
