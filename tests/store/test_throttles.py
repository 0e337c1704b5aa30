"""Throttles, pauses and the health of transports: what all processes know of, over restarts."""

import threading
from datetime import timedelta

from sqlalchemy import update

from digest.model.deliveries import Pause, PauseScope, Throttle, TransportHealth
from digest.store import pauses, throttles
from digest.store.engine import Database
from digest.store.tables import throttles as table
from tests.conftest import HandClock


def load(database: Database, transport: str = "relay") -> dict[str, Throttle]:
    with database.reading() as connection:
        found = throttles.load_throttles(connection, [transport])
    return {group: throttle for (_, group), throttle in found.items()}


def take(database: Database, want: int, *, rate: float = 1e-9, burst: float = 10) -> int:
    with database.writing() as connection:
        return throttles.take_tokens(connection, "relay", "gmail", rate, burst, want)


def test_throttles_come_back_as_they_were_saved(database: Database, clock: HandClock) -> None:
    slow = Throttle(concurrency=1, strikes=3, cooldown_until=clock(), rate=0.5)
    with database.writing() as connection:
        throttles.save_throttles(
            connection, "relay", {"gmail": Throttle(), "gmx": Throttle(7)}, clock()
        )
        throttles.save_throttles(connection, "relay", {"gmail": slow}, clock())
        throttles.save_throttles(connection, "relay", {}, clock())

    assert load(database) == {"gmail": slow, "gmx": Throttle(7)}
    assert load(database, "other") == {}


def test_a_bucket_begins_full_and_is_empty_when_all_is_taken(database: Database) -> None:
    assert [take(database, 4), take(database, 4), take(database, 4), take(database, 4)] == [
        4,
        4,
        2,
        0,
    ]


def test_a_bucket_fills_with_time_and_never_over_its_brim(database: Database) -> None:
    assert take(database, 10) == 10
    with database.writing() as connection:
        connection.execute(update(table).values(refilled_at=table.c.refilled_at - 3))
    assert take(database, 10, rate=1) == 3
    with database.writing() as connection:
        connection.execute(update(table).values(refilled_at=table.c.refilled_at - 3600))
    assert take(database, 99, rate=1) == 10


def test_a_bucket_filled_in_the_boot_before_is_no_fuller_for_it(database: Database) -> None:
    take(database, 8)
    with database.writing() as connection:
        connection.execute(update(table).values(refilled_at=table.c.refilled_at + 1e6))

    assert take(database, 10) == 2


def test_saving_a_throttle_leaves_its_tokens(database: Database, clock: HandClock) -> None:
    take(database, 8)
    with database.writing() as connection:
        throttles.save_throttles(connection, "relay", {"gmail": Throttle(5)}, clock())

    assert take(database, 10) == 2
    assert load(database) == {"gmail": Throttle(5)}


def test_processes_that_take_at_once_share_one_bucket(database: Database) -> None:
    taken: list[int] = []

    def work() -> None:
        taken.extend(take(database, 1) for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(taken), sum(taken)) == (20, 10)


def test_a_transport_is_well_until_something_else_is_known(
    database: Database, clock: HandClock
) -> None:
    down = TransportHealth(2, clock() + timedelta(minutes=1), "refused")
    with database.writing() as connection:
        assert throttles.load_transport(connection, "relay") == TransportHealth()
        throttles.save_transport(connection, "relay", down)
        assert throttles.load_transport(connection, "relay") == down
        throttles.save_transport(connection, "relay", TransportHealth())
        assert throttles.load_transport(connection, "relay") == TransportHealth()


def test_a_pause_lasts_until_it_is_lifted_and_keeps_its_first_reason(
    database: Database, clock: HandClock
) -> None:
    started = clock()
    with database.writing() as connection:
        assert pauses.pause(connection, PauseScope.DOMAIN, "gmail", "first", started)
        clock.advance(minutes=1)
        assert pauses.pause(connection, PauseScope.SITE, "", "all", clock())
        assert not pauses.pause(connection, PauseScope.DOMAIN, "gmail", "second", clock())
        assert pauses.pauses(connection) == [
            Pause(PauseScope.DOMAIN, "gmail", "first", started),
            Pause(PauseScope.SITE, "", "all", clock()),
        ]
        assert not pauses.resume(connection, PauseScope.TRANSPORT, "gmail")
        assert pauses.resume(connection, PauseScope.DOMAIN, "gmail")
        assert not pauses.resume(connection, PauseScope.DOMAIN, "gmail")
        assert [each.scope for each in pauses.pauses(connection)] == [PauseScope.SITE]


def test_a_success_of_one_process_does_not_end_a_cooldown_that_another_was_told_of(
    database: Database, clock: HandClock
) -> None:
    cooling = Throttle(1, 2, clock() + timedelta(minutes=5))
    with database.writing() as connection:
        throttles.save_throttles(connection, "relay", {"gmail": cooling}, clock())
        throttles.save_throttles(connection, "relay", {"gmail": Throttle(3)}, clock())
    assert load(database) == {"gmail": Throttle(3, 2, cooling.cooldown_until)}

    clock.advance(minutes=6)
    with database.writing() as connection:
        throttles.save_throttles(connection, "relay", {"gmail": Throttle(3)}, clock())
    assert load(database) == {"gmail": Throttle(3)}
