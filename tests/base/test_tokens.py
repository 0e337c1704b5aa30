"""Links that only we can make, each for one purpose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import TokenError
from digest.tokens import Purpose, Tokens

TOKENS = Tokens(["first", "second"])


@given(st.lists(st.integers(0, 2**63), min_size=1, max_size=4))
def test_a_token_gives_back_what_it_was_made_of(subject: list[int]) -> None:
    token = TOKENS.sign(Purpose.CONFIRM, *subject)

    assert TOKENS.verify(Purpose.CONFIRM, token) == tuple(subject)


def test_a_token_is_the_same_every_time() -> None:
    assert TOKENS.sign(Purpose.CONFIRM, 1, 2) == TOKENS.sign(Purpose.CONFIRM, 1, 2)


def test_links_of_an_older_key_stay_good_and_those_of_a_dropped_one_do_not() -> None:
    old = Tokens(["first"]).sign(Purpose.UNSUBSCRIBE, 1, 1)

    assert TOKENS.verify(Purpose.UNSUBSCRIBE, old) == (1, 1)
    with pytest.raises(TokenError):
        Tokens(["second"]).verify(Purpose.UNSUBSCRIBE, old)


@given(st.text(max_size=80))
def test_nothing_else_is_a_token(text: str) -> None:
    with pytest.raises(TokenError):
        TOKENS.verify(Purpose.CONFIRM, text)


def test_a_token_of_one_purpose_is_none_of_another() -> None:
    token = TOKENS.sign(Purpose.PREFERENCES, 1, 1)
    with pytest.raises(TokenError):
        TOKENS.verify(Purpose.UNSUBSCRIBE, token)


def test_a_mac_is_for_one_subject_and_one_purpose() -> None:
    mac = TOKENS.mac(Purpose.LEAVE, 1, 2)

    assert TOKENS.is_mac(Purpose.LEAVE, mac, 1, 2)
    assert not TOKENS.is_mac(Purpose.LEAVE, mac, 1, 3)
    assert not TOKENS.is_mac(Purpose.BOUNCE, mac, 1, 2)
    assert not TOKENS.is_mac(Purpose.LEAVE, "é", 1, 2)


def test_a_mac_is_in_small_letters_and_of_at_least_80_bits() -> None:
    mac = TOKENS.mac(Purpose.BOUNCE, 1)

    assert len(mac) * 4 >= 80
    assert set(mac) <= set("0123456789abcdef")


def test_a_mac_of_an_older_key_stays_good() -> None:
    mac = Tokens(["first"]).mac(Purpose.BOUNCE, 1)

    assert TOKENS.is_mac(Purpose.BOUNCE, mac, 1)
    assert TOKENS.mac(Purpose.BOUNCE, 1) != mac
    assert not Tokens(["second"]).is_mac(Purpose.BOUNCE, mac, 1)
