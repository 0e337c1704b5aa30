"""Mails that no worker has: held, released, requeued, and given up when their time is over."""

from datetime import timedelta

import pytest

from digest.model.deliveries import DeliveryState, Outcome
from digest.store import waiting
from tests.store.ledger import DAY, HASH, Ledger, accepted, ended

READY, HELD = DeliveryState.READY, DeliveryState.HELD


def requeue(ledger: Ledger, *numbers: int) -> int:
    deadline = ledger.clock() + DAY
    with ledger.database.writing() as connection:
        return waiting.requeue(connection, numbers, ledger.clock(), deadline)


def hold(ledger: Ledger, *numbers: int) -> int:
    with ledger.database.writing() as connection:
        return waiting.hold(connection, numbers)


def release(ledger: Ledger, *numbers: int) -> int:
    with ledger.database.writing() as connection:
        return waiting.release(connection, numbers, ledger.clock())


def expire(ledger: Ledger, limit: int = 100) -> int:
    with ledger.database.writing() as connection:
        return waiting.expire_overdue(connection, ledger.clock(), limit)


@pytest.mark.parametrize(
    ("state", "is_flagged"),
    [
        (DeliveryState.FAILED, False),
        (DeliveryState.SUPPRESSED, False),
        (DeliveryState.EXPIRED, False),
        (DeliveryState.UNCERTAIN, True),
        (HELD, False),
    ],
)
def test_a_mail_that_ended_can_be_tried_from_the_start(
    ledger: Ledger, state: DeliveryState, *, is_flagged: bool
) -> None:
    number = ledger.plan(ledger.add_reader())
    mail = ledger.take()
    ledger.settle(ended(mail, state))
    ledger.clock.advance(days=2)

    assert requeue(ledger, number, 12345) == 1
    again = ledger.mail(number)
    assert (again.state, again.attempts, again.is_maybe_duplicate) == (READY, 0, is_flagged)
    assert (again.next_at, again.deadline_at) == (ledger.clock(), ledger.clock() + DAY)
    assert again.settled_at is None
    assert again.key == mail.key
    assert again.planned_at == mail.planned_at


def test_a_mail_that_was_accepted_or_is_in_a_workers_hands_is_not_requeued(ledger: Ledger) -> None:
    for name in ("ada", "bob", "eve"):
        ledger.plan(ledger.add_reader(name))
    ledger.hold_lease()
    one, two, three = ledger.claim()
    ledger.arm(one, two)
    ledger.settle(accepted(one))

    assert requeue(ledger, one.id, two.id, three.id) == 0
    assert hold(ledger, one.id, two.id, three.id) == 0
    assert release(ledger, one.id, two.id, three.id) == 0


def test_what_was_said_of_a_mail_before_it_was_requeued_comes_too_late(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    mail = ledger.take()
    ledger.settle(ended(mail, DeliveryState.UNCERTAIN, Outcome.UNCERTAIN))
    requeue(ledger, number)

    assert ledger.settle(accepted(mail)) == {number}
    assert ledger.mail(number).state is DeliveryState.ACCEPTED


def test_a_held_mail_waits_until_it_is_released(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())

    assert hold(ledger, number) == 1
    assert ledger.claim() == []
    assert release(ledger, number) == 1
    assert len(ledger.claim()) == 1


def test_a_planned_mail_can_be_held_and_released(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader(), state=DeliveryState.PLANNED)

    assert hold(ledger, number) == 1
    assert release(ledger, number) == 1
    assert ledger.mail(number).state is READY


@pytest.mark.parametrize("let_go", [release, requeue])
def test_a_mail_held_for_its_bytes_goes_out_as_it_is_now(ledger: Ledger, let_go: object) -> None:
    number = ledger.plan(ledger.add_reader())
    mail = ledger.take()
    ledger.arm(mail)
    ledger.settle(ended(mail, HELD))
    assert ledger.mail(number).message_hash == HASH
    assert callable(let_go)
    let_go(ledger, number)

    assert ledger.mail(number).message_hash is None


def test_a_mail_requeued_for_another_reason_keeps_its_bytes(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    mail = ledger.take()
    ledger.arm(mail)
    ledger.settle(ended(mail, DeliveryState.UNCERTAIN))
    requeue(ledger, number)

    assert ledger.mail(number).message_hash == HASH


def test_more_mails_can_be_held_than_a_statement_takes_variables(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())

    assert hold(ledger, *range(70_000)) == 1


@pytest.mark.parametrize("state", [DeliveryState.PLANNED, READY])
def test_a_mail_whose_time_is_over_is_given_up(ledger: Ledger, state: DeliveryState) -> None:
    number = ledger.plan(ledger.add_reader(), state=state)
    ledger.clock.advance(hours=23)
    assert expire(ledger) == 0
    ledger.clock.advance(hours=1)

    assert expire(ledger) == 1
    mail = ledger.mail(number)
    assert (mail.state, mail.settled_at) == (DeliveryState.EXPIRED, ledger.clock())
    assert "time was over" in mail.text


def test_a_flagged_mail_whose_time_is_over_is_uncertain(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    later = ledger.clock() + timedelta(minutes=1)
    ledger.settle(
        ended(ledger.take(), READY, Outcome.UNCERTAIN, next_at=later, maybe_duplicate=True)
    )
    ledger.clock.advance(days=1)
    expire(ledger)

    assert ledger.mail(number).state is DeliveryState.UNCERTAIN


@pytest.mark.parametrize("state", [HELD, DeliveryState.UNCERTAIN, DeliveryState.FAILED])
def test_what_waits_for_a_person_or_has_ended_does_not_expire(
    ledger: Ledger, state: DeliveryState
) -> None:
    number = ledger.plan(ledger.add_reader(), state=state)
    ledger.clock.advance(days=2)

    assert expire(ledger) == 0
    assert ledger.mail(number).state is state


def test_mails_in_a_workers_hands_are_left_to_it(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())
    ledger.take()
    ledger.clock.advance(days=2)

    assert expire(ledger) == 0


def test_many_are_given_up_in_parts(ledger: Ledger) -> None:
    for name in ("ada", "bob", "eve"):
        ledger.plan(ledger.add_reader(name))
    ledger.clock.advance(days=1)

    assert [expire(ledger, 2), expire(ledger, 2), expire(ledger, 2)] == [2, 1, 0]
