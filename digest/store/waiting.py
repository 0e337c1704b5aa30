"""Mails that no worker has: what people decide about them, and what time does."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, case, select, update
from sqlalchemy.sql.dml import Update

from digest.model.deliveries import DeliveryState
from digest.store.deliveries import in_state
from digest.store.slices import slices
from digest.store.tables import deliveries

_OVERDUE = 10_000
_MAY_BE_REQUEUED = (
    DeliveryState.FAILED.value,
    DeliveryState.SUPPRESSED.value,
    DeliveryState.EXPIRED.value,
    DeliveryState.UNCERTAIN.value,
    DeliveryState.HELD.value,
)
_EXPIRED = "its time was over before it could be sent"


def requeue(
    connection: Connection, numbers: Collection[int], now: datetime, deadline: datetime
) -> int:
    """Try mails that had ended, or wait for a person, from the start; return how many.

    Those that are accepted, or in a worker's hands, stay as they are. One whose end nobody knew is
    sent as a possible duplicate.
    """
    was_uncertain = deliveries.c.state == DeliveryState.UNCERTAIN.value
    change = (
        update(deliveries)
        .where(deliveries.c.state.in_(_MAY_BE_REQUEUED))
        .values(
            state=DeliveryState.READY.value,
            attempts=0,
            next_at=now,
            deadline_at=deadline,
            settled_at=None,
            is_maybe_duplicate=deliveries.c.is_maybe_duplicate | was_uncertain,
            message_hash=_unless_held(),
            fence=deliveries.c.fence + 1,
        )
    )
    return _change(connection, change, numbers)


def hold(connection: Connection, numbers: Collection[int]) -> int:
    """Keep mails that wait from being sent until a person says so; return how many."""
    waits = deliveries.c.state.in_((DeliveryState.PLANNED.value, DeliveryState.READY.value))
    change = update(deliveries).where(waits).values(state=DeliveryState.HELD.value)
    return _change(connection, change, numbers)


def release(connection: Connection, numbers: Collection[int], now: datetime) -> int:
    """Let mails go out that were planned or held; return how many.

    One that was held because it could not be built as it was armed goes out as it is now.
    """
    waits = deliveries.c.state.in_((DeliveryState.PLANNED.value, DeliveryState.HELD.value))
    change = (
        update(deliveries)
        .where(waits)
        .values(
            state=DeliveryState.READY.value,
            next_at=now,
            settled_at=None,
            message_hash=_unless_held(),
            fence=deliveries.c.fence + 1,
        )
    )
    return _change(connection, change, numbers)


def expire_overdue(connection: Connection, now: datetime, limit: int = _OVERDUE) -> int:
    """Give up mails whose time is over, `limit` at most; return how many.

    One that may have been accepted is uncertain: expired means that it was certainly not.
    """
    overdue = (
        select(deliveries.c.id)
        .where(
            in_state(DeliveryState.PLANNED, DeliveryState.READY), deliveries.c.deadline_at <= now
        )
        .order_by(deliveries.c.deadline_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    state = case(
        (deliveries.c.is_maybe_duplicate, DeliveryState.UNCERTAIN.value),
        else_=DeliveryState.EXPIRED.value,
    )
    change = (
        update(deliveries)
        .where(deliveries.c.id.in_(overdue))
        .values(state=state, settled_at=now, text=_EXPIRED)
    )
    return int(connection.execute(change).rowcount)


def _unless_held() -> ColumnElement[str | None]:
    is_held = deliveries.c.state == DeliveryState.HELD.value
    return case((is_held, None), else_=deliveries.c.message_hash)


def _change(connection: Connection, change: Update, numbers: Collection[int]) -> int:
    wanted = sorted(set(numbers))
    statement = change.where(deliveries.c.id.in_(bindparam("numbers", expanding=True)))
    parts = list(slices(wanted))
    return sum(connection.execute(statement, {"numbers": part}).rowcount for part in parts)
