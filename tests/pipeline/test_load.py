"""A database filled with papers and readers that are made up, on both kinds."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select

from digest.model.partitions import CHUNK
from digest.model.population import MADE_UP
from digest.pipeline.habits import Habits
from digest.pipeline.load import (
    forget_readers,
    load_papers,
    load_readers,
    papers_rated,
    vocabulary_of,
)
from digest.pipeline.made_interests import MadeInterests
from digest.pipeline.popular import Vocabulary
from digest.pipeline.population import Population
from digest.store import made_readers, steering, subscribers, suppressions
from digest.store.engine import Database
from digest.store.papers import count_papers
from digest.store.sign_ins import add_sign_in
from digest.store.tables import deliveries
from digest.store.tables import subscribers as subscribers_table
from tests.conftest import START, HandClock, close_database, open_database
from tests.factories import make_address, make_wishes
from tests.store.ledger import Ledger

MANY = Habits(0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.3)


def population(habits: Habits = MANY, papers: tuple[int, ...] = ()) -> Population:
    interests = MadeInterests(Vocabulary.of([f"networks {n}" for n in range(50)]))
    return Population(1, interests, START, habits, papers, is_due=True)


def test_readers_are_stored_with_all_that_is_theirs(
    database: Database, example_dumps: list[Path], clock: HandClock
) -> None:
    load_papers(database, example_dumps, clock, count=20, days=1, seed=1)
    papers = tuple(papers_rated(database))
    assert load_readers(database, population(papers=papers), 60).added == 60

    made = population(papers=papers).readers(0)[:60]
    with database.reading() as connection:
        stored = subscribers.all_subscribers(connection)
        stopped = suppressions.suppressed_subscribers(connection)
        said = steering.feedback_of(connection, [each.id for each in stored])
        muted = steering.mutes_of(connection, [each.id for each in stored], START)
    for reader, drawn in zip(stored, made, strict=True):
        assert reader.address == drawn.address
        assert (reader.state, reader.quiet) == (drawn.state, drawn.quiet)
        wanted = tuple((each.expression, each.weight) for each in reader.interests)
        assert wanted == drawn.interests
        assert reader.cadence.at == drawn.at
        assert reader.next_due_at == drawn.next_due_at
        assert reader.paused_until == drawn.paused_until
        assert stopped.get(reader.id, "") == drawn.suppressed
        assert len(said.get(reader.id, ())) == len(drawn.feedback)
        assert len(muted.get(reader.id, ())) == len(drawn.mutes)
    assert stopped
    assert said
    assert muted


def test_a_second_run_adds_who_is_missing_and_changes_nobody(database: Database) -> None:
    assert load_readers(database, population(), 30).added == 30
    again = load_readers(database, population(), 50)
    assert (again.added, again.known) == (20, 30)
    assert load_readers(database, population(), 50).added == 0
    with database.reading() as connection:
        found = [each.address for each in subscribers.all_subscribers(connection)]
    assert found == [each.address for each in population().readers(0)[:50]]


def test_killed_between_two_chunks_the_next_run_goes_on(sqlite_database: Database) -> None:
    class KilledError(Exception):
        pass

    def fall(_count: int) -> None:
        raise KilledError

    with pytest.raises(KilledError):
        load_readers(sqlite_database, population(), CHUNK + 10, fall)
    again = load_readers(sqlite_database, population(), CHUNK + 10)
    assert (again.added, again.known) == (10, CHUNK)


def test_forgetting_leaves_real_readers_as_they_are(database: Database, clock: HandClock) -> None:
    with database.writing() as connection:
        ada = subscribers.add_subscriber(connection, make_address(), make_wishes(), clock())
    load_readers(database, population(), 40)
    with database.reading() as connection:
        assert made_readers.count_real_readers(connection) == 1
        assert made_readers.count_made_readers(connection) == 40

    assert forget_readers(database) == 40
    with database.reading() as connection:
        assert [each.id for each in subscribers.all_subscribers(connection)] == [ada]
        assert suppressions.all_suppressions(connection) == []
    assert load_readers(database, population(), 40).added == 40


def test_new_readers_get_no_id_that_somebody_had(database: Database) -> None:
    def sign_in() -> int:
        with database.writing() as connection:
            [number] = made_readers.made_readers(connection, 1)
            return add_sign_in(connection, number, START).id

    load_readers(database, population(), 20)
    with database.reading() as connection:
        before = {each.id for each in subscribers.all_subscribers(connection)}
    link = sign_in()
    forget_readers(database)
    load_readers(database, population(), 20)
    with database.reading() as connection:
        assert before.isdisjoint(each.id for each in subscribers.all_subscribers(connection))
    assert sign_in() > link


def test_readers_are_forgotten_while_mails_are_planned_for_them(
    request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock
) -> None:
    """On PostgreSQL: SQLite has one writer at a time."""
    database = open_database(request, tmp_path, "postgresql")
    request.addfinalizer(partial(close_database, database))
    load_readers(database, population(), 5)
    ledger = Ledger(database, clock)
    with database.reading() as connection:
        first, *_ = made_readers.made_readers(connection, 1)
    known = ledger.mail(ledger.plan(first))
    has_come = threading.Event()

    def listen(_c: object, _d: object, words: str, *_: object) -> None:
        is_held = "FROM subscribers" in words and words.endswith("FOR UPDATE")
        if is_held or words.startswith("DELETE FROM subscribers"):
            has_come.set()

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as connection:
            # As composing does: hold the readers, then plan.
            connection.execute(select(subscribers_table.c.id).with_for_update()).all()
            event.listen(database.engine, "before_cursor_execute", listen)
            forgetting = pool.submit(forget_readers, database)
            assert has_come.wait(20)
            there = connection.execute(
                select(deliveries).where(deliveries.c.id == known.id)
            ).mappings()
            changed = {"id": known.id + 1, "period": "2026-03-19", "key": "of the next day"}
            connection.execute(insert(deliveries), {**there.one(), **changed})
        assert forgetting.result(20) == 5


def test_made_papers_are_all_different_and_come_once(
    sqlite_database: Database, example_dumps: list[Path], clock: HandClock
) -> None:
    def load(count: int, days: int) -> int:
        return load_papers(sqlite_database, example_dumps, clock, count=count, days=days, seed=1)

    assert load(100, 3) == 100
    assert load(100, 3) == 0
    clock.advance(days=1)
    assert load(100, 1) == 100  # a day of its own, made of the papers that are there by now
    with sqlite_database.reading() as connection:
        assert count_papers(connection) == 200
    assert len(vocabulary_of(sqlite_database).phrases) > 100


def test_readers_have_seen_what_is_older_than_a_week(
    sqlite_database: Database, example_dumps: list[Path], clock: HandClock
) -> None:
    load_papers(sqlite_database, example_dumps, clock, count=10, days=1, seed=1)
    clock.advance(days=8)
    load_papers(sqlite_database, example_dumps, clock, count=10, days=1, seed=1)
    later = Population(1, population().interests, clock(), Habits(), is_due=True)
    load_readers(sqlite_database, later, 100)
    with sqlite_database.reading() as connection:
        marks = Counter(each.seen_through for each in subscribers.all_subscribers(connection))
    assert set(marks) == {1, None}  # None: those who have not confirmed yet
    assert marks[1] > marks[None]


def test_addresses_and_moments_are_those_of_the_population() -> None:
    first = population().readers(0)[0]
    assert first.address.startswith("seed1-0000001@")
    assert first.address.endswith(MADE_UP)
    assert first.created_at < START - timedelta(hours=1)
