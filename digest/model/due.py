"""A reader whose digest is due, as far as composing it needs to know them."""

from datetime import datetime
from typing import NamedTuple

from digest.model.subscribers import Subscriber, Wishes


class DueReader(NamedTuple):
    """A reader at a moment: `revision` stands for their wishes, `began_at` is when they confirmed.

    `seen_through` is 0 for who has seen nothing yet.
    """

    id: int
    address: str
    revision: int
    next_due_at: datetime
    seen_through: int
    began_at: datetime
    paused_until: datetime | None
    resumed_at: datetime | None
    wishes: Wishes


def as_due(subscriber: Subscriber, now: datetime) -> DueReader:
    """Return a reader as if they were due, at `now` unless they have been for longer."""
    return DueReader(
        id=subscriber.id,
        address=subscriber.address,
        revision=subscriber.revision,
        next_due_at=min(subscriber.next_due_at or now, now),
        seen_through=subscriber.seen_through or 0,
        began_at=subscriber.confirmed_at or subscriber.created_at,
        paused_until=subscriber.paused_until,
        resumed_at=subscriber.resumed_at,
        wishes=Wishes(
            subscriber.interests,
            subscriber.cadence,
            subscriber.papers_per_digest,
            subscriber.language,
            subscriber.quiet,
        ),
    )
