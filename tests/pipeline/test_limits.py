"""How often what may be asked for, and what is written down of who asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from digest.pipeline import limits
from digest.pipeline.limits import Asked, Limits, mailbox_of, stricter
from digest.pipeline.subscribe import Registry
from digest.store.account_tables import rate_buckets
from tests.conftest import HandClock


@pytest.fixture
def counted(registry: Registry) -> Limits:
    return Limits(registry.database, registry.tokens, registry.clock)


def test_a_network_asks_for_twenty_mails_an_hour(counted: Limits, clock: HandClock) -> None:
    asked = Asked(limits.MAILS_OF_NETWORK, "192.0.2.7")
    assert [counted.take(asked) for _ in range(20)] == [None] * 20
    refusal = counted.take(asked)
    assert refusal is not None
    assert refusal.wait.total_seconds() == pytest.approx(180)
    assert counted.take(Asked(limits.MAILS_OF_NETWORK, "192.0.2.8")) is None
    clock.advance(minutes=3)
    assert counted.take(asked) is None


def test_an_address_gets_three_mails_in_six_hours_and_ten_a_day(
    counted: Limits, clock: HandClock
) -> None:
    asked = [Asked(each, "ada@example.org") for each in limits.MAILS_TO_ADDRESS]
    got = []
    for _ in range(24 * 4):
        got.append(counted.take(*asked) is None)
        clock.advance(minutes=15)
    assert got[:4] == [True, True, True, False]
    # A bucket that begins full gives its size and what fills meanwhile, and no more.
    assert sum(got[:24]) <= 6
    assert sum(got) <= 20


def test_what_is_used_up_uses_up_nothing_behind_it(counted: Limits) -> None:
    network = Asked(limits.MAILS_OF_NETWORK, "192.0.2.7")
    site = Asked(limits.MAILS_OF_SITE, "")
    while counted.take(network) is None:
        pass
    for _ in range(50):
        refusal = counted.take(network, site)
        assert refusal is not None
        assert refusal.limit == limits.MAILS_OF_NETWORK
    with counted.database.reading() as connection:
        assert len(connection.execute(select(rate_buckets)).all()) == 1


def test_nothing_that_is_kept_says_who_asked(counted: Limits) -> None:
    counted.take(Asked(limits.MAILS_OF_NETWORK, "192.0.2.7"), Asked(limits.CONFIRMATION, "ada@b.c"))
    with counted.database.reading() as connection:
        rows = connection.execute(select(rate_buckets)).all()
    assert len(rows) == 2
    assert all(len(row.key) == 64 for row in rows)
    assert not any(part in str(rows) for part in ("192.0.2", "ada", "b.c"))


def test_under_attack_less_is_let_through(counted: Limits) -> None:
    asked = Asked(stricter(limits.MAILS_OF_NETWORK), "192.0.2.7")
    assert [counted.take(asked) is None for _ in range(6)] == [True] * 5 + [False]


@pytest.mark.parametrize(
    ("written", "mailbox"),
    [
        ("Ada@Example.org", "ada@example.org"),
        ("ada+papers@example.org", "ada@example.org"),
        ("a.da@example.org", "a.da@example.org"),
        ("A.d.a+x+y@GMail.com", "ada@gmail.com"),
        ("ada@googlemail.com", "ada@gmail.com"),
        ("+@example.org", "+@example.org"),
    ],
)
def test_spellings_of_one_mailbox_are_counted_together(written: str, mailbox: str) -> None:
    assert mailbox_of(written) == mailbox


@given(st.from_regex(r"[a-z0-9.+]{1,20}", fullmatch=True), st.sampled_from(["gmail.com", "b.org"]))
def test_a_mailbox_is_its_own_mailbox(local: str, domain: str) -> None:
    once = mailbox_of(f"{local}@{domain}")
    assert mailbox_of(once) == once
