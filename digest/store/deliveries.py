"""The ledger: every mail that is to go out, and how it ended.

The table decides who sends what: a claim is one statement, a settle is refused when the fence has
moved on, and what a killed worker held is ready again when its lease is over.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, exists, func, select, update

from digest.model.deliveries import Delivery, DeliveryState, MailKind, Settlement, Verdict
from digest.model.subscribers import SubscriberState
from digest.store.digests import marks_reached
from digest.store.subscribers import see_through
from digest.store.tables import deliveries, subscribers, suppressions
from digest.store.upsert import insert_new

_HELD = (DeliveryState.LEASED.value, DeliveryState.INFLIGHT.value)


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """A mail to be sent once: (subscriber, kind, period) is its identity."""

    subscriber_id: int
    kind: MailKind
    period: str
    digest_id: int | None
    address: str
    key: str
    planned_at: datetime
    deadline_at: datetime


def plan_deliveries(connection: Connection, planned: Iterable[PlannedDelivery]) -> int:
    """Put mails into the ledger; return how many were not there yet."""
    rows = [
        {
            "subscriber_id": delivery.subscriber_id,
            "kind": delivery.kind.value,
            "period": delivery.period,
            "digest_id": delivery.digest_id,
            "address": delivery.address,
            "key": delivery.key,
            "state": DeliveryState.READY.value,
            "attempts": 0,
            "fence": 0,
            "planned_at": delivery.planned_at,
            "next_at": delivery.planned_at,
            "deadline_at": delivery.deadline_at,
            "is_maybe_duplicate": False,
            "text": "",
        }
        for delivery in planned
    ]
    if not rows:
        return 0
    statement = insert_new(connection, deliveries).returning(deliveries.c.id)
    return len(connection.execute(statement, rows).all())


def claim_deliveries(
    connection: Connection, owner: str, now: datetime, lease_until: datetime, limit: int
) -> list[Delivery]:
    """Take mails that are due, earliest first: nobody else has them until the lease is over."""
    due = (
        select(deliveries.c.id)
        .where(deliveries.c.state == DeliveryState.READY.value, deliveries.c.next_at <= now)
        .order_by(deliveries.c.next_at, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(deliveries)
        .where(deliveries.c.id.in_(due.scalar_subquery()))
        .values(
            state=DeliveryState.LEASED.value,
            owner=owner,
            lease_until=lease_until,
            fence=deliveries.c.fence + 1,
        )
        .returning(deliveries)
    )
    claimed = [_delivery(row) for row in connection.execute(statement)]
    return sorted(claimed, key=lambda delivery: (delivery.next_at, delivery.id))


def settle_delivery(
    connection: Connection,
    delivery: Delivery,
    settlement: Settlement,
    verdict: Verdict,
    now: datetime,
) -> bool:
    """Write down how an attempt ended; return False if the lease was lost meanwhile.

    Acceptance moves the reader's seen-through mark in the same transaction: a lost mail never
    loses a paper, and a paper shown is never shown again.
    """
    changed = connection.execute(
        update(deliveries)
        .where(
            deliveries.c.id == delivery.id,
            deliveries.c.fence == delivery.fence,
            deliveries.c.state.in_(_HELD),
        )
        .values(
            state=settlement.state.value,
            attempts=deliveries.c.attempts + (1 if settlement.uses_attempt else 0),
            next_at=settlement.next_at or deliveries.c.next_at,
            owner=None,
            lease_until=None,
            code=verdict.code,
            enhanced=verdict.enhanced,
            text=verdict.text,
            is_maybe_duplicate=deliveries.c.is_maybe_duplicate | settlement.maybe_duplicate,
            settled_at=None if settlement.state is DeliveryState.READY else now,
        )
    ).rowcount
    if changed and settlement.state is DeliveryState.ACCEPTED and delivery.digest_id is not None:
        see_through(connection, marks_reached(connection, [delivery.digest_id]))
    return bool(changed)


def arm_delivery(connection: Connection, delivery: Delivery, lease_until: datetime) -> bool:
    """Write down that a mail's bytes are about to go out; False if it must not go any more.

    That is so when the lease was lost, or when the reader has left or been suppressed since the
    claim; confirmations go to readers who are not active yet.
    """
    may_go = exists().where(
        subscribers.c.id == deliveries.c.subscriber_id,
        (subscribers.c.state == SubscriberState.ACTIVE.value)
        | (
            (deliveries.c.kind != MailKind.DIGEST.value)
            & (subscribers.c.state != SubscriberState.UNSUBSCRIBED.value)
        ),
        ~exists().where(suppressions.c.address_key == subscribers.c.address_key),
    )
    changed = connection.execute(
        update(deliveries)
        .where(
            deliveries.c.id == delivery.id,
            deliveries.c.fence == delivery.fence,
            deliveries.c.state == DeliveryState.LEASED.value,
            may_go,
        )
        .values(state=DeliveryState.INFLIGHT.value, lease_until=lease_until)
    ).rowcount
    return bool(changed)


def owners_of_held(connection: Connection) -> list[str]:
    """Return the workers that hold mails at the moment."""
    statement = select(deliveries.c.owner).where(deliveries.c.state.in_(_HELD)).distinct()
    return [owner for owner in connection.execute(statement).scalars() if owner]


def recover_deliveries(connection: Connection, now: datetime, dead: Collection[str] = ()) -> int:
    """Give back what workers held whose lease is over, or who are `dead`; return how many mails.

    What was leased was certainly not sent. What was inflight may have been: it is sent once more,
    the same bytes under the same Message-ID, and marked; if that happens twice a person decides.
    """
    was_inflight = deliveries.c.state == DeliveryState.INFLIGHT.value
    changed = connection.execute(
        update(deliveries)
        .where(
            deliveries.c.state.in_(_HELD),
            (deliveries.c.lease_until <= now) | deliveries.c.owner.in_(dead),
        )
        .values(
            state=case(
                (was_inflight & deliveries.c.is_maybe_duplicate, DeliveryState.UNCERTAIN.value),
                else_=DeliveryState.READY.value,
            ),
            is_maybe_duplicate=deliveries.c.is_maybe_duplicate | was_inflight,
            fence=deliveries.c.fence + 1,
            owner=None,
            lease_until=None,
            next_at=now,
        )
    ).rowcount
    return int(changed)


def deliveries_of(connection: Connection, subscriber_id: int, limit: int = 100) -> list[Delivery]:
    """Return a reader's mails, newest first."""
    statement = (
        select(deliveries)
        .where(deliveries.c.subscriber_id == subscriber_id)
        .order_by(deliveries.c.id.desc())
        .limit(limit)
    )
    return [_delivery(row) for row in connection.execute(statement)]


def count_deliveries(connection: Connection) -> dict[DeliveryState, int]:
    """Return how many mails are in each state."""
    statement = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    return {DeliveryState(state): count for state, count in connection.execute(statement)}


def suppress(connection: Connection, address_key: str, reason: str, now: datetime) -> None:
    """Never write to an address again. Idempotent: the first reason stands."""
    row = {"address_key": address_key, "reason": reason, "created_at": now}
    connection.execute(insert_new(connection, suppressions), row)


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        subscriber_id=row.subscriber_id,
        kind=MailKind(row.kind),
        period=row.period,
        digest_id=row.digest_id,
        address=row.address,
        key=row.key,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        fence=row.fence,
        planned_at=row.planned_at,
        next_at=row.next_at,
        deadline_at=row.deadline_at,
        is_maybe_duplicate=row.is_maybe_duplicate,
        text=row.text,
        code=row.code,
        enhanced=row.enhanced,
        settled_at=row.settled_at,
    )
