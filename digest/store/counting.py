"""Counting over whole tables: seconds for a million readers, so never while a page is waited for.

Mails are counted over a range of their ids, which grow with the moment they are planned at: no index
by day is kept, which every change of a mail's state would have to bring up to date.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, case, extract, func, select

from digest.model.deliveries import DeliveryState
from digest.model.subscribers import SubscriberState
from digest.store.tables import deliveries, interests, subscribers

# Ids are given out before the moments next to them are taken: those of one round are not in order.
_SLACK = timedelta(hours=6)

ByDay = dict[date, dict[str, int]]


def first_mail_since(connection: Connection, moment: datetime) -> int:
    """Return an id before which no mail was planned since a moment, in thirty looks at the key."""
    ends = select(func.min(deliveries.c.id), func.max(deliveries.c.id))
    low, high = connection.execute(ends).one()
    if low is None:
        return 0
    low, high = int(low), int(high) + 1
    while low < high:
        middle = (low + high) // 2
        here = (
            select(deliveries.c.planned_at)
            .where(deliveries.c.id >= middle)
            .order_by(deliveries.c.id)
            .limit(1)
        )
        if connection.execute(here).scalar_one() >= moment - _SLACK:
            high = middle
        else:
            low = middle + 1
    return low


def count_mails_by_day(connection: Connection, first_id: int, days: Sequence[date]) -> ByDay:
    """Return how many mails that were planned on each of `days` (UTC) are in each state."""
    newest_first = sorted(days, reverse=True)
    number = case(
        *((deliveries.c.planned_at >= start_of(day), at) for at, day in enumerate(newest_first))
    ).label("number")
    statement = (
        select(number, deliveries.c.state, func.count().label("mails"))
        .where(
            deliveries.c.id >= first_id,
            deliveries.c.planned_at >= start_of(newest_first[-1]),
            deliveries.c.planned_at < start_of(newest_first[0] + timedelta(days=1)),
        )
        .group_by(number, deliveries.c.state)
    )
    found: ByDay = {day: {} for day in sorted(days)}
    for row in connection.execute(statement):
        found[newest_first[row.number]][row.state] = row.mails
    return found


def mean_delays(
    connection: Connection, first_id: int, since: datetime, limit: int, fewest: int
) -> dict[str, int]:
    """Return the slowest domain groups: mean seconds from planned to accepted, by group.

    A group that took fewer than `fewest` mails says nothing about its servers.
    """
    seconds = extract("epoch", deliveries.c.settled_at) - extract("epoch", deliveries.c.planned_at)
    mean = func.avg(seconds)
    statement = (
        select(deliveries.c.domain_group, mean.label("mean"))
        .where(
            deliveries.c.id >= first_id,
            deliveries.c.planned_at >= since,
            deliveries.c.state == DeliveryState.ACCEPTED.value,
            deliveries.c.settled_at.is_not(None),
        )
        .group_by(deliveries.c.domain_group)
        .having(func.count() >= fewest)
        .order_by(mean.desc(), deliveries.c.domain_group)
        .limit(limit)
    )
    return {
        row.domain_group: max(0, round(float(row.mean))) for row in connection.execute(statement)
    }


def count_readers(connection: Connection) -> dict[str, int]:
    """Return how many readers there are in each state."""
    statement = select(subscribers.c.state, func.count()).group_by(subscribers.c.state)
    found = {state: int(count) for state, count in connection.execute(statement)}
    return {state.value: found.get(state.value, 0) for state in SubscriberState}


def widest_interests(connection: Connection, limit: int, fewest: int) -> tuple[dict[str, int], int]:
    """Return the interests that most active readers have, and how many have any others.

    What fewer than `fewest` readers ask for may tell who they are, and is not named.
    """
    name = func.lower(interests.c.expression).label("name")
    readers = func.count().label("readers")
    statement = (
        select(name, readers, func.sum(func.count()).over().label("total"))
        .join(subscribers, subscribers.c.id == interests.c.subscriber_id)
        .where(subscribers.c.state == SubscriberState.ACTIVE.value)
        .group_by(name)
        .order_by(readers.desc(), name)
        .limit(limit)
    )
    rows = connection.execute(statement).all()
    found = {row.name: int(row.readers) for row in rows if row.readers >= fewest}
    total = int(rows[0].total) if rows else 0
    return found, total - sum(found.values())


def start_of(day: date) -> datetime:
    """Return the moment a day (UTC) begins."""
    return datetime.combine(day, time(), UTC)
