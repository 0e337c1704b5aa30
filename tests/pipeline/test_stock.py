"""Taking stock: once an hour, whoever does it; and what of it needs a person."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from digest.model.deliveries import DeliveryState, PauseScope, TransportHealth
from digest.model.papers import PaperRecord
from digest.model.tallies import OTHERS, TallyKind
from digest.pipeline.counted import what_was_counted
from digest.pipeline.overview import look_around, needs, span
from digest.pipeline.stock import DAYS, take_stock
from digest.pipeline.subscribe import Registry, enrol
from digest.store import tallies, throttles
from digest.store.deliveries import find_deliveries
from digest.store.engine import Database
from digest.store.pauses import pause
from digest.store.waiting import hold
from tests.conftest import HandClock
from tests.factories import make_wishes, numbered
from tests.pipeline.conftest import Take


def counted(database: Database, kind: TallyKind) -> dict[str, int]:
    with database.reading() as connection:
        return tallies.last_tally(connection, kind)


def test_stock_is_taken_once_an_hour(registry: Registry, clock: HandClock) -> None:
    database = registry.database
    enrol(registry, "ada@example.org", make_wishes("robots"), is_welcomed=True)
    assert take_stock(database, clock)
    assert counted(database, TallyKind.DELIVERIES) == {"ready": 1}
    assert counted(database, TallyKind.READERS)["active"] == 1
    assert counted(database, TallyKind.INTERESTS) == {OTHERS: 1}

    enrol(registry, "bob@example.org", make_wishes("robots"), is_welcomed=True)
    clock.advance(minutes=50)
    assert not take_stock(database, clock)
    assert counted(database, TallyKind.READERS)["active"] == 1
    clock.advance(minutes=10)
    assert take_stock(database, clock)
    assert counted(database, TallyKind.READERS)["active"] == 2
    assert counted(database, TallyKind.DELIVERIES) == {"ready": 2}


def test_two_schedulers_count_the_same(registry: Registry, clock: HandClock) -> None:
    database = registry.database
    enrol(registry, "ada@example.org", make_wishes("robots"), is_welcomed=True)
    for _ in range(3):
        both = threading.Barrier(2)

        def count(both: threading.Barrier = both) -> None:
            both.wait(5)
            take_stock(database, clock)

        with ThreadPoolExecutor(2) as pool:
            for each in [pool.submit(count) for _ in range(2)]:
                each.result(30)
        assert counted(database, TallyKind.DELIVERIES) == {"ready": 1}
        clock.advance(hours=1)


def test_what_was_counted_last_is_of_one_day(registry: Registry, clock: HandClock) -> None:
    database = registry.database
    enrol(registry, "ada@example.org", make_wishes("robots"), is_welcomed=True)
    with database.writing() as connection:
        tallies.save_tally(connection, TallyKind.DELAYS, clock().date(), {"slow": 9}, clock())
    take_stock(database, clock)
    clock.advance(days=3)
    take_stock(database, clock)
    assert counted(database, TallyKind.DELIVERIES) == {}
    assert counted(database, TallyKind.DELAYS) == {}


def test_a_clock_that_was_ahead_stops_no_counting(registry: Registry, clock: HandClock) -> None:
    assert take_stock(registry.database, clock)
    clock.advance(hours=-5)
    assert take_stock(registry.database, clock)


def test_days_on_which_nobody_counted_are_made_up_for(registry: Registry, clock: HandClock) -> None:
    database = registry.database
    take_stock(database, clock)
    for name in ("ada", "bob", "eve"):
        clock.advance(days=4)
        enrol(registry, f"{name}@example.org", make_wishes("robots"), is_welcomed=True)
    clock.advance(hours=1)
    take_stock(database, clock)

    found = what_was_counted(database, clock)

    assert len(found.days) == DAYS
    assert [sum(found.mails.get(day, {}).values()) for day in found.days][-9:] == [
        1, 0, 0, 0, 1, 0, 0, 0, 1,
    ]  # fmt: skip
    assert len(found.readers) == 2, "readers are counted as they stand, on no day before"


def test_nothing_needs_a_person_when_all_is_well(
    database: Database, clock: HandClock, take: Take
) -> None:
    take("today.txt", papers())
    assert needs(look_around(database, clock)) == []


def test_what_needs_a_person_is_told_with_where_to_go(
    registry: Registry, clock: HandClock, take: Take
) -> None:
    database = registry.database
    take("today.txt", papers())
    enrol(registry, "ada@example.org", make_wishes("robots"), is_welcomed=True)
    enrol(registry, "bob@example.org", make_wishes("robots"), is_welcomed=True)
    with database.writing() as connection:
        hold(connection, [find_deliveries(connection)[0].id])
        down = TransportHealth(3, clock() + timedelta(days=2), "connection refused")
        throttles.save_transport(connection, "mail.example.org:25", down)
    clock.advance(hours=27)

    facts = look_around(database, clock)

    assert facts.waiting[DeliveryState.HELD] == 1
    assert [(each.sentence.partition(":")[0], each.path) for each in needs(facts)] == [
        ("mail.example.org", "/admin/deliveries?state=ready"),
        ("Digests have been due for 3 hours and are not composed", "/admin/readers"),
        (
            "Mail has been due for 27 hours and no worker has any in hand",
            "/admin/deliveries?state=ready",
        ),
        ("The last dump came 27 hours ago.", "/admin/dumps"),
        ("1 mail held back.", "/admin/deliveries?state=held"),
    ]
    with database.writing() as connection:
        pause(connection, PauseScope.SITE, "", "a move", clock())
    first = needs(look_around(database, clock))[0]
    assert first.sentence.startswith("Paused is the site, since ")
    assert first.sentence.endswith(": a move.")


def papers() -> Sequence[PaperRecord]:
    return numbered(["Graph Neural Networks for Roads", "Graph Neural Networks Forget"])


def test_spans_are_told_in_the_unit_that_says_enough() -> None:
    for hours, words in (
        (0, "0 minutes"),
        (0.02, "1 minute"),
        (1.5, "90 minutes"),
        (30, "30 hours"),
    ):
        assert span(timedelta(hours=hours)) == words
    assert span(timedelta(days=9)) == "9 days"
