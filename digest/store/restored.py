"""What a database needs that is of an earlier moment than the mails that went out."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, exists, func, select, text, update

from digest.model.cadence import known_zone
from digest.model.deliveries import DeliveryState
from digest.model.subscribers import Cadence, Days, SubscriberState
from digest.store.account_tables import spent_ids
from digest.store.erasing import NUMBERED
from digest.store.tables import deliveries, dumps, subscribers, suppressions
from digest.store.types import UtcDateTime
from digest.store.upsert import insert_or_replace

_ON_ITS_WAY = (
    DeliveryState.PLANNED,
    DeliveryState.READY,
    DeliveryState.LEASED,
    DeliveryState.INFLIGHT,
)
DOUBT = "the database was restored from a backup: this may have been sent since it was made"


class Overdue(NamedTuple):
    """A reader whose digest was due by now, with the time it was, and how to find their next."""

    number: int
    due_at: datetime
    cadence: Cadence


def skip_ids(connection: Connection, count: int) -> None:
    """Let the next ids be so many further on: those between are in mails that nothing is known of."""
    for table in NUMBERED:
        highest = connection.execute(select(func.max(table.c.id))).scalar() or 0
        if connection.dialect.name == "sqlite":
            spent = select(spent_ids.c.through).where(spent_ids.c.name == table.name)
            through = max(highest, connection.execute(spent).scalar() or 0) + count
            row = {"name": table.name, "through": through}
            connection.execute(insert_or_replace(connection, spent_ids), row)
        else:
            connection.execute(_SKIP, {"name": table.name, "highest": highest, "count": count})


def doubt_mails(connection: Connection, now: datetime) -> int:
    """Say of every mail that was on its way that nobody knows whether it was sent; return how many."""
    return int(connection.execute(_DOUBT, {"now": now}).rowcount)


def overdue_readers(connection: Connection, after: int, now: datetime, limit: int) -> list[Overdue]:
    """Return the next readers, by their ids, whose digest was due by now."""
    rows = connection.execute(_OVERDUE, {"after": after, "now": now, "most": limit})
    return [
        Overdue(
            row.id,
            row.next_due_at,
            Cadence(Days(row.days), row.local_time, known_zone(row.zone), row.weekday),
        )
        for row in rows
    ]


def arrivals(connection: Connection) -> list[tuple[datetime, int]]:
    """Return when each dump was read, in the order of their ids, with its id."""
    rows = connection.execute(select(dumps.c.ingested_at, dumps.c.id).order_by(dumps.c.id))
    return [(row.ingested_at, row.id) for row in rows]


_SKIP = text(
    "SELECT setval(pg_get_serial_sequence(:name, 'id'), :count + greatest(:highest,"
    " nextval(pg_get_serial_sequence(:name, 'id'))))"
)
_DOUBT = (
    update(deliveries)
    .where(deliveries.c.state.in_([state.value for state in _ON_ITS_WAY]))
    .values(
        state=DeliveryState.UNCERTAIN.value,
        owner=None,
        lease_until=None,
        # Whoever had it is late.
        fence=deliveries.c.fence + 1,
        text=DOUBT,
        settled_at=bindparam("now"),
    )
)
_OVERDUE = (
    select(
        subscribers.c.id,
        subscribers.c.next_due_at,
        subscribers.c.days,
        subscribers.c.weekday,
        subscribers.c.local_time,
        subscribers.c.zone,
    )
    .where(
        subscribers.c.id > bindparam("after"),
        subscribers.c.state == SubscriberState.ACTIVE.value,
        subscribers.c.next_due_at <= bindparam("now", type_=UtcDateTime),
        # Whose wishes only a newer release knows, that one composes for.
        subscribers.c.days.in_([each.value for each in Days]),
        # Nothing was sent to them.
        ~exists().where(suppressions.c.address_key == subscribers.c.address_key),
    )
    .order_by(subscribers.c.id)
    .limit(bindparam("most"))
)
