"""Clocks that are moved, and days that nobody looked: one digest for each local date.

Which moment a local hour is on the days when the clocks change is in `tests/model/test_cadence.py`,
for every zone; here the whole way is walked.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState
from digest.model.subscribers import Cadence, Days
from digest.pipeline.subscribe import enrol, save_preferences
from digest.store import digests
from tests.factories import make_wishes, numbered
from tests.faults.ends import copies, flagged
from tests.faults.invariants import check
from tests.faults.site import Site, smtp

READERS = 3
MOVES = {
    "P4 an hour on": timedelta(hours=1),
    "P4 an hour back": timedelta(hours=-1),
    "P4 to 1970": datetime(1970, 1, 2, tzinfo=UTC) - datetime(2026, 3, 19, tzinfo=UTC),
}


def periods(site: Site) -> list[str]:
    return sorted(mail.period for mail in site.mails())


@pytest.mark.slow
@pytest.mark.parametrize("move", MOVES)
def test_a_clock_moved_while_mails_are_out_takes_nothing_from_their_worker(
    site: Site, sink: Sink, move: str
) -> None:
    """Nor does it make a second digest, then or when it is put right."""
    site.make_due(READERS)
    sink.play(Rule(Step.END, times=1, delay=1))
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(site.deliver, smtp(sink), owner="first", connections=1)
        sink.wait_for(1)
        site.clock.now += MOVES[move]
        assert site.compose().composed == 0
        assert site.deliver(smtp(sink), owner="second").recovered == 0
        working.result(30)
    site.clock.now -= MOVES[move]
    assert site.compose().composed == 0
    for _ in range(2):
        site.deliver(smtp(sink), owner="third")
        site.clock.advance(hours=1)

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == flagged(site) == 0
    check(site, sink.mails)


@pytest.mark.parametrize("move", MOVES)
def test_a_clock_moved_between_the_ticks_makes_no_second_digest_for_a_day(
    site: Site, sink: Sink, move: str
) -> None:
    site.make_due(READERS)
    site.clock.now += MOVES[move]
    for _ in range(3):
        site.compose()
        site.deliver(smtp(sink))
    site.clock.now -= MOVES[move]
    site.compose()
    site.deliver(smtp(sink))

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    check(site, sink.mails)


def test_after_three_days_away_there_is_one_digest_with_the_papers_of_all(
    site: Site, sink: Sink
) -> None:
    """P3."""
    site.make_due(1)
    site.deliver(smtp(sink))
    titles = [f"Graph Neural Networks of Day {day}" for day in range(3)]
    for title in titles:
        site.clock.advance(days=1)
        site.take_in(numbered([title]))
    for _ in range(3):
        site.compose()
        site.deliver(smtp(sink))

    assert len(sink.mails) == 2
    assert all(title.encode() in sink.mails[1].message for title in titles)
    check(site, sink.mails)


@pytest.mark.parametrize(
    "sunday",
    [date(2026, 3, 29), date(2026, 10, 25)],
    ids=["P5 02:30 is skipped", "P5 02:30 comes twice"],
)
def test_the_night_the_clocks_change_has_one_digest(site: Site, sink: Sink, sunday: date) -> None:
    """Looked at every ten minutes from the day before to the day after."""
    site.clock.now = datetime.combine(sunday - timedelta(days=1), time(0), UTC)
    at = Cadence(Days.DAILY, time(2, 30), "Europe/Berlin")
    enrol(site.registry, "ada@example.org", make_wishes("graph neural networks", cadence=at))
    for tick in range(3 * 24 * 6):
        if tick % 24 == 0:
            site.take_in(numbered([f"Graph Neural Networks of Tick {tick}"]))
        site.compose()
        site.clock.advance(minutes=10)
    site.deliver(smtp(sink))

    days = [sunday - timedelta(days=1), sunday, sunday + timedelta(days=1)]
    assert set(periods(site)) <= {day.isoformat() for day in days}
    assert periods(site) == sorted(set(periods(site)))
    assert sunday.isoformat() in periods(site)


def test_a_reader_who_moves_over_the_date_line_gets_no_date_twice(site: Site, sink: Sink) -> None:
    """P5: there and back again, every thirty hours."""
    zones = ["Pacific/Kiritimati", "Pacific/Pago_Pago"]
    reader = enrol(site.registry, "ada@example.org", make_wishes("graph neural networks"))
    for step in range(6):
        cadence = Cadence(Days.DAILY, time(7), zones[step % 2])
        wishes = make_wishes("graph neural networks", cadence=cadence)
        reader = save_preferences(site.registry, reader, wishes)
        site.take_in(numbered([f"Graph Neural Networks of Step {step}"]))
        for _ in range(30):
            site.compose()
            site.clock.advance(hours=1)
        site.deliver(smtp(sink))

    assert len(periods(site)) >= 3
    assert periods(site) == sorted(set(periods(site)))
    with site.database.reading() as connection:
        pairs = [(reader.id, date.fromisoformat(each)) for each in periods(site)]
        assert digests.composed_periods(connection, pairs) == set(pairs)
    check(site, sink.mails)
