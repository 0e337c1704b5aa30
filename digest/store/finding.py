"""What operators look for: readers by the beginning of an address, mails by how they stand."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from digest.model.deliveries import Delivery, DeliveryState
from digest.model.subscribers import Subscriber
from digest.store.deliveries import COLUMNS, delivery, in_state
from digest.store.subscribers import subscribers_by_id
from digest.store.tables import deliveries, subscribers

# So many mails are looked through for one page; then the operator says whether to go on.
WINDOW = 100_000
# All mails of these are in a partial index, which is short.
_INDEXED = (DeliveryState.PLANNED, DeliveryState.UNCERTAIN, DeliveryState.HELD)


def readers_beginning(connection: Connection, beginning: str, limit: int) -> list[Subscriber]:
    """Return readers whose address in its normal form begins so, `limit` of them at most."""
    # In no order: PostgreSQL would walk through all addresses in theirs to find the few that fit.
    statement = select(subscribers.c.id).where(_begins(connection, beginning)).limit(limit)
    numbers = connection.execute(statement).scalars().all()
    found = subscribers_by_id(connection, numbers)
    return sorted(found.values(), key=lambda each: each.address.lower())


def recent_mails(
    connection: Connection,
    states: Collection[DeliveryState],
    domain_group: str,
    limit: int,
    before_id: int | None = None,
) -> tuple[list[Delivery], int | None]:
    """Return the newest mails in these states (all, if none are named), newest first.

    And the id before which there may be more, None at the end. A page looks through 100,000 mails at
    most, however few of them are wanted.
    """
    newest = select(func.coalesce(func.max(deliveries.c.id), 0))
    top = before_id or int(connection.execute(newest).scalar_one()) + 1
    is_short = bool(states) and set(_INDEXED).issuperset(states)
    floor = 0 if is_short else max(0, top - WINDOW)
    statement = select(*COLUMNS).where(deliveries.c.id < top, deliveries.c.id >= floor)
    if states:
        statement = statement.where(in_state(*states))
    if is_short:  # SQLite takes a partial index for its very condition only
        statement = statement.where(in_state(*_INDEXED))
    if domain_group:
        statement = statement.where(deliveries.c.domain_group == domain_group)
    statement = statement.order_by(deliveries.c.id.desc()).limit(limit)
    rows: Iterable[Row[Any]] = connection.execute(statement)
    found = [delivery(row) for row in rows]
    if len(found) == limit:
        return found, found[-1].id
    return found, floor or None


def _begins(connection: Connection, beginning: str) -> ColumnElement[bool]:
    """Return the condition that the index of beginnings answers, on either database.

    PostgreSQL compares letters as bytes with these operators, whatever the database's collation.
    """
    key = subscribers.c.address_key
    after = beginning[:-1] + chr(ord(beginning[-1]) + 1)
    if connection.dialect.name == "sqlite":
        return (key >= beginning) & (key < after)
    from_here: ColumnElement[bool] = key.op("~>=~", is_comparison=True)(beginning)
    return from_here & key.op("~<~", is_comparison=True)(after)
