"""The attempts that did not simply end well, told to operators and pruned after a while."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select

from digest.model.deliveries import Attempt, DeliveryState, Outcome, Settled
from digest.store.known import known
from digest.store.tables import attempts, deliveries
from digest.store.upsert import insert_new

_LOST = "the worker went away before it wrote down how this ended"


def record_attempts(connection: Connection, settled: Iterable[Settled], now: datetime) -> None:
    """Write down how attempts ended; one that is written down already stays as it is.

    A mail given back without having been tried is no attempt.
    """
    rows = [
        {
            "delivery_id": each.delivery.id,
            "fence": each.delivery.fence,
            "outcome": each.verdict.outcome.value,
            "stage": None if each.verdict.stage is None else each.verdict.stage.value,
            "transport": each.transport,
            "code": each.verdict.code,
            "enhanced": each.verdict.enhanced,
            "text": each.verdict.text,
            "ended_at": now,
        }
        for each in settled
        if not _is_given_back(each)
    ]
    if rows:
        # One who was erased meanwhile took their mails along: then there is nothing to write beside.
        known = set(
            connection.execute(_KNOWN, {"numbers": [r["delivery_id"] for r in rows]}).scalars()
        )
        rows = [row for row in rows if row["delivery_id"] in known]
    if rows:
        connection.execute(insert_new(connection, attempts), rows)


def record_lost(connection: Connection, lost: Iterable[Row[Any]], now: datetime) -> None:
    """Write down that nobody knows how the attempts of these rows of deliveries ended."""
    rows = [
        {
            "delivery_id": row.id,
            "fence": row.fence,
            "outcome": Outcome.UNCERTAIN.value,
            "transport": row.transport,
            "text": _LOST,
            "ended_at": now,
        }
        for row in lost
    ]
    if rows:
        connection.execute(insert_new(connection, attempts), rows)


def attempts_of(connection: Connection, delivery_id: int) -> list[Attempt]:
    """Return the attempts of a mail that did not simply end well, in their order."""
    statement = (
        select(attempts)
        .where(attempts.c.delivery_id == delivery_id)
        .order_by(attempts.c.fence, attempts.c.id)
    )
    return [
        Attempt(
            delivery_id=row.delivery_id,
            outcome=outcome,
            text=row.text,
            code=row.code,
            enhanced=row.enhanced,
            stage=row.stage,
            transport=row.transport,
            ended_at=row.ended_at,
        )
        for row in connection.execute(statement)
        if (outcome := known(Outcome, row.outcome))
    ]


def prune_attempts(connection: Connection, before: datetime) -> int:
    """Forget attempts that ended before a moment; return how many."""
    return int(connection.execute(delete(attempts).where(attempts.c.ended_at < before)).rowcount)


def _is_given_back(settled: Settled) -> bool:
    return (
        settled.verdict.outcome is Outcome.WITHDRAWN
        and settled.settlement.state is DeliveryState.READY
    )


# Kept from whoever would erase them until this is written; in one order, so that two take turns.
_KNOWN = (
    select(deliveries.c.id)
    .where(deliveries.c.id.in_(bindparam("numbers", expanding=True)))
    .order_by(deliveries.c.id)
    .with_for_update(read=True, key_share=True)
)
