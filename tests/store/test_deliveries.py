"""Mails in the ledger: planned once, found again, counted."""

from datetime import timedelta

import pytest

from digest.model.deliveries import DeliveryState
from digest.store import deliveries
from tests.store.ledger import Ledger, accepted, ended


def find(ledger: Ledger, **conditions: object) -> list[int]:
    with ledger.database.reading() as connection:
        found = deliveries.find_deliveries(connection, **conditions)  # type: ignore[arg-type]
    return [mail.id for mail in found]


def test_a_mail_planned_twice_is_planned_once(ledger: Ledger) -> None:
    reader = ledger.add_reader()

    assert ledger.plan(reader) > 0
    assert ledger.plan(reader) == 0


def test_a_planned_mail_waits_for_its_release(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader(), state=DeliveryState.PLANNED)

    assert ledger.claim() == []
    assert ledger.states() == {DeliveryState.PLANNED: 1}


def test_a_mail_comes_back_as_it_was_planned(ledger: Ledger) -> None:
    reader = ledger.add_reader()
    number = ledger.plan(reader, domain_group="gmail")
    mail = ledger.mail(number)

    assert (mail.subscriber_id, mail.key, mail.domain_group) == (
        reader,
        f"key-{reader}-2026-03-18",
        "gmail",
    )
    assert (mail.planned_at, mail.next_at) == (ledger.clock(), ledger.clock())
    assert (mail.message_hash, mail.transport, mail.settled_at) == (None, None, None)


def test_mails_are_found_by_state_group_address_and_transport(ledger: Ledger) -> None:
    one = ledger.plan(ledger.add_reader("one"), address="One@Example.org")
    two = ledger.plan(ledger.add_reader("two"), address="100%@gmail.com", domain_group="gmail")
    ledger.hold_lease()
    [mail] = ledger.claim(groups=["gmail"])
    ledger.arm(mail, transport="relay")

    assert find(ledger) == [one, two]
    assert find(ledger, states=[DeliveryState.READY, DeliveryState.HELD]) == [one]
    assert find(ledger, domain_group="gmail") == [two]
    assert find(ledger, address_part="EXAMPLE") == [one]
    assert find(ledger, address_part="%@") == [two]
    assert find(ledger, address_part="_") == []
    assert find(ledger, transport="relay") == [two]
    assert find(ledger, limit=1) == [one]
    assert find(ledger, limit=1, after_id=one) == [two]


def test_more_mails_can_be_asked_for_than_a_statement_takes_variables(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())

    with ledger.database.reading() as connection:
        assert list(deliveries.deliveries_by_id(connection, range(70_000))) == [number]


def test_mails_are_counted_by_state_and_group(ledger: Ledger) -> None:
    for n, group in enumerate(["gmail", "gmail", "example.org"]):
        ledger.plan(ledger.add_reader(f"reader{n}"), domain_group=group)
    ledger.settle(accepted(ledger.take()))

    with ledger.database.reading() as connection:
        assert deliveries.count_by_state_and_group(connection) == {
            (DeliveryState.READY, "gmail"): 2,
            (DeliveryState.ACCEPTED, "example.org"): 1,
        }


def test_the_oldest_mail_that_is_due_tells_how_late_we_are(ledger: Ledger) -> None:
    def oldest() -> object:
        with ledger.database.reading() as connection:
            return deliveries.oldest_ready(connection, ledger.clock())

    started = ledger.clock()
    assert oldest() is None
    ledger.plan(ledger.add_reader())
    ledger.clock.advance(hours=1)
    ledger.plan(ledger.add_reader("bob"))
    assert oldest() == started
    [first] = ledger.claim(limit=1)
    ledger.settle(ended(first, DeliveryState.READY, next_at=ledger.clock() + timedelta(hours=1)))
    assert oldest() == ledger.clock()


@pytest.mark.parametrize("state", list(DeliveryState))
def test_every_state_can_be_read(ledger: Ledger, state: DeliveryState) -> None:
    number = ledger.plan(ledger.add_reader(), state=state)

    assert ledger.mail(number).state is state
