"""A host is asked by one at a time, so far apart, whoever asks."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import select, update

from digest.clock import steady
from digest.errors import SourceAwayError
from digest.sources.client.paces import in_turn
from digest.store.engine import Database
from digest.store.tables import turns
from digest.store.turns import HELD, HostTurns
from digest.store.workers import lease_now

PACE = 0.02


def shift(database: Database, seconds: float) -> None:
    """Let the clock that turns are kept by go back by so many seconds."""
    with database.writing() as connection:
        connection.execute(update(turns).values(next_at=turns.c.next_at + seconds))


def ahead(database: Database) -> float:
    with database.reading() as connection:
        next_at: float = connection.execute(select(turns.c.next_at)).scalar_one()
        return next_at - lease_now(connection)


def test_a_turn_is_one_persons_until_it_is_given_back(database: Database) -> None:
    mine, others = HostTurns(database), HostTurns(database)
    assert mine.take("arxiv.org") == 0
    assert 0 < others.take("arxiv.org") <= 1
    assert others.take("other.example") == 0
    mine.give_back("arxiv.org", 3.0)
    assert 0 < others.take("arxiv.org") <= 1
    mine.give_back("arxiv.org", 0.0)
    assert others.take("arxiv.org") == 0


def test_the_next_turn_is_a_pace_after_the_end_of_the_last(database: Database) -> None:
    here = HostTurns(database)
    here.take("arxiv.org")
    here.give_back("arxiv.org", 0.5)
    assert 0 < here.take("arxiv.org") <= 0.5


def test_a_turn_of_somebody_killed_comes_back(database: Database) -> None:
    here = HostTurns(database, held=PACE)
    assert here.take("arxiv.org") == 0
    time.sleep(here.take("arxiv.org") + 0.001)
    assert here.take("arxiv.org") == 0


def test_a_clock_that_went_back_holds_nobody_up(database: Database) -> None:
    here = HostTurns(database)
    here.take("arxiv.org")
    shift(database, 1_000_000.0)
    assert here.take("arxiv.org") == 0
    assert ahead_is_held(database)


def test_a_clock_that_went_back_a_little_holds_up_as_long_as_a_turn(database: Database) -> None:
    here = HostTurns(database)
    here.take("arxiv.org")
    here.give_back("arxiv.org", 1.0)
    shift(database, HELD / 2)
    assert here.take("arxiv.org") > 0
    assert ahead(database) < HELD


def ahead_is_held(database: Database) -> bool:
    return HELD - 30 < ahead(database) <= HELD


def test_nobody_asks_at_once_or_faster_than_the_pace(database: Database) -> None:
    asked: list[tuple[float, float]] = []

    class Quick(HostTurns):
        def give_back(self, host: str, pace: float) -> None:
            assert pace == 3.0
            super().give_back(host, PACE)

    def ask(_number: int) -> None:
        here = Quick(database)
        with in_turn(
            here, "any", "export.arxiv.org", lambda seconds: time.sleep(min(seconds, PACE))
        ):
            began = steady()
            time.sleep(0.001)
            asked.append((began, steady()))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(ask, range(20)))
    assert len(asked) == 20
    asked.sort()
    gaps = [after[0] - before[1] for before, after in pairwise(asked)]
    assert min(gaps) >= PACE


def test_a_turn_is_given_back_after_a_failure(database: Database) -> None:
    here = HostTurns(database)
    with pytest.raises(ZeroDivisionError), in_turn(here, "any", "arxiv.org", time.sleep):
        raise ZeroDivisionError
    assert ahead(database) <= 3


def test_no_turn_is_taken_by_who_is_told_to_stop(database: Database) -> None:
    here = HostTurns(database)
    here.take("arxiv.org")
    with (
        pytest.raises(SourceAwayError, match="told to stop"),
        in_turn(here, "any", "arxiv.org", lambda _seconds: True),
    ):
        pytest.fail("it is not this one's turn")
