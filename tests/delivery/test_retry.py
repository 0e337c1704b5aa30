from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.delivery.retry import SCHEDULE, Policy, next_attempt, settle, transport_wait
from digest.model.deliveries import (
    Delivery,
    DeliveryState,
    Outcome,
    Settlement,
    Verdict,
)
from tests.factories import make_delivery

NOW = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=20)
MINUTE = timedelta(minutes=1)


def mail(attempts: int, deadline: datetime, *, maybe_duplicate: bool) -> Delivery:
    return make_delivery(
        NOW - MINUTE,
        state=DeliveryState.INFLIGHT,
        attempts=attempts - 1,
        deadline_at=deadline,
        is_maybe_duplicate=maybe_duplicate,
    )


def settled(
    outcome: Outcome,
    *,
    attempts: int = 1,
    deadline: datetime = LATER,
    code: int | None = None,
    text: str = "said",
    maybe_duplicate: bool = False,
    not_before: datetime | None = None,
    policy: Policy = Policy(),  # noqa: B008  frozen
) -> Settlement:
    delivery = mail(attempts, deadline, maybe_duplicate=maybe_duplicate)
    return settle(Verdict(outcome, text, code), delivery, NOW, policy, not_before)


@settings(deadline=None)
@given(attempts=st.integers(1, 40), key=st.text(max_size=20))
def test_the_wait_is_that_of_the_schedule_give_or_take_a_quarter(attempts: int, key: str) -> None:
    next_at = next_attempt(attempts, NOW, NOW + timedelta(days=9), key)
    assert next_at is not None
    planned = SCHEDULE[min(attempts, 7) - 1]
    assert 0.75 * planned <= next_at - NOW <= 1.25 * planned


def test_the_schedule_is_one_five_fifteen_thirty_minutes_then_one_two_and_four_hours() -> None:
    assert [wait / MINUTE for wait in SCHEDULE] == [1, 5, 15, 30, 60, 120, 240]


def test_the_same_key_and_attempt_wait_equally_long_and_others_do_not() -> None:
    waits = {next_attempt(1, NOW, LATER, f"key {n}") for n in range(100)}
    assert len(waits) == 100
    assert next_attempt(1, NOW, LATER, "key 1") in waits


def test_there_is_no_attempt_at_or_past_the_deadline() -> None:
    assert next_attempt(1, NOW, NOW + timedelta(seconds=40), "key") is None


def test_a_day_of_deferrals_ends_at_the_deadline() -> None:
    moments = [NOW]
    while next_at := next_attempt(len(moments), moments[-1], LATER, "key"):
        moments.append(next_at)
    assert 10 <= len(moments) <= 14
    assert moments[-1] < LATER


def test_an_accepted_mail_is_done() -> None:
    assert settled(Outcome.ACCEPTED) == Settlement(DeliveryState.ACCEPTED)


def test_a_refused_mail_has_failed() -> None:
    assert settled(Outcome.FAILED) == Settlement(DeliveryState.FAILED)


def test_a_deferred_mail_is_ready_again_after_the_schedules_wait() -> None:
    settlement = settled(Outcome.DEFERRED, attempts=3)
    assert settlement.state is DeliveryState.READY
    assert settlement.next_at == next_attempt(3, NOW, LATER, "key")
    assert settlement.uses_attempt


def test_a_deferred_mail_expires_at_its_deadline() -> None:
    settlement = settled(Outcome.DEFERRED, deadline=NOW + timedelta(seconds=10))
    assert settlement == Settlement(DeliveryState.EXPIRED)


@pytest.mark.parametrize("code", [450, 451])
def test_a_greylisted_mail_waits_five_minutes_at_least(code: int) -> None:
    assert settled(Outcome.DEFERRED, code=code).next_at == NOW + 5 * MINUTE
    short = settled(Outcome.DEFERRED, code=code, deadline=NOW + 2 * MINUTE)
    assert short.state is DeliveryState.EXPIRED


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("451 4.7.1 try again in 600 seconds", 10),
        ("450 greylisted, please retry after 7 minutes", 7),
        ("451 come back in 1 hour", 60),
        ("450 again in 9 minutes, said nobody", 5),
    ],
)
def test_a_server_that_says_how_long_to_wait_is_heard(text: str, minutes: int) -> None:
    assert settled(Outcome.DEFERRED, code=450, text=text).next_at == NOW + minutes * MINUTE


