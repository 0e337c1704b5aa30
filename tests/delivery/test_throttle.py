from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.domains import domain_group, meant_group
from digest.delivery.throttle import (
    LONGEST_COOLDOWN,
    MOST_AT_ONCE,
    REFUSALS_SEEN,
    SUCCESSES_A_STEP,
    after_success,
    after_throttling,
    is_open,
    is_refusal_of_us,
    is_refusing,
    jitter,
)
from digest.errors import AddressError
from digest.model.deliveries import Outcome, Throttle, Verdict

NOW = datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_group_earns_a_connection_for_twenty_mails() -> None:
    assert after_success(Throttle(2), SUCCESSES_A_STEP - 1) == Throttle(2)
    assert after_success(Throttle(2), SUCCESSES_A_STEP) == Throttle(3)
    assert after_success(Throttle(MOST_AT_ONCE), SUCCESSES_A_STEP) == Throttle(MOST_AT_ONCE)


def test_success_forgets_the_strikes() -> None:
    earlier = Throttle(4, strikes=3, cooldown_until=NOW - MINUTE)
    assert after_success(earlier, SUCCESSES_A_STEP) == Throttle(5)


def test_a_group_that_asks_for_less_gets_half_and_a_rest() -> None:
    throttle = after_throttling(Throttle(9), NOW, "key")
    assert (throttle.concurrency, throttle.strikes) == (4, 1)
    assert throttle.cooldown_until is not None
    assert 0.75 * MINUTE <= throttle.cooldown_until - NOW <= 1.25 * MINUTE
    assert not is_open(throttle, NOW)
    assert is_open(throttle, throttle.cooldown_until)


def test_mails_that_were_under_way_together_complain_once() -> None:
    throttle = after_throttling(Throttle(9), NOW, "key")
    assert after_throttling(throttle, NOW + MINUTE / 4, "another") == throttle


@given(strikes=st.integers(0, 40), key=st.text(max_size=20))
def test_a_rest_doubles_up_to_an_hour(strikes: int, key: str) -> None:
    throttle = after_throttling(Throttle(1, strikes), NOW, key)
    assert throttle.concurrency == 1
    assert throttle.cooldown_until is not None
    planned = min(MINUTE * 2 ** min(strikes, 10), LONGEST_COOLDOWN)
    assert 0.75 * planned <= throttle.cooldown_until - NOW <= 1.25 * planned
    assert 0.75 <= jitter(key, strikes) <= 1.25


@pytest.mark.parametrize(
    ("verdict", "is_of_us"),
    [
        (Verdict(Outcome.FAILED, "550 5.7.1 spam", 550, "5.7.1"), True),
        (Verdict(Outcome.FAILED, "550 5.1.1 no such user", 550, "5.1.1"), False),
        (Verdict(Outcome.DEFERRED, "451 4.7.1 greylisted", 451, "4.7.1"), False),
        (Verdict(Outcome.FAILED, "550 no", 550), False),
    ],
)
def test_only_policy_is_about_us(verdict: Verdict, is_of_us: bool) -> None:  # noqa: FBT001  a case
    assert is_refusal_of_us(verdict) is is_of_us


def test_a_group_is_paused_for_more_than_one_refusal_in_twenty_of_enough() -> None:
    assert not is_refusing([True] * 10)  # too few to tell
    enough = [False] * (REFUSALS_SEEN - 2)
    assert not is_refusing([*enough, True, True])
    assert is_refusing([*enough[1:], True, True, True])


def test_strikes_are_forgotten_after_a_day() -> None:
    earlier = Throttle(4, strikes=5, cooldown_until=NOW - timedelta(days=2))
    assert after_throttling(earlier, NOW, "key").strikes == 1


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("Ada@Gmail.com", "gmail"),
        ("ada@googlemail.com", "gmail"),
        ("ada@hotmail.co.uk", "microsoft"),
        ("ada@yahoo.co.jp", "yahoo"),
        ("ada@live.fr", "microsoft"),
        ("ada@live.example", "live.example"),
        ("ada@cs.uni.example", "cs.uni.example"),
        ("ada@b\u00fccher.example", "xn--bcher-kva.example"),
        (f"ada@{'a' * 60}.{'b' * 60}.example", f"{'a' * 60}.{'b' * 19}"),
    ],
)
def test_who_shares_an_operator_is_throttled_together(address: str, group: str) -> None:
    assert domain_group(address) == group


@pytest.mark.parametrize(
    ("written", "group"),
    [
        *(("gmail", "gmail"), ("googlemail.com", "gmail"), (" ada@GMX.de ", "gmx")),
        *(("example.org", "example.org"), ("localhost", "localhost")),
    ],
)
def test_a_group_is_meant_by_its_name_or_one_of_its_domains(written: str, group: str) -> None:
    assert meant_group(written) == group


@pytest.mark.parametrize("written", ["", "  ", "ada@", "exa mple", "a..b", "x\0.org"])
def test_what_is_no_domain_and_no_group_means_nothing(written: str) -> None:
    with pytest.raises(AddressError, match="such as gmail"):
        meant_group(written)
