"""What readers say and mute: written once, by who is a reader, and undone exactly."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from digest.errors import ExpressionError, SubscriptionError, TokenError
from digest.model.feedback import Feedback, FeedbackKind, Mute
from digest.model.subscribers import Cadence, Subscriber
from digest.pipeline.muting import (
    MAX_MUTES,
    Muted,
    expressions_met,
    mute,
    muted_until,
    mutes_in_force,
    read_mute,
    unmute,
)
from digest.pipeline.steer import said_by, say, steering_reader, take_back, word_on
from digest.pipeline.subscribe import Registry, enrol, save_preferences, subscribe, unsubscribe
from digest.store import papers, steering
from digest.store.subscribers import subscriber_by_id
from digest.store.tables import mutes
from digest.tokens import Purpose
from tests.conftest import HandClock
from tests.factories import at, make_wishes, numbered
from tests.pipeline.conftest import Take
from tests.pipeline.test_compose import GRAPHS, compose

Act = Callable[[Subscriber], object]

MORE, LESS = FeedbackKind.MORE, FeedbackKind.LESS


@pytest.fixture
def ada(registry: Registry) -> Subscriber:
    return enrol(
        registry, "ada@example.org", make_wishes("graph neural networks", "RAG", "-survey")
    )


@pytest.fixture
def paper(registry: Registry, take: Take, ada: Subscriber) -> int:
    """A paper that came after the reader did."""
    assert ada.id
    take("a.txt", numbered(GRAPHS))
    with registry.database.reading() as connection:
        return papers.newest_papers(connection, 1)[0].paper.id


def revision(registry: Registry, reader: Subscriber) -> int:
    with registry.database.reading() as connection:
        found = subscriber_by_id(connection, reader.id)
    assert found is not None
    return found.revision


def test_a_steering_link_is_for_its_purpose_and_version(
    registry: Registry, ada: Subscriber
) -> None:
    def token(purpose: Purpose, version: int) -> str:
        return registry.tokens.sign(purpose, ada.id, version)

    assert steering_reader(registry, token(Purpose.STEER, ada.token_version)) == ada
    for purpose, version in ((Purpose.STEER, 0), (Purpose.PREFERENCES, ada.token_version)):
        with pytest.raises(TokenError):
            steering_reader(registry, token(purpose, version))


def test_saying_it_again_changes_nothing(
    registry: Registry, clock: HandClock, ada: Subscriber, paper: int
) -> None:
    assert say(registry, ada, paper, MORE) is None
    said = Feedback(ada.id, paper, MORE, clock())
    clock.advance(days=1)

    assert say(registry, ada, paper, MORE) == said
    assert word_on(registry, ada, paper) == said
    assert revision(registry, ada) == ada.revision + 1


def test_taking_back_puts_back_what_stood_before_with_its_time(
    registry: Registry, clock: HandClock, ada: Subscriber, paper: int
) -> None:
    say(registry, ada, paper, LESS)
    clock.advance(days=1)
    before = say(registry, ada, paper, MORE)
    for _ in range(2):
        take_back(registry, ada, paper, MORE, before)

    assert word_on(registry, ada, paper) == before
    assert revision(registry, ada) == ada.revision + 3
    take_back(registry, ada, paper, LESS)
    assert word_on(registry, ada, paper) is None


def test_a_word_that_is_not_the_last_is_not_taken_back(
    registry: Registry, ada: Subscriber, paper: int
) -> None:
    take_back(registry, ada, paper, MORE)
    say(registry, ada, paper, LESS)
    take_back(registry, ada, paper, MORE)
    take_back(registry, ada, paper, LESS, word_on(registry, ada, paper))

    assert [word.kind for word in said_by(registry, ada, 20).words] == [LESS]
    assert revision(registry, ada) == ada.revision + 1


def test_what_a_reader_said_is_listed_newest_first(
    registry: Registry, clock: HandClock, ada: Subscriber, paper: int
) -> None:
    for number, kind in ((paper, MORE), (paper + 1, LESS), (paper + 2, FeedbackKind.SEEN)):
        clock.advance(minutes=1)
        say(registry, ada, number, kind)

    said = said_by(registry, ada, 20)
    assert [(word.kind, word.paper.id) for word in said.words] == [(LESS, paper + 1), (MORE, paper)]
    assert said_by(registry, ada, 1).words == said.words[:1]


def test_the_expressions_that_found_a_paper_are_those_of_the_newest_digest(
    registry: Registry, clock: HandClock, ada: Subscriber, paper: int
) -> None:
    assert expressions_met(registry, ada, paper) == ()
    clock.advance(days=1, hours=1)
    compose(registry)

    assert expressions_met(registry, ada, paper) == ("graph neural networks",)
    assert expressions_met(registry, replace(ada, id=999), paper) == ()
    assert expressions_met(registry, replace(ada, interests=()), paper) == ()


def test_a_mute_lasts_to_the_morning_of_the_thirtieth_day(
    registry: Registry, clock: HandClock, ada: Subscriber
) -> None:
    muted = mute(registry, ada, "  case  study ")
    until = at("2026-04-16T22:00:00+00:00")  # midnight in Berlin's summer time

    assert muted == Muted(Mute(ada.id, "case study", until), None)
    clock.advance(days=29, hours=15)
    assert mutes_in_force(registry, ada) == [muted.mute]
    clock.advance(hours=1)
    assert mutes_in_force(registry, ada) == []


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Santiago", "Africa/Cairo"])
def test_a_mute_is_never_of_much_more_or_less_than_thirty_days(zone: str) -> None:
    for hours in range(0, 24 * 366, 5):
        now = at("2026-01-01T00:00:00+00:00") + timedelta(hours=hours)
        lasts = muted_until(now, zone) - now
        assert timedelta(days=29, hours=-1) <= lasts <= timedelta(days=30, hours=1)


def test_muting_twice_a_day_is_muting_once_and_later_it_lasts_longer(
    registry: Registry, clock: HandClock, ada: Subscriber
) -> None:
    first = mute(registry, ada, "survey")
    clock.advance(minutes=1)
    assert mute(registry, ada, "survey") == first
    assert revision(registry, ada) == ada.revision + 1

    clock.advance(days=2)
    again = mute(registry, ada, "survey")
    assert again.before == first.mute.until
    unmute(registry, ada, "survey", again.before)
    assert mutes_in_force(registry, ada) == [first.mute]


def test_unmuting_twice_is_unmuting_once(registry: Registry, ada: Subscriber) -> None:
    mute(registry, ada, "survey")
    for _ in range(2):
        unmute(registry, ada, "survey")
        unmute(registry, ada, "what nobody muted")

    assert mutes_in_force(registry, ada) == []
    assert revision(registry, ada) == ada.revision + 2


def test_nothing_is_muted_for_years_by_an_undo(registry: Registry, ada: Subscriber) -> None:
    for before in (at("2999-01-01T00:00:00+00:00"), at("0001-01-01T00:00:00+00:00")):
        mute(registry, ada, "survey")
        unmute(registry, ada, "survey", before)
        assert mutes_in_force(registry, ada) == []


def test_fifty_mutes_are_the_most_and_those_that_ended_do_not_count(
    registry: Registry, clock: HandClock, ada: Subscriber
) -> None:
    for number in range(MAX_MUTES):
        mute(registry, ada, f"word{number}")
    with pytest.raises(SubscriptionError, match="unmute one first"):
        mute(registry, ada, "one too many")
    assert mute(registry, ada, "word0").mute.expression == "word0"

    clock.advance(days=30)
    mute(registry, ada, "one too many")
    with registry.database.reading() as connection:
        count = connection.execute(select(func.count()).select_from(mutes)).scalar_one()
    assert count == 1


def test_a_mute_is_read_like_a_keyword() -> None:
    assert (
        read_mute(" title:survey | \u201ccase\tstudy\u201d ")
        == "title:survey | \u201ccase study\u201d"
    )
    for empty in ("", " \n", "\u202e\x00"):
        with pytest.raises(SubscriptionError, match="Write what to mute"):
            read_mute(empty)
    for text, place in (("a | | b", 4), ("-survey", 0), ("x" * 81, 80), ('"never closed', 0)):
        with pytest.raises(ExpressionError) as caught:
            read_mute(text)
        assert caught.value.position == place


def test_who_gets_no_digests_changes_nothing(
    registry: Registry, ada: Subscriber, paper: int
) -> None:
    unsubscribe(registry, ada)
    bob = subscribe(registry, "bob@example.org", make_wishes())
    gone = replace(ada, id=999)
    acts: list[Act] = [
        lambda reader: say(registry, reader, paper, MORE),
        lambda reader: take_back(registry, reader, paper, MORE),
        lambda reader: mute(registry, reader, "survey"),
        lambda reader: unmute(registry, reader, "survey"),
    ]
    for reader in (ada, bob, gone):
        for act in acts:
            with pytest.raises(TokenError, match=r"unsubscribed|not confirmed|no such"):
                act(reader)
        said = said_by(registry, reader, 20)
        assert (said.words, said.mutes) == ((), ())


def test_what_was_said_outlives_a_change_of_wishes(
    registry: Registry, ada: Subscriber, paper: int
) -> None:
    say(registry, ada, paper, MORE)
    mute(registry, ada, "survey")
    moved = Cadence(ada.cadence.days, ada.cadence.at, "Asia/Tokyo")
    save_preferences(registry, ada, make_wishes("speech", cadence=moved))

    said = said_by(registry, ada, 20)
    assert [word.kind for word in said.words] == [MORE]
    assert [each.expression for each in said.mutes] == ["survey"]


def test_buttons_pressed_at_once_leave_one_word_and_fifty_mutes(
    registry: Registry, ada: Subscriber, paper: int
) -> None:
    failures: list[Exception] = []

    def press(kind: FeedbackKind) -> None:
        try:
            for number in range(30):
                before = say(registry, ada, paper, kind)
                take_back(registry, ada, paper, kind, before)
                mute(registry, ada, f"{kind} {number}")
        except SubscriptionError:
            pass
        except Exception as error:  # noqa: BLE001  a thread's error is lost otherwise
            failures.append(error)

    threads = [threading.Thread(target=press, args=(kind,)) for kind in (MORE, LESS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(mutes_in_force(registry, ada)) == MAX_MUTES
    with registry.database.reading() as connection:
        assert steering.word_on(connection, ada.id, paper + 1) is None
