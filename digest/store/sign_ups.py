"""Readers who came lately, and those who came and never confirmed."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal_column, select

from digest.model.deliveries import ENDED
from digest.model.subscribers import SubscriberState
from digest.store.erasing import erase_reader
from digest.store.tables import deliveries, digests, subscribers

_ENDED = [each.value for each in ENDED]
# By the primary key, which goes up with time.
_NEWEST = 1000


def count_recent(connection: Connection, since: datetime) -> tuple[int, int]:
    """Return how many of the newest readers came after a moment: (unconfirmed, all others)."""
    newest = (
        select(subscribers.c.state, subscribers.c.created_at)
        .order_by(subscribers.c.id.desc())
        .limit(_NEWEST)
        .subquery()
    )
    statement = (
        select(newest.c.state, func.count())
        .where(newest.c.created_at > since)
        .group_by(newest.c.state)
    )
    found = {row[0]: row[1] for row in connection.execute(statement)}
    unconfirmed = found.pop(SubscriberState.UNCONFIRMED.value, 0)
    return unconfirmed, sum(found.values())


def never_confirmed(connection: Connection, before: datetime, limit: int) -> list[int]:
    """Return the ids of readers who came before a moment, were not written to since, and never confirmed.

    None who ever did, and none with a digest or with a mail that is still to be settled. Oldest
    first.
    """
    statement = (
        select(subscribers.c.id)
        .where(subscribers.c.created_at < before, _is_over(before))
        .order_by(subscribers.c.created_at)
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


def erase_unconfirmed(connection: Connection, subscriber_id: int, before: datetime) -> bool:
    """Delete a reader who never confirmed; return False if they have, or asked again, meanwhile."""
    # Locked: whoever presses the button of their mail at this moment is either first or too late.
    statement = select(subscribers.c.id).where(subscribers.c.id == subscriber_id, _is_over(before))
    if connection.execute(statement.with_for_update(of=subscribers)).first() is None:
        return False
    return erase_reader(connection, subscriber_id)


def _is_over(before: datetime) -> ColumnElement[bool]:
    is_in_use = (deliveries.c.planned_at >= before) | deliveries.c.state.not_in(_ENDED)
    return and_(
        # Written as it is, for the index of those who never confirmed.
        subscribers.c.state == literal_column(f"'{SubscriberState.UNCONFIRMED.value}'"),
        subscribers.c.confirmed_at.is_(None),
        ~exists().where(deliveries.c.subscriber_id == subscribers.c.id, is_in_use),
        ~exists().where(digests.c.subscriber_id == subscribers.c.id),
    )
