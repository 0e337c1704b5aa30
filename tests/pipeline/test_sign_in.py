"""Signing in by mail, on both databases: once, for a while, and by whoever asked."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from digest.errors import AddressError, TokenError
from digest.model.deliveries import MailKind
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.erase import erase
from digest.pipeline.move import ask_to_move, move
from digest.pipeline.sessions import Sessions
from digest.pipeline.sign_in import SignInOverError, ask_to_sign_in, read_sign_in, sign_in
from digest.pipeline.subscribe import Registry, enrol, subscribe, unsubscribe
from digest.store import deliveries
from digest.store.account_tables import sign_ins
from digest.tokens import Purpose
from tests.conftest import HandClock
from tests.factories import make_wishes

ADA = "Ada@example.org"


@pytest.fixture
def ada(registry: Registry) -> Subscriber:
    return enrol(registry, ADA, make_wishes())


@pytest.fixture
def sessions(registry: Registry) -> Sessions:
    return Sessions(registry.database, registry.clock)


def kinds(registry: Registry, reader: Subscriber) -> list[MailKind]:
    with registry.database.reading() as connection:
        return [each.kind for each in deliveries.deliveries_of(connection, reader.id)]


def newest_token(registry: Registry, reader: Subscriber, purpose: Purpose = Purpose.SIGN_IN) -> str:
    with registry.database.reading() as connection:
        mail = deliveries.deliveries_of(connection, reader.id)[0]
    seconds = int(mail.planned_at.timestamp())
    return registry.tokens.sign(purpose, int(mail.period.partition("-")[0]), seconds)


def test_a_link_opens_one_session_and_only_one(
    registry: Registry, sessions: Sessions, ada: Subscriber
) -> None:
    ask_to_sign_in(registry, "ada@EXAMPLE.org")
    token = newest_token(registry, ada)
    assert read_sign_in(registry, token).id == ada.id
    shown = sign_in(registry, sessions, token, "Firefox")
    found = sessions.find(shown, SessionKind.READER)
    assert found is not None
    assert found.owner == ada.id
    with pytest.raises(SignInOverError):
        sign_in(registry, sessions, token, "Firefox")
    with pytest.raises(SignInOverError):
        read_sign_in(registry, token)


def test_of_two_who_press_at_once_one_is_let_in(
    registry: Registry, sessions: Sessions, ada: Subscriber
) -> None:
    ask_to_sign_in(registry, ADA)
    token = newest_token(registry, ada)

    def press(_: int) -> bool:
        try:
            return bool(sign_in(registry, sessions, token, ""))
        except SignInOverError:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(press, range(4))) == 1
    assert len(sessions.of(SessionKind.READER, ada.id)) == 1


def test_of_many_who_ask_at_once_one_mail_comes(registry: Registry, ada: Subscriber) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ask_to_sign_in(registry, ADA), range(4)))
    assert kinds(registry, ada) == [MailKind.SIGN_IN]


def test_five_a_day_and_a_new_one_as_soon_as_the_last_is_used(
    registry: Registry, sessions: Sessions, ada: Subscriber, clock: HandClock
) -> None:
    for _ in range(5):
        ask_to_sign_in(registry, ADA)
        sign_in(registry, sessions, newest_token(registry, ada), "")
        clock.advance(minutes=1)
    ask_to_sign_in(registry, ADA)
    assert kinds(registry, ada) == [MailKind.SIGN_IN] * 5
    clock.advance(days=1)
    ask_to_sign_in(registry, ADA)
    assert kinds(registry, ada) == [MailKind.SIGN_IN] * 6


def test_sign_ins_keep_no_other_mail_back(
    registry: Registry, sessions: Sessions, ada: Subscriber
) -> None:
    for _ in range(5):
        ask_to_sign_in(registry, ADA)
        sign_in(registry, sessions, newest_token(registry, ada), "")
    unsubscribe(registry, ada)
    subscribe(registry, ADA, make_wishes())
    assert kinds(registry, ada)[:2] == [MailKind.CONFIRM, MailKind.GOODBYE]


def test_who_has_left_may_still_sign_in_to_see_what_is_kept(
    registry: Registry, sessions: Sessions, ada: Subscriber
) -> None:
    unsubscribe(registry, ada)
    ask_to_sign_in(registry, ADA)
    assert kinds(registry, ada) == [MailKind.SIGN_IN, MailKind.GOODBYE]
    assert sign_in(registry, sessions, newest_token(registry, ada), "")


def test_a_stranger_gets_no_mail_and_what_is_no_address_is_refused(registry: Registry) -> None:
    ask_to_sign_in(registry, "nobody@example.org")
    with registry.database.reading() as connection:
        assert deliveries.count_deliveries(connection) == {}
    with pytest.raises(AddressError):
        ask_to_sign_in(registry, "nobody")


def test_a_link_holds_for_a_quarter_of_an_hour(
    registry: Registry, sessions: Sessions, ada: Subscriber, clock: HandClock
) -> None:
    ask_to_sign_in(registry, ADA)
    token = newest_token(registry, ada)
    clock.advance(minutes=14, seconds=59)
    assert read_sign_in(registry, token).id == ada.id
    clock.advance(seconds=1)
    with pytest.raises(SignInOverError):
        sign_in(registry, sessions, token, "")


def test_a_link_of_another_time_or_purpose_is_none(registry: Registry, ada: Subscriber) -> None:
    ask_to_sign_in(registry, ADA)
    with registry.database.reading() as connection:
        number = int(deliveries.deliveries_of(connection, ada.id)[0].period.partition("-")[0])
    seconds = int(registry.clock().timestamp())
    sign = registry.tokens.sign
    for token in (
        sign(Purpose.SIGN_IN, number, seconds - 1),
        sign(Purpose.SIGN_IN, number + 1, seconds),
        sign(Purpose.SIGN_IN, number),
        sign(Purpose.ADDRESS, number, seconds),
        sign(Purpose.CONFIRM, number, seconds),
    ):
        with pytest.raises(TokenError):
            read_sign_in(registry, token)


@pytest.mark.parametrize("way", ["moved", "erased"])
def test_a_link_never_becomes_that_of_whoever_asks_next(
    registry: Registry, sessions: Sessions, ada: Subscriber, way: str
) -> None:
    """All in one second: on SQLite the number of a row that went would be given anew."""
    victim = enrol(registry, "victim@example.org", make_wishes())
    ask_to_sign_in(registry, ADA)
    link = newest_token(registry, ada)
    if way == "moved":
        ask_to_move(registry, ada, "ada@example.net")
        move(registry, newest_token(registry, ada, Purpose.ADDRESS))
    else:
        erase(registry.database, ada.id)
    ask_to_sign_in(registry, victim.address)
    with pytest.raises(SignInOverError):
        sign_in(registry, sessions, link, "")
    assert newest_token(registry, victim) != link


def test_what_was_asked_long_ago_is_forgotten(
    registry: Registry, ada: Subscriber, clock: HandClock
) -> None:
    ask_to_sign_in(registry, ADA)
    clock.advance(days=3)
    ask_to_sign_in(registry, ADA)
    with registry.database.reading() as connection:
        [row] = connection.execute(sign_ins.select()).all()
    assert kinds(registry, ada) == [MailKind.SIGN_IN] * 2
    assert clock() - row.asked_at < timedelta(seconds=1)
