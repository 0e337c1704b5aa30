"""Delete a reader with every row that is about them, in one transaction."""

from typing import Any

from sqlalchemy import Connection, Select, Table, delete, exists, func, select

from digest.store.account_tables import address_changes, sessions, sign_ins
from digest.store.spent_ids import spend_ids
from digest.store.tables import (
    attempts,
    bounce_scores,
    bounces,
    deliveries,
    digest_entries,
    digests,
    feed_fetches,
    feedback,
    interests,
    mutes,
    private_feeds,
    subscribers,
    suppressions,
    wishes,
)

# What hangs on a reader's mails and digests goes before those, these before the reader.
OF_DELIVERIES: tuple[Table, ...] = (attempts, bounces)
OF_DIGESTS: tuple[Table, ...] = (digest_entries,)
OF_READERS: tuple[Table, ...] = (
    *(deliveries, digests, wishes, interests, feedback, mutes),
    *(private_feeds, feed_fetches, sessions, sign_ins, address_changes),
)
# Of which links and return addresses tell the numbers.
NUMBERED = (subscribers, deliveries, digests, sign_ins, address_changes)


def erase_reader(connection: Connection, subscriber_id: int) -> bool:
    """Delete every row of a reader's; return False if there is none.

    A suppression of their address stays: without it they would be written to again.
    """
    # Mails first, in the order in which whoever settles them takes them: two that lock the same rows
    # take turns. With its row gone, how an attempt ended is written down nowhere, and harms nobody.
    connection.execute(_lock(deliveries, subscriber_id)).all()
    reader = select(subscribers.c.address_key).where(subscribers.c.id == subscriber_id)
    key = connection.execute(reader.with_for_update()).scalar()
    if key is None:
        return False
    connection.execute(_lock(deliveries, subscriber_id)).all()  # those planned meanwhile
    for table in NUMBERED:
        spend_ids(connection, table)
    # A reader who has moved had more than one address; one of theirs may be another's by now.
    wrote_to = select(func.lower(deliveries.c.address)).where(
        deliveries.c.subscriber_id == subscriber_id
    )
    others = (subscribers.c.address_key == bounce_scores.c.address_key) & (
        subscribers.c.id != subscriber_id
    )
    connection.execute(
        delete(bounce_scores).where(
            (bounce_scores.c.address_key == key) | bounce_scores.c.address_key.in_(wrote_to),
            ~exists().where(others),
            ~exists().where(suppressions.c.address_key == bounce_scores.c.address_key),
        )
    )
    for table in OF_DELIVERIES:
        connection.execute(
            delete(table).where(table.c.delivery_id.in_(_ids(deliveries, subscriber_id)))
        )
    for table in OF_DIGESTS:
        connection.execute(delete(table).where(table.c.digest_id.in_(_ids(digests, subscriber_id))))
    for table in OF_READERS:
        connection.execute(delete(table).where(table.c.subscriber_id == subscriber_id))
    connection.execute(delete(subscribers).where(subscribers.c.id == subscriber_id))
    return True


def _lock(table: Table, subscriber_id: int) -> Select[Any]:
    mine = select(table.c.id).where(table.c.subscriber_id == subscriber_id)
    return mine.order_by(table.c.id).with_for_update()


def _ids(table: Table, subscriber_id: int) -> Select[Any]:
    return select(table.c.id).where(table.c.subscriber_id == subscriber_id)
