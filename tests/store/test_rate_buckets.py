"""Token buckets in the database: never more than they hold, however many take at once."""

import multiprocessing
import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from digest.store.account_tables import rate_buckets as table
from digest.store.engine import Database
from digest.store.rate_buckets import LONGEST, forget_full, take_token
from tests.conftest import START, HandClock

HOUR = timedelta(hours=1)
NONE = timedelta()


def take(
    database: Database, clock: HandClock, key: str = "a", size: float = 3, span: timedelta = HOUR
) -> timedelta:
    with database.writing() as connection:
        return take_token(connection, key, size, span, clock())


def take_many(url: str, times: int) -> int:
    """Run in another process: return how many tokens it got."""
    database = Database(url)
    try:
        return sum(not take(database, HandClock(START), size=10) for _ in range(times))
    finally:
        database.dispose()


def test_a_bucket_begins_full_and_says_when_there_is_more(
    database: Database, clock: HandClock
) -> None:
    assert [take(database, clock) for _ in range(3)] == [NONE] * 3
    assert take(database, clock) == timedelta(minutes=20)
    clock.advance(minutes=15)
    assert take(database, clock) == timedelta(minutes=5)
    clock.advance(minutes=5)
    assert take(database, clock) == NONE
    assert take(database, clock) > NONE


def test_each_key_has_a_bucket_of_its_own(database: Database, clock: HandClock) -> None:
    assert [take(database, clock, key, size=1) for key in "aba"] == [NONE, NONE, HOUR]


def test_a_bucket_never_holds_more_than_its_size(database: Database, clock: HandClock) -> None:
    take(database, clock)
    clock.advance(days=400)
    assert [not take(database, clock) for _ in range(5)] == [True] * 3 + [False] * 2


def test_who_finds_none_changes_nothing(database: Database, clock: HandClock) -> None:
    take(database, clock, size=1)
    with database.reading() as connection:
        before = connection.execute(select(table)).all()
    clock.advance(minutes=1)
    assert take(database, clock, size=1)
    with database.reading() as connection:
        assert connection.execute(select(table)).all() == before


def test_a_clock_that_was_ahead_shuts_no_bucket(database: Database, clock: HandClock) -> None:
    clock.advance(days=365)
    take(database, clock, size=1)
    clock.advance(days=-365)
    assert take(database, clock, size=1) == HOUR
    clock.advance(hours=1)
    assert take(database, clock, size=1) == NONE


def test_a_limit_that_became_stricter_is_kept_at_once(database: Database, clock: HandClock) -> None:
    take(database, clock, size=20)
    assert [not take(database, clock, size=5) for _ in range(6)] == [True] * 5 + [False]


def test_threads_that_take_at_once_never_get_more_than_there_is(database: Database) -> None:
    got: list[timedelta] = []
    clock = HandClock(START)

    def work() -> None:
        got.extend(take(database, clock, size=10) for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(got), got.count(NONE)) == (20, 10)


@pytest.mark.slow
def test_processes_that_take_at_once_share_one_bucket(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert sum(pool.starmap(take_many, [(url, 8), (url, 8)])) == 10


@given(st.lists(st.integers(0, 3000), max_size=40), st.integers(1, 5))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_span_sees_more_than_a_full_bucket_and_its_filling(
    sqlite_database: Database, seconds: list[int], size: int
) -> None:
    clock, got = HandClock(START), []
    key = f"{seconds} {size}"
    for gap in seconds:
        clock.advance(seconds=gap)
        if not take(sqlite_database, clock, key, size):
            got.append(clock())
    for at, first in enumerate(got):
        within = [each for each in got[at:] if each - first <= HOUR]
        assert len(within) <= 2 * size
    clock.advance(days=3)
    with sqlite_database.writing() as connection:
        forget_full(connection, clock())


def test_full_buckets_are_forgotten(database: Database, clock: HandClock) -> None:
    take(database, clock, "old")
    clock.now += LONGEST
    take(database, clock, "new")
    clock.advance(seconds=1)
    with database.writing() as connection:
        assert forget_full(connection, clock()) == 1
        assert connection.execute(select(func.count()).select_from(table)).scalar() == 1
