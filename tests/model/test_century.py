"""Slots in every zone through a century of changes of its clocks, and readers who move between them."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.model.cadence import (
    due_after_change,
    local_date,
    next_slot,
    slot_due,
    start_of,
    time_zones,
)
from digest.model.clocks import zone_named
from digest.model.subscribers import Cadence, Days, Slot
from tests.factories import at
from tests.model.transitions import changes

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
ZONES = sorted(time_zones())
CADENCES = st.builds(
    Cadence,
    st.sampled_from(Days),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    st.sampled_from(ZONES),
    st.integers(0, 6),
)


@st.composite
def cadences_at_changes(draw: st.DrawFn) -> tuple[Cadence, datetime]:
    """Return a cadence in a zone, and a moment some days before its clocks change."""
    change = changes()[draw(st.integers(0, len(changes()) - 1))]
    cadence = replace(draw(CADENCES), zone=change.zone)
    if draw(st.booleans()):  # and the hour of the change itself
        cadence = replace(cadence, at=change.shown_before.time())
    return cadence, change.moment - draw(st.timedeltas(timedelta(), 4 * DAY))


def has_date(zone: str, day: date) -> bool:
    return local_date(start_of(day, zone), zone) == day


def offset(zone: str, moment: datetime) -> timedelta:
    return moment.astimezone(zone_named(zone)).utcoffset() or timedelta()


def is_digest_day(cadence: Cadence, day: date) -> bool:
    match cadence.days:
        case Days.DAILY:
            return True
        case Days.WEEKDAYS:
            return day.isoweekday() <= 5
        case Days.WEEKLY:
            return day.weekday() == cadence.weekday


def test_at_every_change_of_clocks_a_slot_is_at_the_first_valid_instant() -> None:
    """All that a gap leaves out, from its first second to its last, is due as the clocks change."""
    seen = 0
    for change in changes():
        first, end = sorted((change.shown_before, change.shown_after))
        for wall in (first, end - SECOND):
            day = wall.date()
            cadence = Cadence(Days.DAILY, wall.time(), change.zone)
            slot = next_slot(cadence, change.moment - 3 * DAY, day - DAY)
            instant = change.first_instant(wall)
            assert instant == change.moment or not change.is_gap
            assert slot == Slot(day, instant) or not has_date(change.zone, day), (change, wall)
            seen += 1
    assert seen > 40_000


@given(cadences_at_changes())
def test_every_date_that_a_zone_has_gets_one_slot_on_that_date(
    chosen: tuple[Cadence, datetime],
) -> None:
    cadence, moment = chosen
    slots = [next_slot(cadence, moment)]
    for _ in range(8):
        slots.append(next_slot(cadence, slots[-1].due_at))
    days = [slots[0].period + n * DAY for n in range((slots[-1].period - slots[0].period).days + 1)]
    there = [day for day in days if has_date(cadence.zone, day)]
    assert [slot.period for slot in slots] == [
        day
        for day in there
        if is_digest_day(cadence, day)
        or (day - DAY not in there and is_digest_day(cadence, day - DAY))
    ]
    for slot, later in pairwise(slots):
        # Greenland skips the last hour of a day: what was due in it is due as the next one begins.
        is_on_its_date = local_date(slot.due_at, cadence.zone) == slot.period
        assert is_on_its_date or slot.due_at == start_of(slot.period + DAY, cadence.zone)
        assert slot.due_at < later.due_at
        assert slot_due(cadence, slot.due_at, slot.due_at) == slot
        assert slot_due(cadence, slot.due_at, later.due_at - SECOND) == slot
        assert slot_due(cadence, slot.due_at, later.due_at) == later
        assert next_slot(cadence, later.due_at - SECOND, slot.period) == later


@given(cadences_at_changes(), st.timedeltas(timedelta(), 40 * DAY))
def test_after_any_time_away_one_digest_catches_up_and_the_next_is_on_its_ordinary_date(
    chosen: tuple[Cadence, datetime], away: timedelta
) -> None:
    cadence, moment = chosen
    missed = next_slot(cadence, moment)
    now = missed.due_at + away
    caught_up = slot_due(cadence, missed.due_at, now)
    ordinary = next_slot(cadence, now)
    assert missed.period <= caught_up.period < ordinary.period
    assert caught_up.due_at <= now
    assert next_slot(cadence, caught_up.due_at) == ordinary
    assert next_slot(cadence, now, caught_up.period) == ordinary


@dataclass
class Reader:
    """A reader who is composed for as the pipeline does it, and what they had."""

    cadence: Cadence
    due_at: datetime
    had: list[date] = field(default_factory=list)

    def compose(self, now: datetime) -> None:
        if self.due_at <= now:
            period = slot_due(self.cadence, self.due_at, now).period
            if period not in self.had:
                self.had.append(period)
            self.due_at = next_slot(self.cadence, now, period).due_at

    def choose(self, cadence: Cadence, now: datetime) -> None:
        last = max(self.had, default=None)
        self.due_at = due_after_change(cadence, now, None, last, self.due_at)
        self.cadence = cadence


@given(
    cadences_at_changes(),
    st.lists(
        st.tuples(st.integers(1, 40), st.booleans(), st.none() | CADENCES), min_size=1, max_size=12
    ),
)
def test_whoever_moves_as_they_like_gets_one_digest_for_a_date_and_is_never_stuck(
    chosen: tuple[Cadence, datetime], steps: list[tuple[int, bool, Cadence | None]]
) -> None:
    """Over the date line and back, also while a digest of theirs is due."""
    cadence, now = chosen
    reader = Reader(cadence, next_slot(cadence, now).due_at)
    for hours, is_composed, other in steps:
        now += timedelta(hours=hours)
        if is_composed:
            reader.compose(now)
        if other is not None:
            reader.choose(other, now)
        assert reader.due_at <= now + 9 * DAY
    assert reader.had == sorted(set(reader.had))

    # Whoever stays has a digest for each date from then on.
    for _ in range(3):
        now = max(now, reader.due_at)
        reader.compose(now)
    stayed = reader.had[-2:]
    assert (
        stayed[1]
        == next_slot(reader.cadence, start_of(stayed[0], reader.cadence.zone), stayed[0]).period
    )
    assert reader.had == sorted(set(reader.had))


@given(cadences_at_changes(), st.integers(0, 1), st.sampled_from(["east", "west"]))
def test_new_tables_of_a_zone_make_of_a_digest_that_is_planned_neither_two_nor_none(
    chosen: tuple[Cadence, datetime], more: int, towards: str
) -> None:
    """The tables that a zone had, and those it gets, are those of two zones an hour apart at most."""
    cadence, moment = chosen
    hours = min(offset(cadence.zone, moment) // timedelta(hours=1) + more, 14)
    other = replace(cadence, zone=f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT")
    old, new = (other, cadence) if towards == "east" else (cadence, other)
    had = next_slot(old, moment)
    planned = next_slot(old, had.due_at)
    wanted = [planned]
    for _ in range(3):
        wanted.append(next_slot(new, wanted[-1].due_at, wanted[-1].period))
    # A summer time more or less; the date line is another matter.
    assume(
        all(
            abs(offset(old.zone, each.due_at) - offset(new.zone, each.due_at)) <= timedelta(hours=2)
            for each in (had, *wanted)
        )
    )
    reader = Reader(new, planned.due_at, [had.period])
    while len(reader.had) <= len(wanted):
        reader.compose(reader.due_at)
    assert reader.had == [each.period for each in (had, *wanted)]


@pytest.mark.parametrize(
    ("days", "weekday", "due"),
    [
        (Days.DAILY, 0, ["2011-12-29T07:00-10:00", "2011-12-31T07:00+14:00"]),
        (Days.WEEKDAYS, 0, ["2011-12-29T07:00-10:00", "2011-12-31T07:00+14:00"]),
        (Days.WEEKLY, 4, ["2011-12-31T07:00+14:00", "2012-01-06T07:00+14:00"]),
        (Days.WEEKLY, 5, ["2011-12-31T07:00+14:00", "2012-01-07T07:00+14:00"]),
    ],
)
def test_the_friday_that_samoa_skipped_leaves_its_papers_and_its_turn_to_the_saturday(
    days: Days, weekday: int, due: list[str]
) -> None:
    cadence = Cadence(days, time(7), "Pacific/Apia", weekday)
    first = next_slot(cadence, at("2011-12-28T12:00:00-10:00"))
    second = next_slot(cadence, first.due_at)
    assert [first.due_at, second.due_at] == [at(each) for each in due]
    assert [first.period.isoformat(), second.period.isoformat()] == [each[:10] for each in due]


@pytest.mark.parametrize(
    ("zone", "hour", "due"),
    [
        ("America/Sao_Paulo", "2018-11-04 00:00", "2018-11-04T01:00-02:00"),
        ("Asia/Beirut", "2026-03-29 00:30", "2026-03-29T01:00+03:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-04T02:30+11:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-05T01:45+11:00"),
        ("Antarctica/Troll", "2026-03-29 01:20", "2026-03-29T03:00+02:00"),
        ("America/Nuuk", "2026-03-28 23:30", "2026-03-29T00:00-01:00"),
        ("Africa/Monrovia", "1972-01-07 00:10", "1972-01-07T00:44:30+00:00"),
        ("Europe/Amsterdam", "1937-07-01 00:00", "1937-07-01T00:00:28+01:20"),
        ("Pacific/Kwajalein", "1969-09-30 12:00", "1969-09-30T12:00+11:00"),
    ],
)
def test_an_hour_that_is_skipped_or_comes_twice_is_due_at_its_first_valid_instant(
    zone: str, hour: str, due: str
) -> None:
    wall = at(hour)
    slot = next_slot(Cadence(Days.DAILY, wall.time(), zone), at(due) - 2 * DAY, wall.date() - DAY)
    assert slot == Slot(wall.date(), at(due))
