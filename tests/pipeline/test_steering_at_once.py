"""Two presses of one button, or of two, at the same moment: over both databases."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from digest.model.feedback import Feedback, FeedbackKind
from digest.model.feeds import FeedFormat
from digest.model.private_feeds import FeedShape
from digest.model.subscribers import Subscriber
from digest.pipeline.muting import mute, unmute
from digest.pipeline.personal_feed import PersonalFeeds
from digest.pipeline.steer import said_by, say, take_back, word_on
from digest.pipeline.subscribe import Registry, enrol, unsubscribe
from digest.rendering.links import Links
from digest.store.engine import Database
from digest.store.subscribers import subscriber_by_id
from digest.tokens import Tokens
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.store.conftest import stored as stored  # noqa: PLC0414  papers to speak of

ROUNDS = 8


@pytest.fixture
def registry(database: Database, clock: HandClock) -> Registry:
    return Registry(
        database, Tokens(["a secret of forty characters, more or less"]), "d.org", clock
    )


@pytest.fixture
def ada(registry: Registry) -> Subscriber:
    return enrol(registry, "ada@example.org", make_wishes("graph"))


@pytest.fixture
def feeds(registry: Registry, ada: Subscriber) -> PersonalFeeds:
    built = PersonalFeeds(registry, Links("https://d.org", registry.tokens), "Digest")
    built.open(ada)
    return built


@pytest.fixture
def at_once() -> Iterator[Callable[..., list[object]]]:
    """Do several things at one moment; return what each returned or raised."""
    with ThreadPoolExecutor(4) as pool:

        def run(*deeds: Callable[[], object]) -> list[object]:
            start = threading.Barrier(len(deeds))

            def begin(deed: Callable[[], object]) -> object:
                start.wait(10)
                return deed()

            futures = [pool.submit(begin, deed) for deed in deeds]
            return [future.exception(30) or future.result() for future in futures]

        yield run


AtOnce = Callable[..., list[object]]


def test_a_word_pressed_twice_is_one_word(
    registry: Registry, ada: Subscriber, stored: list[int], at_once: AtOnce
) -> None:
    for paper in stored[:ROUNDS]:
        press = [lambda paper=paper: say(registry, ada, paper, FeedbackKind.MORE)] * 2
        before = at_once(*press)
        assert sum(each is None for each in before) == 1
    with registry.database.reading() as connection:
        known = subscriber_by_id(connection, ada.id)
    assert known is not None
    assert known.revision == ada.revision + ROUNDS


def test_more_and_less_at_once_leave_one_of_them_and_each_knows_what_was(
    registry: Registry, ada: Subscriber, stored: list[int], at_once: AtOnce
) -> None:
    for paper in stored[:ROUNDS]:
        first, second = at_once(
            lambda paper=paper: say(registry, ada, paper, FeedbackKind.MORE),
            lambda paper=paper: say(registry, ada, paper, FeedbackKind.LESS),
        )
        last = word_on(registry, ada, paper)
        assert last is not None
        # Whoever came second was told of the first, so that its undo puts that back.
        told = [each for each in (first, second) if isinstance(each, Feedback)]
        assert [each.kind for each in told] == [
            kind for kind in (FeedbackKind.MORE, FeedbackKind.LESS) if kind is not last.kind
        ]
        take_back(registry, ada, paper, last.kind, told[0])
        assert word_on(registry, ada, paper) == told[0]


def test_an_undo_pressed_twice_undoes_once(
    registry: Registry, ada: Subscriber, stored: list[int], at_once: AtOnce
) -> None:
    for paper in stored[:ROUNDS]:
        say(registry, ada, paper, FeedbackKind.LESS)
        before = say(registry, ada, paper, FeedbackKind.MORE)
        undo = [
            lambda paper=paper, before=before: take_back(
                registry, ada, paper, FeedbackKind.MORE, before
            )
        ] * 3
        assert at_once(*undo) == [None] * 3
        assert word_on(registry, ada, paper) == before


def test_a_mute_pressed_twice_is_one_mute_and_can_be_undone(
    registry: Registry, ada: Subscriber, at_once: AtOnce
) -> None:
    for number in range(ROUNDS):
        phrase = f"traffic jam{number}"
        muted = at_once(*[lambda phrase=phrase: mute(registry, ada, phrase)] * 3)
        assert not [each for each in muted if isinstance(each, Exception)]
        assert [each.expression for each in said_by(registry, ada, 50).mutes] == [phrase]
        at_once(*[lambda phrase=phrase: unmute(registry, ada, phrase)] * 2)
        assert said_by(registry, ada, 50).mutes == ()


def test_whoever_leaves_while_they_press_has_said_it_or_not(
    registry: Registry, ada: Subscriber, stored: list[int], at_once: AtOnce
) -> None:
    said, _ = at_once(
        lambda: say(registry, ada, stored[0], FeedbackKind.MORE), lambda: unsubscribe(registry, ada)
    )
    word = word_on(registry, ada, stored[0])
    assert (word is None) == isinstance(said, Exception)


def test_two_replacements_at_once_are_one(
    feeds: PersonalFeeds, ada: Subscriber, at_once: AtOnce
) -> None:
    for version in range(1, ROUNDS + 1):
        at_once(*[lambda version=version: feeds.rotate(ada, version)] * 3)
        known = feeds.known(ada)
        assert known is not None
        assert (known.version, known.is_open) == (version + 1, True)


def test_replacing_and_closing_at_once_end_the_old_address_either_way(
    registry: Registry, feeds: PersonalFeeds, ada: Subscriber, at_once: AtOnce
) -> None:
    for _ in range(ROUNDS):
        known = feeds.known(ada)
        assert known is not None
        version = known.version
        old = feeds.links(ada, known).token
        at_once(
            lambda version=version: feeds.rotate(ada, version),
            lambda version=version: feeds.close(ada, version),
        )
        after = feeds.known(ada)
        assert after is not None
        assert after.version == version + 1
        with registry.database.asking() as connection, pytest.raises(Exception, match="replaced"):
            feeds.access(connection, old)
        at_once(*[lambda: feeds.open(ada)] * 3)
        opened = feeds.known(ada)
        assert opened is not None
        assert opened == replace(after, is_open=True, version=version + 1 + (not after.is_open))


def test_a_feed_that_is_replaced_while_it_is_read_is_whole_or_gone(
    registry: Registry, feeds: PersonalFeeds, ada: Subscriber, at_once: AtOnce
) -> None:
    for version in range(1, ROUNDS + 1):
        known = feeds.known(ada)
        assert known is not None
        token = feeds.links(ada, known).token

        def read(token: str = token) -> bytes:
            with registry.database.asking() as connection:
                access = feeds.access(connection, token)
            return feeds.read(access, FeedShape.PAPERS, FeedFormat.ATOM).body

        found, _, again = at_once(read, lambda version=version: feeds.rotate(ada, version), read)
        for each in (found, again):
            if isinstance(each, Exception):
                assert "replaced" in str(each)
            else:
                assert str(each).count(token) > 0
