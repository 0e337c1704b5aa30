"""What few papers or none become: a mail, a quiet day, or nothing yet."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.cadence import local_date, next_slot
from digest.model.quiet import ENOUGH, LONGEST, NEAREST, Turn, Waiting, nearest_of, turn_of
from digest.model.subscribers import Cadence, Days, QuietDays

TODAY = date(2026, 3, 18)
YESTERDAY = Waiting(TODAY - timedelta(days=1))


@pytest.mark.parametrize(
    ("quiet", "papers", "turn"),
    [
        (QuietDays.SKIP, 0, Turn.QUIET),
        (QuietDays.SKIP, 1, Turn.MAIL),
        (QuietDays.REST, 0, Turn.QUIET),
        (QuietDays.REST, 1, Turn.MAIL),
        (QuietDays.ROLL_OVER, 0, Turn.WAIT),
        (QuietDays.ROLL_OVER, ENOUGH - 1, Turn.WAIT),
        (QuietDays.ROLL_OVER, ENOUGH, Turn.MAIL),
    ],
)
def test_a_reader_chose_what_a_day_with_few_papers_brings(
    quiet: QuietDays, papers: int, turn: Turn
) -> None:
    assert turn_of(quiet, papers, 10, YESTERDAY, TODAY) is turn


def test_as_many_as_a_reader_wants_at_most_are_enough() -> None:
    assert turn_of(QuietDays.ROLL_OVER, 1, 1, YESTERDAY, TODAY) is Turn.MAIL
    assert turn_of(QuietDays.ROLL_OVER, 0, 1, YESTERDAY, TODAY) is Turn.WAIT


def test_after_a_week_a_single_paper_is_enough_and_none_is_a_quiet_day() -> None:
    for days, one, none in ((6, Turn.WAIT, Turn.WAIT), (7, Turn.MAIL, Turn.QUIET)):
        waiting = Waiting(TODAY - timedelta(days=days))
        assert turn_of(QuietDays.ROLL_OVER, 1, 10, waiting, TODAY) is one
        assert turn_of(QuietDays.ROLL_OVER, 0, 10, waiting, TODAY) is none


def test_who_comes_back_from_a_pause_hears_at_once_what_there_is() -> None:
    yesterday = YESTERDAY.since
    assert not Waiting(yesterday, resumed_on=yesterday).is_over(TODAY)
    assert Waiting(yesterday, resumed_on=TODAY).is_over(TODAY)
    assert not Waiting(yesterday, resumed_on=TODAY + timedelta(days=1)).is_over(TODAY)


def test_only_who_asked_for_the_best_of_the_rest_gets_it() -> None:
    assert [nearest_of(each) for each in QuietDays] == [0, 0, NEAREST]


@dataclass
class Reader:
    """A reader of made-up days: what is unread, and how each paper came to be read."""

    quiet: QuietDays
    limit: int
    since: date
    unread: list[tuple[int, date]] = field(default_factory=list)
    shown: list[tuple[int, date, date]] = field(default_factory=list)
    ranked_out: list[tuple[int, date, date]] = field(default_factory=list)

    def turn(self, period: date) -> Turn:
        found = self.unread[: self.limit]
        turn = turn_of(self.quiet, len(found), self.limit, Waiting(self.since), period)
        if turn is Turn.MAIL:
            self.shown += [(*each, period) for each in found]
            self.ranked_out += [(*each, period) for each in self.unread[self.limit :]]
            self.unread, self.since = [], period
        elif turn is Turn.QUIET:
            assert not self.unread
        return turn


ZONES = st.sampled_from(["Europe/Berlin", "Pacific/Kiritimati", "America/Sao_Paulo", "UTC"])
CADENCES = st.builds(
    Cadence, st.sampled_from(Days), st.times().map(lambda at: time(at.hour)), ZONES,
    st.integers(0, 6),
)  # fmt: skip


@given(
    quiet=st.sampled_from(QuietDays),
    cadence=CADENCES,
    limit=st.integers(1, 5),
    days=st.lists(st.integers(0, 4), min_size=31, max_size=31),
)
def test_in_a_month_of_any_days_nothing_is_lost_or_shown_twice_or_late(
    quiet: QuietDays, cadence: Cadence, limit: int, days: list[int]
) -> None:
    zone = ZoneInfo(cadence.zone)
    start = datetime(2026, 3, 10, 12, tzinfo=zone)  # a clock change is in this month
    reader = Reader(quiet, limit, local_date(start, cadence.zone))
    slot = next_slot(cadence, start)
    number = 0
    for day, papers in enumerate(days):
        now = start + timedelta(days=day)
        while slot.due_at <= now:
            reader.turn(slot.period)
            slot = next_slot(cadence, slot.due_at, slot.period)
        reader.unread += [(n, now.date()) for n in range(number, number + papers)]
        number += papers

    read = [*reader.shown, *reader.ranked_out]
    numbers = [each for each, _, _ in read] + [each for each, _ in reader.unread]
    assert sorted(numbers) == list(range(number))
    period = timedelta(days={Days.DAILY: 1, Days.WEEKDAYS: 3, Days.WEEKLY: 7}[cadence.days])
    latest = LONGEST + period if quiet is QuietDays.ROLL_OVER else period
    assert all(read_on - came_on <= latest for _, came_on, read_on in read)
    over = local_date(start, cadence.zone) + timedelta(days=len(days) - 1)
    assert all(over - came_on <= latest for _, came_on in reader.unread)
