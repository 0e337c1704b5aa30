"""Which failures count against a reader's address, and which are ours to mend."""

import pytest

from digest.delivery.suppression import (
    Failure,
    is_enough,
    kind_of,
    points,
    score_of,
)
from digest.model.deliveries import BounceKind, DeliveryState, Outcome, Stage, Verdict


def refused(
    code: int, enhanced: str | None = None, stage: Stage = Stage.RCPT, outcome: str = "failed"
) -> Verdict:
    return Verdict(Outcome(outcome), "the server's words", code, enhanced, stage)


@pytest.mark.parametrize("enhanced", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"])
def test_one_sure_no_such_mailbox_is_enough(enhanced: str) -> None:
    failure = Failure(enhanced, 550)

    assert is_enough(points(failure))
    assert kind_of(failure) is BounceKind.HARD


@pytest.mark.parametrize(
    ("enhanced", "code"),
    [("5.7.1", 550), ("5.7.515", 550), ("4.7.0", 451), (None, 554), ("5.0.0", 554)],
)
def test_policy_never_counts_against_the_reader(enhanced: str | None, code: int) -> None:
    assert points(Failure(enhanced, code)) == 0
    assert kind_of(Failure(enhanced, code)) is BounceKind.SOFT


@pytest.mark.parametrize("enhanced", ["5.3.4", "5.2.3", "5.1.8", "5.6.1"])
def test_what_is_wrong_with_our_mail_does_not_either(enhanced: str) -> None:
    assert points(Failure(enhanced, 552)) == 0


@pytest.mark.parametrize(
    ("enhanced", "code"), [("5.2.2", 552), (None, 552), ("4.4.1", 451), (None, 450), ("4.4.7", 550)]
)
def test_a_full_mailbox_and_giving_up_count_half(enhanced: str | None, code: int) -> None:
    assert points(Failure(enhanced, code)) == 0.5


@pytest.mark.parametrize(
    ("enhanced", "code"), [(None, 550), (None, 553), ("5.0.0", 550), ("5.4.1", 550), (None, None)]
)
def test_other_refusals_take_two(enhanced: str | None, code: int | None) -> None:
    once = points(Failure(enhanced, code))

    assert not is_enough(once)
    assert is_enough(2 * once)


def test_tenths_that_do_not_add_up_exactly_still_make_two() -> None:
    assert is_enough(sum([0.1] * 20))


def test_what_the_server_says_of_the_recipient_counts() -> None:
    assert score_of(refused(550, "5.1.1"), DeliveryState.FAILED) == 2
    assert score_of(refused(450, outcome="deferred"), DeliveryState.EXPIRED) == 0.5


def test_what_it_says_of_the_mail_does_not() -> None:
    assert score_of(refused(550, None, Stage.END), DeliveryState.FAILED) == 0
    assert score_of(refused(550, "5.0.0", Stage.END), DeliveryState.FAILED) == 0
    assert score_of(refused(552, "5.2.2", Stage.END), DeliveryState.FAILED) == 0.5
    assert score_of(refused(552, "5.3.4", Stage.MAIL), DeliveryState.FAILED) == 0


def test_nothing_counts_before_the_end_nor_when_nobody_said_anything() -> None:
    deferred = refused(450, outcome="deferred")
    lost = Verdict(Outcome.DEFERRED, "connection lost", stage=Stage.RCPT)

    assert score_of(deferred, DeliveryState.READY) == 0
    assert score_of(lost, DeliveryState.EXPIRED) == 0
    assert score_of(refused(250, outcome="accepted"), DeliveryState.ACCEPTED) == 0
    for outcome in ("throttled", "unreachable"):
        said = refused(421, outcome=outcome)
        assert score_of(said, DeliveryState.EXPIRED) == 0
