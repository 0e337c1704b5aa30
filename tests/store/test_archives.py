"""Frozen statistics: the newest counts, a few are kept, and two who freeze at once keep one."""

import threading
from datetime import date, timedelta

from sqlalchemy import func, select

from digest.model.archives import StoredArchive
from digest.store import archives
from digest.store.engine import Database
from digest.store.tables import archives as table
from tests.conftest import HandClock

DAY = date(2026, 3, 18)


def freeze(database: Database, clock: HandClock, day: date = DAY, body: bytes = b"x") -> int | None:
    with database.writing() as connection:
        return archives.add_archive(connection, day, 60, body, clock())


def test_before_the_first_freezing_there_is_none(database: Database) -> None:
    with database.reading() as connection:
        assert archives.newest_archive(connection) is None
        assert archives.newest_archive_id(connection) is None


def test_an_archive_comes_back_as_it_was_stored(database: Database, clock: HandClock) -> None:
    body = bytes(range(256)) * 1000
    number = freeze(database, clock, body=body)

    with database.reading() as connection:
        assert number is not None
        assert archives.newest_archive(connection) == StoredArchive(number, DAY, 60, body)


def test_the_newest_counts_and_two_before_it_are_kept(database: Database, clock: HandClock) -> None:
    numbers = [freeze(database, clock, DAY + timedelta(days=n)) for n in range(5)]

    with database.reading() as connection:
        newest = archives.newest_archive(connection)
        assert newest is not None
        assert newest.frozen_on == DAY + timedelta(days=4)
        assert archives.newest_archive_id(connection) == newest.id == numbers[-1]
        assert list(connection.scalars(select(table.c.id).order_by(table.c.id))) == numbers[2:]


def test_an_archive_frozen_twice_is_kept_once(database: Database, clock: HandClock) -> None:
    first = freeze(database, clock, body=b"first")

    assert freeze(database, clock, body=b"second") is None
    with database.reading() as connection:
        newest = archives.newest_archive(connection)
    assert newest is not None
    assert (newest.id, newest.body) == (first, b"first")


def test_of_processes_that_freeze_at_once_one_is_first(
    database: Database, clock: HandClock
) -> None:
    numbers: list[int | None] = []
    workers = [
        threading.Thread(target=lambda: numbers.append(freeze(database, clock))) for _ in range(6)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(numbers) == 6
    assert len([number for number in numbers if number is not None]) == 1
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(table)) == 1
