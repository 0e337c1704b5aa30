"""Readers as the store keeps them."""

from datetime import time, timedelta

from digest.model.subscribers import Cadence, Days
from digest.store import due, subscribers
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.factories import make_wishes


def test_wishes_that_change_raise_the_revision(database: Database, reader: int) -> None:
    with database.writing() as connection:
        subscribers.save_wishes(connection, reader, make_wishes("survey"))
        once = subscribers.subscriber_by_id(connection, reader)
        subscribers.save_wishes(connection, reader, make_wishes("survey", papers_per_digest=3))
        twice = subscribers.subscriber_by_id(connection, reader)

    assert once is not None
    assert twice is not None
    assert (once.revision, twice.revision) == (1, 2)
    assert twice.papers_per_digest == 3


def test_what_happens_to_a_reader_without_their_wishes_leaves_the_revision(
    database: Database, clock: HandClock, reader: int
) -> None:
    tomorrow = clock() + timedelta(days=1)
    with database.writing() as connection:
        subscribers.activate(connection, reader, clock(), tomorrow, seen_through=0)
        due.set_due_times(connection, [reader], [tomorrow])
        subscribers.see_through(connection, [(reader, 7)])
        subscribers.unsubscribe(connection, reader)
        subscribers.await_confirmation(connection, reader)
        found = subscribers.subscriber_by_id(connection, reader)

    assert found is not None
    assert (found.revision, found.seen_through) == (0, 7)


def test_a_reader_comes_back_as_they_were_stored(database: Database, reader: int) -> None:
    cadence = Cadence(Days.WEEKLY, time(18, 30), "Asia/Tokyo", weekday=4)
    wishes = make_wishes("survey", "large language model", cadence=cadence, papers_per_digest=3)
    with database.writing() as connection:
        subscribers.save_wishes(connection, reader, wishes)
        found = subscribers.subscriber_by_id(connection, reader)

    assert found is not None
    assert found.interests == wishes.interests
    assert found.cadence == cadence


def test_a_reader_keeps_the_language_of_their_mails(database: Database, reader: int) -> None:
    with database.writing() as connection:
        first = subscribers.subscriber_by_id(connection, reader)
        subscribers.save_wishes(connection, reader, make_wishes("survey", language="de"))
        then = subscribers.subscriber_by_id(connection, reader)

    assert first is not None
    assert then is not None
    assert (first.language, then.language) == ("en", "de")


def test_a_language_of_another_release_is_english_here(database: Database, reader: int) -> None:
    with database.writing() as connection:
        subscribers.save_wishes(connection, reader, make_wishes("survey", language="eo"))
        found = subscribers.subscriber_by_id(connection, reader)

    assert found is not None
    assert found.language == "en"
