"""What may be done to a mail, in every state it can be in."""

from datetime import timedelta

import pytest

from digest.model.deliveries import Delivery, DeliveryState, MailKind
from digest.pipeline.operate import TAKES, Deed, Wanted, change, find, why_not
from digest.pipeline.subscribe import Registry, enrol
from digest.store import deliveries
from digest.store.deliveries import PlannedDelivery
from tests.conftest import START
from tests.factories import make_delivery, make_wishes


def mail(state: DeliveryState) -> Delivery:
    return make_delivery(START, state=state, attempts=0, fence=0)


@pytest.mark.parametrize("deed", Deed)
@pytest.mark.parametrize("state", DeliveryState)
def test_a_refusal_is_a_reason_and_nothing_else_is_refused(
    deed: Deed, state: DeliveryState
) -> None:
    why = why_not(deed, mail(state), START)

    assert (why is None) is (state in TAKES[deed])
    assert why is None or len(why.split()) > 1


def test_what_is_being_sent_or_was_accepted_is_left_alone() -> None:
    taken = set().union(*TAKES.values())

    assert not taken & {DeliveryState.LEASED, DeliveryState.INFLIGHT, DeliveryState.ACCEPTED}


def test_releasing_gives_no_more_time() -> None:
    held = mail(DeliveryState.HELD)

    assert why_not(Deed.RELEASE, held, START) is None
    assert "its time is over" in (why_not(Deed.RELEASE, held, held.deadline_at) or "")
    assert why_not(Deed.REQUEUE, held, held.deadline_at) is None


def test_any_number_of_mails_is_found_and_changed(registry: Registry) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes())
    with registry.database.writing() as connection:
        planned = [
            PlannedDelivery(
                subscriber_id=reader.id,
                kind=MailKind.ALREADY,
                period=f"{number}",
                digest_id=None,
                address=reader.address,
                key=f"key{number}",
                planned_at=START,
                deadline_at=START + timedelta(hours=1),
                domain_group="example.org",
            )
            for number in range(1201)
        ]
        deliveries.plan_deliveries(connection, planned)
    seen: list[int] = []
    found = [each.id for each in find(registry.database, Wanted((DeliveryState.READY,)))]
    done = change(registry.database, Deed.HOLD, [*found, 10**9], registry.clock, seen.append)

    assert done.done == found
    assert len(found) == 1201
    assert list(done.refused) == [10**9]
    assert seen == [500, 500, 202]
    with registry.database.reading() as connection:
        assert deliveries.count_deliveries(connection) == {DeliveryState.HELD: 1201}
