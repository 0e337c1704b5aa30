"""How a reader comes, changes their wishes, and leaves."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time

import pytest

from digest.errors import AddressError, ExpressionError, SubscriptionError, TokenError
from digest.model.deliveries import DeliveryState, MailKind
from digest.model.subscribers import Cadence, Days, Subscriber, SubscriberState
from digest.pipeline.subscribe import (
    Registry,
    activate,
    confirm,
    enrol,
    read_confirmation,
    reader_of,
    save_preferences,
    subscribe,
    unsubscribe,
)
from digest.pipeline.wishes import read_cadence, read_interests, read_number
from digest.store.deliveries import deliveries_of
from digest.tokens import Purpose
from tests.conftest import HandClock
from tests.factories import at, make_wishes


def token(registry: Registry, reader: Subscriber) -> str:
    issued = int(registry.clock().timestamp())
    return registry.tokens.sign(Purpose.CONFIRM, reader.id, reader.token_version, issued)


def mails(registry: Registry, reader: Subscriber) -> list[MailKind]:
    with registry.database.reading() as connection:
        return [each.kind for each in deliveries_of(connection, reader.id)]


def test_a_new_reader_waits_for_their_confirmation(registry: Registry) -> None:
    reader = subscribe(registry, "Ada@Example.org", make_wishes("gnn"))

    assert reader.state is SubscriberState.UNCONFIRMED
    assert reader.next_due_at is None
    assert mails(registry, reader) == [MailKind.CONFIRM]


def test_confirming_makes_the_first_digest_due_at_the_local_hour(registry: Registry) -> None:
    reader = subscribe(registry, "ada@example.org", make_wishes())
    confirmed = confirm(registry, token(registry, reader))

    assert confirmed.state is SubscriberState.ACTIVE
    assert confirmed.next_due_at == at("2026-03-19T06:00:00+00:00")


def test_confirming_twice_changes_nothing(registry: Registry, clock: HandClock) -> None:
    reader = subscribe(registry, "ada@example.org", make_wishes())
    first = confirm(registry, token(registry, reader))
    clock.advance(days=3)

    assert confirm(registry, token(registry, reader)) == first


def test_looking_at_a_confirmation_changes_nothing(registry: Registry) -> None:
    reader = subscribe(registry, "ada@example.org", make_wishes())

    assert read_confirmation(registry, token(registry, reader)) == reader


def test_a_confirmation_is_good_for_a_week(registry: Registry, clock: HandClock) -> None:
    reader = subscribe(registry, "ada@example.org", make_wishes())
    link = token(registry, reader)
    clock.advance(days=7, seconds=1)

    with pytest.raises(TokenError, match="too old"):
        confirm(registry, link)


@pytest.mark.parametrize("broken", ["", "1", "1-1-1.x", "a.b", "1-1-1"])
def test_a_broken_link_is_refused(registry: Registry, broken: str) -> None:
    with pytest.raises(TokenError):
        confirm(registry, broken)


def test_a_link_made_for_one_thing_does_no_other(registry: Registry) -> None:
    reader = subscribe(registry, "ada@example.org", make_wishes())
    link = registry.tokens.sign(Purpose.PREFERENCES, reader.id, reader.token_version)

    assert reader_of(registry, Purpose.PREFERENCES, link) == reader
    with pytest.raises(TokenError):
        reader_of(registry, Purpose.UNSUBSCRIBE, link)


def test_an_active_reader_who_subscribes_again_is_told_so_and_nothing_changes(
    registry: Registry,
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("gnn"))
    again = subscribe(registry, "ADA@example.org", make_wishes("something else"))

    assert again == reader
    assert mails(registry, reader) == [MailKind.ALREADY]


def test_asking_again_and_again_sends_three_mails_a_day_at_most(
    registry: Registry, clock: HandClock
) -> None:
    reader = subscribe(registry, "ada@example.org", make_wishes())
    for _ in range(20):
        clock.advance(minutes=10)
        subscribe(registry, "ada@example.org", make_wishes())

    assert len(mails(registry, reader)) == 3
    clock.advance(days=1)
    subscribe(registry, "ada@example.org", make_wishes())
    assert len(mails(registry, reader)) == 4


def test_enrolling_an_active_reader_replaces_their_wishes_and_due_time(registry: Registry) -> None:
    tokyo = Cadence(Days.WEEKLY, time(6, 0), "Asia/Tokyo")
    first = enrol(registry, "ada@example.org", make_wishes("RAG", cadence=tokyo))
    second = enrol(registry, "ada@example.org", make_wishes("GNN"))

    assert second.id == first.id
    assert [interest.expression for interest in second.interests] == ["GNN"]
    assert second.next_due_at == at("2026-03-19T06:00:00+00:00")


def test_who_left_is_active_again_only_after_confirming(registry: Registry) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes())
    unsubscribe(registry, reader)
    unsubscribe(registry, reader)
    again = subscribe(registry, "ada@example.org", make_wishes("robots"))

    assert again.id == reader.id
    assert again.state is SubscriberState.UNCONFIRMED
    assert confirm(registry, token(registry, again)).state is SubscriberState.ACTIVE


def test_an_old_confirmation_does_not_bring_back_who_left(registry: Registry) -> None:
    reader = subscribe(registry, "ada@example.org", make_wishes())
    link = token(registry, reader)
    unsubscribe(registry, confirm(registry, link))

    with pytest.raises(TokenError):
        confirm(registry, link)


def test_preferences_move_the_next_digest_to_the_new_hour(registry: Registry) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes())
    tokyo = Cadence(Days.DAILY, time(6, 30), "Asia/Tokyo")
    saved = save_preferences(registry, reader, make_wishes("robots", cadence=tokyo))

    assert saved.cadence == tokyo
    assert [interest.expression for interest in saved.interests] == ["robots"]
    assert saved.next_due_at == at("2026-03-18T21:30:00+00:00")


def test_preferences_of_who_left_bring_nobody_back(registry: Registry) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes())
    unsubscribe(registry, reader)
    saved = save_preferences(registry, reader, make_wishes("robots"))

    assert saved.state is SubscriberState.UNSUBSCRIBED
    assert saved.next_due_at is None


@pytest.mark.parametrize("address", ["", "ada", "ada@", "a@b\r\nBcc: c@d.org", "a b@example.org"])
def test_an_address_that_is_none_is_refused(registry: Registry, address: str) -> None:
    with pytest.raises(AddressError):
        subscribe(registry, address, make_wishes())


def test_an_expression_that_cannot_be_read_is_refused_with_its_place() -> None:
    with pytest.raises(ExpressionError) as error:
        read_interests(["graphs", '"open quote'])

    assert error.value.expression == '"open quote'


def test_keywords_are_cleaned_and_repetitions_left_out() -> None:
    read = read_interests(["  graph   networks ", "", "graph networks", "robots\u202e"])

    assert [interest.expression for interest in read] == ["graph networks", "robots"]


@pytest.mark.parametrize(
    ("lines", "says"),
    [([], "at least one"), (["-survey"], "only exclude"), ([f"word{n}" for n in range(51)], "50")],
)
def test_keywords_that_cannot_work_are_refused(lines: list[str], says: str) -> None:
    with pytest.raises(SubscriptionError, match=says):
        read_interests(lines)


@pytest.mark.parametrize("number", ["0", "31", "ten", "-1", ""])
def test_a_number_of_papers_is_from_1_to_30(number: str) -> None:
    with pytest.raises(SubscriptionError, match="1 to 30"):
        read_number(number)


def test_a_cadence_is_read_by_its_words() -> None:
    assert read_cadence("weekly", "08:15", "UTC", "thursday").weekday == 3
    for wrong in (("hourly", "08:15", "UTC", 0), ("daily", "08:15", "UTC", "someday")):
        with pytest.raises(SubscriptionError):
            read_cadence(*wrong)


def test_confirming_welcomes_once(registry: Registry, clock: HandClock) -> None:
    reader = subscribe(registry, "ada@example.org", make_wishes())
    for _ in range(3):
        confirm(registry, token(registry, reader))
        clock.advance(minutes=20)

    assert mails(registry, reader) == [MailKind.WELCOME, MailKind.CONFIRM]


def test_who_is_enrolled_is_welcomed_if_the_operator_says_so(registry: Registry) -> None:
    told = enrol(registry, "ada@example.org", make_wishes(), is_welcomed=True)
    enrol(registry, "ada@example.org", make_wishes("robots"), is_welcomed=True)
    untold = enrol(registry, "bob@example.org", make_wishes())

    assert mails(registry, told) == [MailKind.WELCOME]
    assert mails(registry, untold) == []


def test_leaving_is_answered_once(registry: Registry, clock: HandClock) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes())
    for _ in range(3):
        unsubscribe(registry, reader)
        clock.advance(minutes=20)

    assert mails(registry, reader) == [MailKind.GOODBYE]


def test_leaving_many_times_at_once_is_answered_once(registry: Registry) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: unsubscribe(registry, reader), range(8)))

    assert mails(registry, reader) == [MailKind.GOODBYE]


def test_who_never_confirmed_leaves_without_a_word(registry: Registry) -> None:
    reader = subscribe(registry, "ada@example.org", make_wishes())
    unsubscribe(registry, reader)

    assert mails(registry, reader) == [MailKind.CONFIRM]


def test_who_leaves_by_mistake_can_come_back_on_the_same_day(
    registry: Registry, clock: HandClock
) -> None:
    reader = come_and_go(registry, clock)
    assert [each.value for each in reversed(mails(registry, reader))] == [
        *("confirm", "welcome", "goodbye", "confirm", "welcome")
    ]


def test_coming_and_going_all_day_floods_nobody(registry: Registry, clock: HandClock) -> None:
    reader = come_and_go(registry, clock)
    for _ in range(11):
        come_and_go(registry, clock)

    assert len(mails(registry, reader)) == 5
    clock.advance(days=1)
    unsubscribe(registry, reader)
    assert mails(registry, reader)[0] is MailKind.GOODBYE


def test_coming_and_going_within_minutes_is_one_mail_of_each_kind(
    registry: Registry, clock: HandClock
) -> None:
    reader = subscribe(registry, "ada@example.org", make_wishes())
    for _ in range(8):
        reader = subscribe(registry, "ada@example.org", make_wishes())
        unsubscribe(registry, confirm(registry, token(registry, reader)))
        clock.advance(seconds=30)

    kinds = [each.value for each in mails(registry, reader)]
    assert sorted(kinds) == ["confirm", "goodbye", "welcome"]


def come_and_go(registry: Registry, clock: HandClock) -> Subscriber:
    """Let a reader confirm, leave, and be active again, with half an hour between."""
    reader = subscribe(registry, "ada@example.org", make_wishes())
    confirm(registry, token(registry, reader))
    clock.advance(minutes=30)
    unsubscribe(registry, reader)
    clock.advance(minutes=30)
    subscribe(registry, "ada@example.org", make_wishes())
    return confirm(registry, token(registry, reader))


def test_a_stranger_with_a_form_keeps_no_welcome_back(registry: Registry, clock: HandClock) -> None:
    reader = subscribe(registry, "ada@example.org", make_wishes())
    for _ in range(5):
        clock.advance(minutes=20)
        subscribe(registry, "ada@example.org", make_wishes())
    activate(registry, reader.id)

    assert mails(registry, reader) == [MailKind.WELCOME, *[MailKind.CONFIRM] * 3]


def test_a_mail_that_is_planned_is_ready(registry: Registry) -> None:
    reader = subscribe(registry, "ada@example.org", make_wishes())
    with registry.database.reading() as connection:
        [mail] = deliveries_of(connection, reader.id)

    assert mail.state is DeliveryState.READY
    assert replace(reader).address == mail.address