@pytest.mark.parametrize("outcome", [Outcome.UNREACHABLE, Outcome.THROTTLED])
def test_what_is_no_fault_of_the_mail_costs_it_no_attempt(outcome: Outcome) -> None:
    settlement = settled(outcome, not_before=NOW + 3 * MINUTE)
    assert settlement == Settlement(DeliveryState.READY, NOW + 3 * MINUTE, uses_attempt=False)


def test_a_mail_gets_one_more_try_before_its_time_is_over() -> None:
    settlement = settled(
        Outcome.UNREACHABLE, not_before=NOW + 60 * MINUTE, deadline=NOW + 50 * MINUTE
    )
    assert settlement.next_at == NOW + 48 * MINUTE


def test_a_mail_that_was_not_armed_is_as_due_as_it_was() -> None:
    settlement = settled(Outcome.WITHDRAWN)
    assert settlement == Settlement(DeliveryState.READY, NOW - MINUTE, uses_attempt=False)


def test_an_unreachable_server_is_left_alone_for_longer_and_longer() -> None:
    assert [transport_wait(n) / MINUTE for n in (0, 1, 2, 3, 6, 7, 99)] == [1, 1, 2, 4, 32, 60, 60]


def test_a_lost_reply_of_an_idempotent_transport_is_no_doubt() -> None:
    settlement = settled(Outcome.UNCERTAIN, policy=Policy(is_idempotent=True))
    assert settlement.state is DeliveryState.READY
    assert not settlement.maybe_duplicate


def test_where_a_person_decides_a_lost_reply_is_not_answered() -> None:
    assert settled(Outcome.UNCERTAIN, policy=Policy(resends=False)) == Settlement(
        DeliveryState.UNCERTAIN
    )


def test_a_mail_the_server_never_took_expires_unsent() -> None:
    settlement = settled(Outcome.UNREACHABLE, deadline=NOW)
    assert settlement.state is DeliveryState.EXPIRED


def test_a_lost_reply_is_answered_by_one_more_copy_that_is_flagged() -> None:
    settlement = settled(Outcome.UNCERTAIN)
    assert settlement.state is DeliveryState.READY
    assert settlement.next_at == next_attempt(1, NOW, LATER, "key")
    assert settlement.maybe_duplicate


def test_a_second_lost_reply_leaves_it_to_a_person() -> None:
    settlement = settled(Outcome.UNCERTAIN, maybe_duplicate=True)
    assert settlement == Settlement(DeliveryState.UNCERTAIN, maybe_duplicate=True)


@pytest.mark.parametrize("outcome", [Outcome.UNCERTAIN, Outcome.DEFERRED, Outcome.UNREACHABLE])
def test_what_may_have_arrived_is_never_called_expired(outcome: Outcome) -> None:
    settlement = settled(outcome, deadline=NOW, maybe_duplicate=outcome is not Outcome.UNCERTAIN)
    assert settlement.state is DeliveryState.UNCERTAIN
    assert settlement.next_at is None


@settings(deadline=None)
@given(
    outcome=st.sampled_from([each for each in Outcome if each is not Outcome.WITHDRAWN]),
    attempts=st.integers(1, 50),
    wait=st.integers(-100, 100_000),
    maybe_duplicate=st.booleans(),
)
def test_a_settlement_has_a_time_exactly_if_it_is_ready_and_never_forgets_a_doubt(
    outcome: Outcome,
    attempts: int,
    wait: int,
    maybe_duplicate: bool,  # noqa: FBT001 - hypothesis names them all
) -> None:
    deadline = NOW + timedelta(seconds=wait)
    settlement = settled(
        outcome, attempts=attempts, deadline=deadline, maybe_duplicate=maybe_duplicate
    )
    assert (settlement.next_at is not None) is (settlement.state is DeliveryState.READY)
    assert settlement.next_at is None or NOW <= settlement.next_at < deadline
    assert settlement.maybe_duplicate >= maybe_duplicate
