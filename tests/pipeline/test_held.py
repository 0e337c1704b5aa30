"""Dumps that are held: kept once, published or discarded once, whoever asks and whatever dies."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from digest.errors import HeldError
from digest.model.operators import HeldOutcome
from digest.pipeline import held
from digest.pipeline.held import discard_held, look_at, publish_held, take_file
from digest.pipeline.ingest import ingest
from digest.sources.dumps.text import read_dump
from digest.store.account_tables import audit
from digest.store.dumps import recent_dumps
from digest.store.engine import Database
from digest.store.held_dumps import count_waiting_dumps, held_dump, waiting_dumps
from tests.conftest import HandClock


@pytest.fixture
def short(database: Database, clock: HandClock, tmp_path: Path, example_dumps: list[Path]) -> Path:
    """A page with a few papers, after one with thirty-four."""
    take_file(database, example_dumps[0], clock, dated_on=clock().date())
    blocks = example_dumps[0].read_text().split("\n\n")
    path = tmp_path / "short \udcff.txt"
    path.write_text("\n\n".join(blocks[: max(8, len(blocks) // 12)]))
    return path


def hold(database: Database, clock: HandClock, path: Path) -> int:
    with pytest.raises(HeldError):
        take_file(database, path, clock)
    with database.reading() as connection:
        [found] = waiting_dumps(connection)
    return found.id


def deeds(database: Database) -> list[str]:
    with database.reading() as connection:
        return [row.deed for row in connection.execute(audit.select().order_by(audit.c.id))]


def dumps_there(database: Database) -> int:
    with database.reading() as connection:
        return len(recent_dumps(connection, 10))


def test_a_held_dump_is_kept_once_and_published_from_its_bytes(
    database: Database, clock: HandClock, short: Path
) -> None:
    number = hold(database, clock, short)
    assert hold(database, clock, short) == number
    look = look_at(database, number)
    assert look is not None
    assert look.papers == len(look.titles) > 0
    assert "far" not in look.problem
    dated_on = read_dump(short, today=clock().date()).dump.dated_on
    short.unlink()
    clock.advance(days=3)

    decided = publish_held(database, number, "grace", clock)

    assert decided is not None
    assert decided.outcome is HeldOutcome.PUBLISHED
    with database.reading() as connection:
        newest = recent_dumps(connection, 1)[0]
    assert (newest.dump.dated_on, newest.dump.checksum) == (dated_on, decided.checksum)
    assert newest.dump.name == decided.name
    assert newest.papers == look.papers
    assert publish_held(database, number, "ada", clock) == decided
    assert discard_held(database, number, "ada", clock) == decided
    assert deeds(database) == ["publish dump"]


def test_a_discarded_dump_is_known_until_somebody_says_otherwise(
    database: Database, clock: HandClock, short: Path
) -> None:
    number = hold(database, clock, short)
    for _ in range(2):
        decided = discard_held(database, number, "grace", clock)
        assert decided is not None
        assert decided.outcome is HeldOutcome.DISCARDED
    assert take_file(database, short, clock).is_known
    assert dumps_there(database) == 1
    assert take_file(database, short, clock, anyway=True).papers
    assert dumps_there(database) == 2
    assert deeds(database) == ["discard dump"]


def test_a_dump_taken_in_anyway_waits_for_nobody(
    database: Database, clock: HandClock, short: Path
) -> None:
    number = hold(database, clock, short)
    take_file(database, short, clock, anyway=True)
    with database.reading() as connection:
        assert count_waiting_dumps(connection) == 0
        found = held_dump(connection, number)
    assert found is not None
    assert found.outcome is HeldOutcome.PUBLISHED


def test_a_discarded_dump_stays_so_when_lists_become_short(
    database: Database, clock: HandClock, short: Path
) -> None:
    discard_held(database, hold(database, clock, short), "grace", clock)
    for number in range(9):
        other = short.with_name(f"other {number}.txt")
        other.write_text(short.read_text().replace("the", f"the{number}"))
        take_file(database, other, clock, anyway=True)
    assert take_file(database, short, clock).is_known
    assert dumps_there(database) == 10


def test_what_is_published_and_that_it_is_are_written_at_once(
    database: Database, clock: HandClock, short: Path
) -> None:
    number = hold(database, clock, short)
    with database.writing() as connection:
        audit.drop(connection)
    with pytest.raises(DBAPIError):
        publish_held(database, number, "grace", clock)
    assert dumps_there(database) == 1
    with database.reading() as connection:
        assert count_waiting_dumps(connection) == 1


def test_one_publishes_while_another_discards(
    database: Database, clock: HandClock, short: Path
) -> None:
    number = hold(database, clock, short)
    both = threading.Barrier(2)

    def decide(how: Callable[[Database, int, str, HandClock], object]) -> None:
        both.wait(5)
        how(database, number, "grace", clock)

    threads = [threading.Thread(target=decide, args=[how]) for how in (publish_held, discard_held)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)

    with database.reading() as connection:
        decided = held_dump(connection, number)
    assert decided is not None
    is_there = decided.outcome is HeldOutcome.PUBLISHED
    assert dumps_there(database) == 1 + is_there
    assert deeds(database) == ["publish dump" if is_there else "discard dump"]


def test_papers_that_came_meanwhile_are_published(
    database: Database, clock: HandClock, short: Path
) -> None:
    number = hold(database, clock, short)
    ingest(database, read_dump(short, today=clock().date()), clock, anyway=True)

    decided = publish_held(database, number, "grace", clock)

    assert decided is not None
    assert decided.outcome is HeldOutcome.PUBLISHED
    assert dumps_there(database) == 2


def test_two_operators_at_once_decide_once(
    database: Database, clock: HandClock, short: Path
) -> None:
    number = hold(database, clock, short)
    both = threading.Barrier(2)

    def decide(name: str) -> None:
        both.wait(5)
        publish_held(database, number, name, clock)

    threads = [threading.Thread(target=decide, args=[name]) for name in ("ada", "grace")]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)

    assert deeds(database) == ["publish dump"]
    assert dumps_there(database) == 2


def test_a_page_too_long_to_keep_is_held_as_a_file(
    sqlite_database: Database,
    clock: HandClock,
    tmp_path: Path,
    example_dumps: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take_file(sqlite_database, example_dumps[0], clock, dated_on=clock().date())
    blocks = example_dumps[0].read_text().split("\n\n")
    path = tmp_path / "short.txt"
    path.write_text("\n\n".join(blocks[: max(8, len(blocks) // 12)]))
    monkeypatch.setattr(held, "LARGEST", 10)

    with pytest.raises(HeldError):
        take_file(sqlite_database, path, clock)

    with sqlite_database.reading() as connection:
        assert count_waiting_dumps(connection) == 0


def test_what_is_not_there_is_none(sqlite_database: Database, clock: HandClock) -> None:
    assert publish_held(sqlite_database, 7, "grace", clock) is None
    assert discard_held(sqlite_database, 7, "grace", clock) is None
    assert look_at(sqlite_database, 7) is None
