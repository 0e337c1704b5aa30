"""Addresses that are not written to, and how close others are to that."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, delete, literal, select, update

from digest.model.deliveries import Suppression
from digest.store.tables import bounce_scores, subscribers, suppressions
from digest.store.upsert import insert_new

# What a mail that is accepted takes off its address's score.
FORGIVEN = 0.1


def suppress(  # noqa: PLR0913, PLR0917  one row, whole
    connection: Connection,
    address_key: str,
    reason: str,
    source: str,
    detail: str,
    now: datetime,
) -> bool:
    """Never write to an address again; return False if so it was. The first reason stands."""
    row = {
        "address_key": address_key,
        "reason": reason,
        "source": source,
        "detail": detail,
        "created_at": now,
    }
    statement = insert_new(connection, suppressions).returning(suppressions.c.address_key)
    return connection.execute(statement, row).first() is not None


def unsuppress(connection: Connection, address_key: str) -> bool:
    """Let an address be written to again, with a clean sheet; return False if it was not stopped."""
    connection.execute(delete(bounce_scores).where(bounce_scores.c.address_key == address_key))
    lifted = delete(suppressions).where(suppressions.c.address_key == address_key)
    return bool(connection.execute(lifted).rowcount)


def suppression_of(connection: Connection, address_key: str) -> Suppression | None:
    """Return why an address is not written to, None if it may be."""
    statement = select(suppressions).where(suppressions.c.address_key == address_key)
    row = connection.execute(statement).first()
    return None if row is None else _suppression(row)


def all_suppressions(
    connection: Connection, limit: int = 1000, after_key: str = ""
) -> list[Suppression]:
    """Return suppressed addresses in their order, those after `after_key`."""
    statement = (
        select(suppressions)
        .where(suppressions.c.address_key > after_key)
        .order_by(suppressions.c.address_key)
        .limit(limit)
    )
    return [_suppression(row) for row in connection.execute(statement)]


def suppressed_subscribers(connection: Connection) -> dict[int, str]:
    """Return the readers whose addresses are suppressed, by id, each with the reason."""
    statement = select(subscribers.c.id, suppressions.c.reason).join(
        suppressions, suppressions.c.address_key == subscribers.c.address_key
    )
    return {row.id: row.reason for row in connection.execute(statement)}


def add_score(connection: Connection, address_key: str, points: float, now: datetime) -> float:
    """Add to an address's bounce score, never below 0; return what it is now."""
    insert = insert_new(connection, bounce_scores)
    connection.execute(insert, {"address_key": address_key, "score": 0.0, "updated_at": now})
    return float(
        connection.execute(
            update(bounce_scores)
            .where(bounce_scores.c.address_key == address_key)
            .values(score=_changed(points), updated_at=now)
            .returning(bounce_scores.c.score)
        ).scalar_one()
    )


def score_of(connection: Connection, address_key: str) -> float:
    """Return an address's bounce score, 0 if nothing ever came back."""
    score = select(bounce_scores.c.score).where(bounce_scores.c.address_key == address_key)
    return float(connection.execute(score).scalar() or 0)


def lower_scores(connection: Connection, subscriber_ids: Collection[int], now: datetime) -> None:
    """Forgive the addresses of readers a little, where there is something to forgive."""
    connection.execute(_FORGIVE, {"numbers": list(subscriber_ids), "now": now})


def _changed(points: float) -> Any:  # noqa: ANN401  an expression
    score = bounce_scores.c.score + literal(points)
    return case((score > 0, score), else_=0.0)


def _suppression(row: Row[Any]) -> Suppression:
    return Suppression(
        address_key=row.address_key,
        reason=row.reason,
        source=row.source,
        created_at=row.created_at,
        detail=row.detail,
    )


_FORGIVE = (
    update(bounce_scores)
    .where(
        bounce_scores.c.address_key.in_(
            select(subscribers.c.address_key).where(
                subscribers.c.id.in_(bindparam("numbers", expanding=True))
            )
        ),
        bounce_scores.c.score > 0,
    )
    .values(score=_changed(-FORGIVEN), updated_at=bindparam("now"))
)
