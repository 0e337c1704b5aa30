"""A claim on one reader's mails alone."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from digest.model.deliveries import Delivery, DeliveryState
from digest.store.deliveries import COLUMNS, delivery, in_state
from digest.store.tables import deliveries


def claim_of_reader(
    connection: Connection, owner: str, now: datetime, subscriber_id: int
) -> list[Delivery]:
    """Take a reader's mails that are due, earliest first, on the terms of `claims`."""
    due = (
        select(deliveries.c.id)
        .where(
            deliveries.c.subscriber_id == subscriber_id,
            in_state(DeliveryState.READY),
            deliveries.c.next_at <= now,
        )
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(deliveries)
        .where(deliveries.c.id.in_(due))
        .values(state=DeliveryState.LEASED.value, owner=owner, fence=deliveries.c.fence + 1)
        .returning(*COLUMNS)
    )
    rows = connection.execute(taken)
    return sorted(map(delivery, rows), key=lambda each: (each.next_at, each.id))
