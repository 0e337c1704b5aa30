"""Leases: of the worker, by a clock nobody sets; and what becomes of mails whose worker is gone."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.clock import steady
from digest.model.deliveries import DeliveryState, Outcome
from digest.store import attempts, tables, workers
from digest.store.engine import Database
from tests.store.ledger import LEASE, Ledger, accepted, deferred


def dead(owner: str) -> bool:
    return owner == "me"


def lease_left(ledger: Ledger, owner: str = "me") -> float:
    with ledger.database.reading() as connection:
        return workers.lease_left(connection, owner)


def outcomes(ledger: Ledger, number: int) -> list[Outcome]:
    with ledger.database.reading() as connection:
        return [each.outcome for each in attempts.attempts_of(connection, number)]


def write_as_before(ledger: Ledger, number: int, owner: str, minutes: int | None) -> None:
    """Lease a mail the way the release before does: the mail, not the worker, by the wall clock."""
    until = None if minutes is None else ledger.clock() + timedelta(minutes=minutes)
    with ledger.database.writing() as connection:
        connection.execute(
            update(tables.deliveries)
            .where(tables.deliveries.c.id == number)
            .values(state="leased", owner=owner, lease_until=until, fence=1)
        )


def test_a_lease_counts_down_to_nothing(ledger: Ledger) -> None:
    assert lease_left(ledger) == 0
    ledger.hold_lease()
    assert LEASE - 60 < lease_left(ledger) <= LEASE
    ledger.lapse()
    assert lease_left(ledger) == 0


def test_a_lease_is_an_hour_at_most(ledger: Ledger) -> None:
    ledger.hold_lease(seconds=1e9)

    assert lease_left(ledger) <= workers.LONGEST_LEASE


def test_the_lease_clock_goes_on(database: Database) -> None:
    with database.writing() as connection:
        first = workers.lease_now(connection)
        assert 0 <= workers.lease_now(connection) - first < 60


def test_mails_of_a_worker_with_a_lease_are_left_to_it(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())
    ledger.take()

    assert ledger.recover() == 0
    assert ledger.states() == {DeliveryState.LEASED: 1}


def test_what_was_leased_is_ready_again_as_if_nothing_had_been(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    before = ledger.mail(number)
    mail = ledger.take()
    ledger.lapse()
    ledger.clock.advance(minutes=1)

    assert ledger.recover() == 1
    again = ledger.mail(number)
    assert (again.state, again.fence) == (DeliveryState.READY, mail.fence + 1)
    assert not again.is_maybe_duplicate
    assert again.next_at == before.next_at
    assert outcomes(ledger, number) == []


def test_mails_of_a_dead_worker_are_taken_back_at_once(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())
    ledger.take()

    assert ledger.recover(dead) == 1
    assert lease_left(ledger) == 0


def test_mails_of_a_worker_that_ended_its_lease_are_taken_back_at_once(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())
    ledger.take()
    with ledger.database.writing() as connection:
        for _ in range(2):
            workers.end_lease(connection, "me")

    assert ledger.recover() == 1


def test_what_was_inflight_is_sent_once_more_flagged_and_then_left_to_a_person(
    ledger: Ledger,
) -> None:
    number = ledger.plan(ledger.add_reader())
    ledger.arm(ledger.take())
    ledger.recover(dead)
    once = ledger.mail(number)
    ledger.arm(ledger.take())
    ledger.recover(dead)
    twice = ledger.mail(number)

    assert (once.state, once.is_maybe_duplicate, once.settled_at) == (
        DeliveryState.READY,
        True,
        None,
    )
    assert (twice.state, twice.settled_at) == (DeliveryState.UNCERTAIN, ledger.clock())
    assert "nobody knows" in twice.text
    assert outcomes(ledger, number) == [Outcome.UNCERTAIN, Outcome.UNCERTAIN]


def test_where_nothing_is_to_be_sent_again_a_person_is_asked_at_once(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    ledger.arm(ledger.take())
    ledger.recover(dead, resend=False)

    assert ledger.mail(number).state is DeliveryState.UNCERTAIN


def test_over_an_idempotent_transport_it_is_simply_sent_again(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    for _ in range(3):
        ledger.arm(ledger.take(), transport="maildir")
        ledger.recover(dead, idempotent={"maildir"}, resend=False)
        mail = ledger.mail(number)
        assert (mail.state, mail.is_maybe_duplicate) == (DeliveryState.READY, False)


def test_a_zombie_can_neither_arm_nor_settle_what_others_have(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    mine = ledger.take("zombie")
    ledger.lapse("zombie")
    ledger.recover()
    theirs = ledger.take("other")
    ledger.hold_lease("zombie")

    assert ledger.arm(mine, owner="zombie") == set()
    assert ledger.settle(deferred(mine, ledger)) == {number}
    assert ledger.mail(number).state is DeliveryState.LEASED
    assert ledger.arm(theirs, owner="other") == {number}


def test_workers_that_are_gone_and_hold_nothing_are_forgotten(ledger: Ledger) -> None:
    ledger.lapse("gone")
    ledger.hold_lease("me")
    ledger.hold_lease("alive")
    ledger.recover(dead)

    assert [lease_left(ledger, name) > 0 for name in ("gone", "me", "alive")] == [
        False,
        False,
        True,
    ]


def test_a_lease_of_the_boot_before_is_over(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.plan(sqlite_ledger.add_reader())
    sqlite_ledger.take()
    with sqlite_ledger.database.writing() as connection:
        far = steady() + workers.LONGEST_LEASE + 60
        connection.execute(update(tables.workers).values(lease_until=far))

    assert sqlite_ledger.recover() == 1


@pytest.mark.parametrize(
    ("minutes", "taken"),
    [(10, 0), (0, 1), (-5, 1), (None, 1)],
    ids=["held", "over", "long", "none"],
)
def test_mails_the_release_before_leased_are_judged_by_their_own_lease(
    ledger: Ledger, minutes: int | None, taken: int
) -> None:
    number = ledger.plan(ledger.add_reader())
    write_as_before(ledger, number, "old", minutes)

    assert ledger.recover() == taken


def test_mails_of_a_dead_worker_of_the_release_before_are_taken_back_at_once(
    ledger: Ledger,
) -> None:
    number = ledger.plan(ledger.add_reader())
    write_as_before(ledger, number, "me", 10)

    assert ledger.recover(dead) == 1


def test_recovering_twice_takes_back_once(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())
    ledger.take()

    assert (ledger.recover(dead), ledger.recover(dead)) == (1, 0)


def test_two_that_recover_at_once_take_back_each_mail_once(postgres_ledger: Ledger) -> None:
    for name in ("ada", "bob"):
        postgres_ledger.plan(postgres_ledger.add_reader(name))
    postgres_ledger.hold_lease()
    postgres_ledger.claim()
    with postgres_ledger.database.writing() as connection:
        first = workers.recover_deliveries(connection, postgres_ledger.clock(), dead)
        second = postgres_ledger.recover(lambda _owner: False)

    assert (first, second) == (2, 0)


def test_a_worker_that_renews_its_lease_at_the_last_moment_keeps_its_mails(
    postgres_ledger: Ledger,
) -> None:
    postgres_ledger.plan(postgres_ledger.add_reader())
    postgres_ledger.take()
    postgres_ledger.lapse()
    with postgres_ledger.database.writing() as connection:
        workers.hold_lease(connection, "me", LEASE, postgres_ledger.clock())
        assert postgres_ledger.recover() == 0  # its row is being written: judged next time
    assert postgres_ledger.recover() == 0


def test_a_mail_that_was_accepted_late_is_not_sent_again_by_recovery(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    mine = ledger.take("zombie")
    ledger.arm(mine, owner="zombie")
    ledger.recover(lambda owner: owner == "zombie")
    ledger.arm(ledger.take())
    ledger.settle(accepted(mine))
    ledger.recover(dead)

    mail = ledger.mail(number)
    assert (mail.state, mail.is_maybe_duplicate) == (DeliveryState.ACCEPTED, True)
