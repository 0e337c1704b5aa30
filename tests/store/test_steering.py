"""What readers say of papers, and what they mute: the last word counts, for as long as it lasts."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from digest.model.feedback import Feedback, FeedbackKind, Mute
from digest.store import steering, subscribers
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.factories import make_address, make_wishes

WEEK = timedelta(days=7)


def say(
    database: Database, clock: HandClock, reader: int, paper: int, kind: FeedbackKind
) -> Feedback:
    given = Feedback(reader, paper, kind, clock())
    with database.writing() as connection:
        steering.set_feedback(connection, given)
    return given


def heard(
    database: Database, *readers: int, kinds: tuple[FeedbackKind, ...] = tuple(FeedbackKind)
) -> dict[int, list[Feedback]]:
    with database.reading() as connection:
        return steering.feedback_of(connection, readers, kinds)


def mute(database: Database, clock: HandClock, reader: int, expression: str) -> None:
    with database.writing() as connection:
        steering.set_mute(connection, Mute(reader, expression, clock() + WEEK))


def muted(database: Database, clock: HandClock, *readers: int) -> dict[int, tuple[str, ...]]:
    with database.reading() as connection:
        return steering.mutes_of(connection, readers, clock())


def revision(database: Database, reader: int) -> int:
    with database.reading() as connection:
        found = subscribers.subscriber_by_id(connection, reader)
    assert found is not None
    return found.revision


def test_the_last_word_on_a_paper_counts(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    say(database, clock, reader, stored[0], FeedbackKind.MORE)
    clock.advance(minutes=1)
    last = say(database, clock, reader, stored[0], FeedbackKind.LESS)

    assert heard(database, reader) == {reader: [last]}


def test_feedback_comes_newest_first_and_only_so_much_of_it(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    said = []
    for paper in stored:
        clock.advance(minutes=1)
        said.append(say(database, clock, reader, paper, FeedbackKind.MORE))

    assert heard(database, reader) == {reader: said[: -steering.MAX_FEEDBACK - 1 : -1]}


def test_papers_a_reader_knows_do_not_crowd_out_those_they_like(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    liked = say(database, clock, reader, stored[0], FeedbackKind.MORE)
    for paper in stored[1:]:
        clock.advance(minutes=1)
        say(database, clock, reader, paper, FeedbackKind.SEEN)

    found = heard(database, reader, kinds=(FeedbackKind.MORE, FeedbackKind.LESS))
    assert found == {reader: [liked]}


def test_each_reader_is_heard_for_themselves(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    with database.writing() as connection:
        bob = subscribers.add_subscriber(connection, make_address("bob"), make_wishes(), clock())
    hers = say(database, clock, reader, stored[0], FeedbackKind.MORE)
    his = say(database, clock, bob, stored[0], FeedbackKind.SEEN)
    mute(database, clock, bob, "survey")

    assert heard(database, reader, bob) == {reader: [hers], bob: [his]}
    assert heard(database, reader) == {reader: [hers]}
    assert muted(database, clock, reader, bob) == {bob: ("survey",)}


def test_feedback_that_is_withdrawn_was_never_given(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    say(database, clock, reader, stored[0], FeedbackKind.MORE)
    with database.writing() as connection:
        for _ in range(2):
            steering.withdraw_feedback(connection, reader, stored[0])

    assert heard(database, reader) == {}


def test_feedback_on_a_paper_that_does_not_exist_is_refused(
    database: Database, clock: HandClock, reader: int
) -> None:
    with pytest.raises(IntegrityError):
        say(database, clock, reader, 12345, FeedbackKind.MORE)

    assert revision(database, reader) == 0


def test_a_mute_ends_by_itself(database: Database, clock: HandClock, reader: int) -> None:
    mute(database, clock, reader, "survey")
    clock.advance(days=1)
    mute(database, clock, reader, "benchmark")

    assert muted(database, clock, reader) == {reader: ("benchmark", "survey")}
    clock.advance(days=6)
    assert muted(database, clock, reader) == {reader: ("benchmark",)}
    clock.advance(days=1)
    assert muted(database, clock, reader) == {}


def test_a_mute_set_again_lasts_longer(database: Database, clock: HandClock, reader: int) -> None:
    mute(database, clock, reader, "survey")
    clock.advance(days=6)
    mute(database, clock, reader, "survey")
    clock.advance(days=6)

    assert muted(database, clock, reader) == {reader: ("survey",)}


def test_a_mute_can_be_lifted(database: Database, clock: HandClock, reader: int) -> None:
    mute(database, clock, reader, "survey")
    with database.writing() as connection:
        for _ in range(2):
            steering.lift_mute(connection, reader, "survey")

    assert muted(database, clock, reader) == {}


def test_every_change_raises_the_revision(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    revisions = [revision(database, reader)]
    say(database, clock, reader, stored[0], FeedbackKind.MORE)
    revisions.append(revision(database, reader))
    with database.writing() as connection:
        steering.withdraw_feedback(connection, reader, stored[0])
    revisions.append(revision(database, reader))
    mute(database, clock, reader, "survey")
    revisions.append(revision(database, reader))
    with database.writing() as connection:
        steering.lift_mute(connection, reader, "survey")
    revisions.append(revision(database, reader))

    assert revisions == [0, 1, 2, 3, 4]


def test_changes_at_once_take_turns_and_none_is_lost(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    failures: list[Exception] = []

    def click(kind: FeedbackKind) -> None:
        try:
            for _ in range(5):
                say(database, clock, reader, stored[0], kind)
                with database.writing() as connection:
                    steering.withdraw_feedback(connection, reader, stored[0])
        except Exception as error:  # noqa: BLE001  a thread's error is lost otherwise
            failures.append(error)

    threads = [threading.Thread(target=click, args=(kind,)) for kind in FeedbackKind]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert revision(database, reader) == 30
