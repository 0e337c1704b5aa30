"""Clocks that are moved, and days that nobody looked: one digest for each local date.

Which moment a local hour is on the days when the clocks change is in `tests/model/test_cadence.py`,
for every zone; here the whole way is walked.
"""

import zoneinfo
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from digest.delivery.sink import Rule, Sink, Step
from digest.model import cadence as cadence_rules
from digest.model import clocks
from digest.model.deliveries import DeliveryState
from digest.model.feedback import Mute
from digest.model.subscribers import Cadence, Days, QuietDays
from digest.pipeline.pausing import pause
from digest.pipeline.subscribe import enrol, save_preferences
from digest.store import digests, steering
from digest.store.engine import Database
from digest.store.tables import subscribers
from tests.conftest import HandClock
from tests.factories import make_wishes, numbered
from tests.faults.ends import copies, flagged
from tests.faults.invariants import check
from tests.faults.site import Site, smtp
from tests.model import transitions

BERLIN = "Europe/Berlin"
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


AWAY = {
    # From Wednesday 18 March, one o'clock at night in Berlin: when the digest is due, how many days
    # nobody looks, of which date the one that catches up is, and on which the next one comes.
    "daily": (Cadence(Days.DAILY, time(7), BERLIN), 4, "2026-03-22", "2026-03-23"),
    "daily, for 40 days": (Cadence(Days.DAILY, time(7), BERLIN), 40, "2026-04-27", "2026-04-28"),
    "weekdays, up on Sunday": (
        Cadence(Days.WEEKDAYS, time(7), BERLIN), 4, "2026-03-20", "2026-03-23"
    ),
    "weekly, its day a while ago": (
        Cadence(Days.WEEKLY, time(7), BERLIN, 3), 4, "2026-03-19", "2026-03-26"
    ),
    "weekly, for 40 days": (
        Cadence(Days.WEEKLY, time(7), BERLIN, 3), 40, "2026-04-23", "2026-04-30"
    ),
}  # fmt: skip


@pytest.mark.parametrize("chosen", AWAY.values(), ids=AWAY)
def test_whatever_readers_chose_one_digest_catches_up_and_the_next_is_on_its_date(
    site: Site, sink: Sink, chosen: tuple[Cadence, int, str, str]
) -> None:
    """P3: who pauses, or mutes, until a day on which nobody looks has that behind them."""
    cadence, away, caught_up, ordinary = chosen
    site.clock.now = datetime(2026, 3, 18, 0, tzinfo=UTC)
    for quiet in QuietDays:
        wishes = make_wishes("graph neural networks", cadence=cadence, quiet=quiet)
        _, eve, kim = (
            enrol(site.registry, f"{name}-{quiet}@example.org", wishes)
            for name in ("ada", "eve", "kim")
        )
        pause(site.registry, eve, date(2026, 3, 19))
        until = site.clock.now + timedelta(days=2)
        with site.database.writing() as connection:
            steering.set_mute(connection, Mute(kim.id, "graph neural networks", until))
    titles = [f"Graph Neural Networks for {name}" for name in ("Roads", "Rivers", "Bridges")]
    for title in titles:
        site.take_in(numbered([title]))
        site.clock.advance(days=1)
    site.clock.advance(days=away - 3, hours=10)
    for _ in range(3):
        site.compose()
        site.deliver(smtp(sink))

    assert periods(site) == [caught_up] * 9
    assert all(title.encode() in mail.message for title in titles for mail in sink.mails)
    site.take_in(
        numbered(
            [f"Graph Neural Networks for {name}" for name in ("Tunnels", "Harbours", "Ferries")]
        )
    )
    for _ in range(8 * 4):
        site.clock.advance(hours=6)
        site.compose()
        if len(periods(site)) > 9:
            break
    assert periods(site) == [caught_up] * 9 + [ordinary] * 9
    site.deliver(smtp(sink))
    check(site, sink.mails)


def test_a_zone_that_new_tables_leave_out_counts_as_utc(site: Site, sink: Sink) -> None:
    site.make_due(READERS)
    site.deliver(smtp(sink))
    with site.database.writing() as connection:
        changed = {"zone": "Europe/Atlantis", "revision": subscribers.c.revision + 1}
        connection.execute(update(subscribers).values(**changed))
    site.take_in(numbered(["Graph Neural Networks of Atlantis"]))
    site.clock.advance(days=1)
    for _ in range(8):
        site.compose()
        site.deliver(smtp(sink))
        site.clock.advance(hours=3)

    assert periods(site) == ["2026-03-19"] * READERS + ["2026-03-20"] * READERS
    assert {each.next_due_at for each in site.readers()} == {datetime(2026, 3, 21, 7, tzinfo=UTC)}
    check(site, sink.mails)


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Callable[[str, str], None]]:
    """Give a zone the clocks of another, as if both processes and tables were new."""

    def give(zone: str, clocks: str) -> None:
        path = tmp_path / zone
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(transitions.table(clocks))
        zoneinfo.reset_tzpath([str(tmp_path)])
        forget()

    before = zoneinfo.TZPATH
    yield give
    zoneinfo.reset_tzpath(before)
    forget()


def forget() -> None:
    zoneinfo.ZoneInfo.clear_cache()
    for each in (*vars(cadence_rules).values(), *vars(clocks).values()):
        if hasattr(each, "cache_clear"):
            each.cache_clear()


@pytest.mark.parametrize(
    ("rule", "hour"),
    [
        ("Europe/London", 0),  # an hour early: when it is due it is the day before still
        ("Europe/London", 23),
        ("Europe/Athens", 0),
        ("Europe/Athens", 23),  # an hour late: when it is due the next day has begun
    ],
)
def test_new_tables_of_a_zone_make_neither_two_digests_of_one_that_is_planned_nor_none(
    sqlite_database: Database,
    clock: HandClock,
    tables: Callable[[str, str], None],
    rule: str,
    hour: int,
) -> None:
    """P5: rules change with a few days' notice, and processes start again with new tables."""
    site = Site(sqlite_database, clock)
    clock.now = datetime(2026, 3, 16, 12, tzinfo=UTC)
    for days in (Days.DAILY, Days.WEEKLY):
        cadence = Cadence(days, time(hour, 30), BERLIN, 3)
        wishes = make_wishes("graph neural networks", cadence=cadence)
        enrol(site.registry, f"{days}@example.org", wishes)
    for tick in range(11 * 24):
        if tick == 60:
            tables(BERLIN, rule)
        if tick % 12 == 0:
            site.take_in(numbered([f"Graph Neural Networks of Tick {tick}"]))
        site.compose()
        clock.advance(hours=1)
    had = {days: [m.period for m in site.mails() if days in m.address] for days in Days}
    first = 16 if hour == 23 else 17
    assert sorted(had[Days.DAILY]) == [f"2026-03-{day}" for day in range(first, first + 11)]
    assert sorted(had[Days.WEEKLY]) == ["2026-03-19", "2026-03-26"]


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
