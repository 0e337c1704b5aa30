"""Another address, on both databases: confirmed there, told here, nobody else's."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from digest.errors import AddressError, TokenError
from digest.model.deliveries import Delivery, MailKind
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.move import MoveOverError, ask_to_move, end_moves, is_done, move, read_move
from digest.pipeline.sessions import Sessions
from digest.pipeline.sign_in import ask_to_sign_in
from digest.pipeline.subscribe import Registry, enrol, subscribe, unsubscribe
from digest.store import deliveries, private_feeds, subscribers, suppressions
from digest.store.deliveries import PlannedDelivery
from digest.tokens import Purpose
from tests.conftest import HandClock
from tests.factories import make_wishes

NEW = "Ada.New@gmail.com"


@pytest.fixture
def ada(registry: Registry) -> Subscriber:
    return enrol(registry, "ada@example.org", make_wishes())


def mails(registry: Registry, reader: Subscriber) -> list[Delivery]:
    with registry.database.reading() as connection:
        return deliveries.deliveries_of(connection, reader.id)


def now_is(registry: Registry, reader: Subscriber) -> Subscriber:
    with registry.database.reading() as connection:
        found = subscribers.subscriber_by_id(connection, reader.id)
    assert found is not None
    return found


def token_of(registry: Registry, mail: Delivery) -> str:
    assert mail.kind is MailKind.MOVE
    seconds = int(mail.planned_at.timestamp())
    return registry.tokens.sign(Purpose.ADDRESS, int(mail.period.partition("-")[0]), seconds)


def asked(registry: Registry, reader: Subscriber, address: str = NEW) -> str:
    ask_to_move(registry, reader, address)
    return token_of(registry, mails(registry, reader)[0])


def test_the_old_address_works_until_the_new_one_is_confirmed(
    registry: Registry, ada: Subscriber
) -> None:
    token = asked(registry, ada)
    [mail] = mails(registry, ada)
    assert (mail.address, mail.domain_group) == (NEW, "gmail")
    assert now_is(registry, ada) == ada
    wish, reader = read_move(registry, token)
    assert (wish.address.written, reader.id, is_done(wish, reader)) == (NEW, ada.id, False)

    moved = move(registry, token)
    assert (moved.address, moved.token_version) == (NEW, ada.token_version + 1)
    assert moved == now_is(registry, ada)
    farewell = mails(registry, ada)[0]
    assert (farewell.kind, farewell.address) == (MailKind.MOVED, "ada@example.org")
    with registry.database.reading() as connection:
        found = subscribers.subscriber_by_address(connection, NEW.lower())
    assert found == moved


def test_a_second_press_changes_nothing(registry: Registry, ada: Subscriber) -> None:
    token = asked(registry, ada)
    moved = move(registry, token)
    assert move(registry, token) == moved
    assert is_done(*read_move(registry, token))
    assert [each.kind for each in mails(registry, ada)] == [MailKind.MOVED, MailKind.MOVE]


def test_a_link_ends_after_a_day_and_after_the_next_change(
    registry: Registry, ada: Subscriber, clock: HandClock
) -> None:
    first = asked(registry, ada)
    move(registry, first)
    move(registry, asked(registry, ada, "another@example.org"))
    with pytest.raises(MoveOverError):
        move(registry, first)
    third = asked(registry, ada, "third@example.org")
    clock.advance(hours=24)
    for use in (read_move, move):
        with pytest.raises(MoveOverError):
            use(registry, third)
    assert now_is(registry, ada).address == "another@example.org"


def test_of_two_links_the_newer_one_is_good_before_it_is_used_and_after(
    registry: Registry, ada: Subscriber
) -> None:
    """The first went to a typing error: a stranger who opens it must not get the digests."""
    mistyped = asked(registry, ada, "stranger@example.org")
    right = asked(registry, ada)
    for _ in range(2):
        for use in (read_move, move):
            with pytest.raises(MoveOverError):
                use(registry, mistyped)
        assert move(registry, right).address == NEW


def test_whoever_was_shown_out_moves_nobody_afterwards(registry: Registry, ada: Subscriber) -> None:
    token = asked(registry, ada, "thief@example.org")
    end_moves(registry, ada)
    with pytest.raises(MoveOverError):
        move(registry, token)
    assert now_is(registry, ada) == ada
    assert move(registry, asked(registry, ada)).address == NEW


def test_browsers_and_links_of_before_are_out_but_not_the_feed(
    registry: Registry, ada: Subscriber, clock: HandClock
) -> None:
    sessions = Sessions(registry.database, clock)
    shown = [sessions.open(SessionKind.READER, ada.id, name) for name in ("here", "there")]
    program = sessions.open(SessionKind.API, ada.id, "script")
    here = sessions.find(shown[0], SessionKind.READER)
    assert here is not None
    with registry.database.writing() as connection:
        private_feeds.open_feed(connection, ada.id, clock())
    ask_to_sign_in(registry, ada.address)
    move(registry, asked(registry, ada), here.id)

    assert sessions.find(shown[0], SessionKind.READER)
    assert sessions.find(shown[1], SessionKind.READER) is None
    assert sessions.find(program, SessionKind.API)
    with registry.database.reading() as connection:
        feed = private_feeds.private_feed(connection, ada.id)
    assert feed is not None
    assert feed.is_open


def test_what_waits_and_was_never_tried_goes_to_the_new_address(
    registry: Registry, ada: Subscriber, clock: HandClock
) -> None:
    kinds = ((MailKind.DIGEST, "2026-03-17"), (MailKind.DIGEST, "2026-03-18"))
    planned = [
        PlannedDelivery(
            *(ada.id, kind, period, None, ada.address, period, clock()),
            clock().replace(year=2027),
            "example.org",
        )
        for kind, period in (*kinds, (MailKind.WELCOME, "w"))
    ]
    with registry.database.writing() as connection:
        deliveries.plan_deliveries(connection, planned)
        connection.exec_driver_sql("UPDATE deliveries SET attempts = 1 WHERE period = '2026-03-17'")
    move(registry, asked(registry, ada))

    went = {each.period: (each.address, each.domain_group) for each in mails(registry, ada)}
    assert went["2026-03-18"] == (NEW, "gmail")
    assert went["2026-03-17"] == went["w"] == ("ada@example.org", "example.org")


def test_an_address_of_another_reader_is_told_and_the_asker_learns_nothing(
    registry: Registry, ada: Subscriber
) -> None:
    bob = enrol(registry, "bob@example.org", make_wishes())
    ask_to_move(registry, ada, "BOB@example.org")
    assert mails(registry, ada) == []
    assert [each.kind for each in mails(registry, bob)] == [MailKind.ALREADY]


def test_nothing_is_sent_to_an_address_that_is_suppressed(
    registry: Registry, ada: Subscriber, clock: HandClock
) -> None:
    with registry.database.writing() as connection:
        suppressions.suppress(connection, NEW.lower(), "complaint", "", "", clock())
    ask_to_move(registry, ada, NEW)
    assert mails(registry, ada) == []


def test_an_address_that_became_a_readers_meanwhile_stays_theirs(
    registry: Registry, ada: Subscriber
) -> None:
    token = asked(registry, ada)
    other = enrol(registry, NEW, make_wishes())
    with pytest.raises(MoveOverError, match="Unsubscribe there first"):
        move(registry, token)
    assert now_is(registry, ada) == ada
    assert now_is(registry, other) == other


@pytest.mark.parametrize("has_left", [False, True])
def test_a_subscription_that_is_not_in_use_gives_way(registry: Registry, *, has_left: bool) -> None:
    ada = enrol(registry, "ada@example.org", make_wishes())
    if has_left:
        other = enrol(registry, NEW, make_wishes())
        unsubscribe(registry, other)
    else:
        other = subscribe(registry, NEW, make_wishes())
    assert move(registry, asked(registry, ada)).address == NEW
    with registry.database.reading() as connection:
        assert subscribers.subscriber_by_id(connection, other.id) is None


def test_of_two_readers_who_want_one_address_at_once_one_gets_it(registry: Registry) -> None:
    readers = [enrol(registry, f"r{n}@example.org", make_wishes()) for n in range(4)]
    tokens = [asked(registry, each) for each in readers]

    def press(token: str) -> bool:
        try:
            return bool(move(registry, token))
        except MoveOverError:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(press, tokens)) == 1
    addresses = [now_is(registry, each).address for each in readers]
    assert addresses.count(NEW) == 1


def test_one_link_pressed_by_many_at_once_moves_once(registry: Registry, ada: Subscriber) -> None:
    token = asked(registry, ada)
    with ThreadPoolExecutor(4) as pool:
        moved = list(pool.map(lambda _: move(registry, token), range(4)))
    assert {each.token_version for each in moved} == {ada.token_version + 1}
    assert [each.kind for each in mails(registry, ada)].count(MailKind.MOVED) == 1


def test_who_asks_is_told_what_they_may_know(registry: Registry, ada: Subscriber) -> None:
    with pytest.raises(AddressError, match="already"):
        ask_to_move(registry, ada, "ADA@Example.org")
    for number in range(3):
        ask_to_move(registry, ada, f"n{number}@example.org")
    with pytest.raises(AddressError, match="tomorrow"):
        ask_to_move(registry, ada, NEW)
    unsubscribe(registry, ada)
    with pytest.raises(AddressError, match="unsubscribed"):
        ask_to_move(registry, ada, NEW)


def test_who_has_left_moves_nowhere(registry: Registry, ada: Subscriber) -> None:
    token = asked(registry, ada)
    unsubscribe(registry, ada)
    with pytest.raises(MoveOverError):
        move(registry, token)
    assert now_is(registry, ada).state is SubscriberState.UNSUBSCRIBED


def test_a_link_of_another_time_or_purpose_is_none(registry: Registry, ada: Subscriber) -> None:
    ask_to_move(registry, ada, NEW)
    number, seconds = (
        int(mails(registry, ada)[0].period.partition("-")[0]),
        int(registry.clock().timestamp()),
    )
    sign = registry.tokens.sign
    for token in (
        sign(Purpose.ADDRESS, number, seconds + 1),
        sign(Purpose.ADDRESS, number + 1, seconds),
        sign(Purpose.ADDRESS, number, seconds, 1),
        sign(Purpose.SIGN_IN, number, seconds),
    ):
        with pytest.raises(TokenError):
            move(registry, token)
