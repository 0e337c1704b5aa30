"""Return addresses: only ours are read, whatever the mail servers on the way did to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.verp import MAX_OWN_PART, BounceFor, LeaveFor, Returns
from digest.errors import ConfigError
from digest.tokens import Tokens

RETURNS = Returns("return@digest.example.org", Tokens(["a secret"]))
IDS = st.integers(1, 10**15 - 1)
VERSIONS = st.integers(1, 9999)


@given(IDS, IDS, VERSIONS)
def test_an_address_gives_back_what_it_was_made_for(mail: int, reader: int, version: int) -> None:
    assert RETURNS.read(RETURNS.bounce_address(mail)) == BounceFor(mail)
    assert RETURNS.read(RETURNS.leave_address(reader, version)) == LeaveFor(reader, version)


@given(IDS, VERSIONS)
def test_what_stands_before_the_at_is_never_too_long(number: int, version: int) -> None:
    longest = Returns("r" * MAX_OWN_PART + "@example.org", Tokens(["a secret"]))

    assert len(longest.bounce_address(number).partition("@")[0]) <= 64
    assert len(longest.leave_address(number, version).partition("@")[0]) <= 64


def test_capital_letters_make_no_difference() -> None:
    written = RETURNS.bounce_address(7)

    assert RETURNS.read(written.upper()) == BounceFor(7)
    assert RETURNS.read(f" {written.title()} ") == BounceFor(7)
    assert Returns("Return@Digest.Example.org", Tokens(["a secret"])).read(written) == BounceFor(7)


def test_a_forged_address_is_nothing() -> None:
    mine = RETURNS.bounce_address(7)

    for forged in (
        mine.replace("b-7-", "b-8-"),
        mine.replace("b-7-", "b-07-"),
        mine.replace("b-7-", "u-7-1-"),
        mine.replace("digest.example.org", "example.org"),
        mine.replace("return+", "other+"),
        mine.replace("return+", "x.return+"),
        Returns("return@digest.example.org", Tokens(["another"])).bounce_address(7),
        "return+b-7-00000000000000000000@digest.example.org",
        "return+b-7-@digest.example.org",
        "return@digest.example.org",
    ):
        assert RETURNS.read(forged) is None


def test_a_reader_cannot_turn_a_return_address_into_one_that_unsubscribes_another() -> None:
    mac = RETURNS.bounce_address(7).partition("b-7-")[2]

    assert RETURNS.read(f"return+u-7-1-{mac}") is None
    assert RETURNS.read(RETURNS.leave_address(7, 1).replace("u-7-1", "u-7-2")) is None


def test_addresses_of_an_older_secret_stay_good() -> None:
    written = RETURNS.leave_address(3, 1)

    assert Returns(RETURNS.return_to, Tokens(["a secret", "new"])).read(written) == LeaveFor(3, 1)
    assert Returns(RETURNS.return_to, Tokens(["new"])).read(written) is None


@given(st.text(max_size=100))
def test_garbage_is_nothing(text: str) -> None:
    assert RETURNS.read(text) is None
    assert RETURNS.read(f"return+{text}@digest.example.org") is None
    assert RETURNS.read(f"return+b-7-{text}@digest.example.org") is None


def test_mail_is_taken_for_our_addresses_and_the_bare_one() -> None:
    assert RETURNS.is_ours("Return@digest.example.org")
    assert RETURNS.is_ours(RETURNS.leave_address(1, 1))
    assert not RETURNS.is_ours("return+b-1-00000000000000000000@digest.example.org")
    assert not RETURNS.is_ours("postmaster@digest.example.org")


@pytest.mark.parametrize(
    "address", ["", "return", "@example.org", "a b@example.org", "a@b@c", f"{'r' * 21}@example.org"]
)
def test_a_return_address_that_cannot_be_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="DIGEST_RETURN_TO"):
        Returns(address, Tokens(["a secret"]))
