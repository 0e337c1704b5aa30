"""What would happen now, only looked at: the mails that are due, and the readers whose digest is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Connection, Select, func, or_, select

from digest.model.deliveries import Delivery, DeliveryState, MailKind
from digest.store.arming import may_go
from digest.store.deliveries import COLUMNS, delivery, in_state
from digest.store.known import known
from digest.store.tables import deliveries


@dataclass(frozen=True, slots=True)
class DueMails:
    """How many mails of one kind are due in one domain group; `may_go` is False for readers who left."""

    domain_group: str
    kind: MailKind
    may_go: bool
    count: int


def count_due(
    connection: Connection, now: datetime, subscriber_id: int | None = None
) -> list[DueMails]:
    """Return how many mails a worker would take up now, by domain group and kind."""
    due = (
        select(
            deliveries.c.domain_group,
            deliveries.c.kind,
            may_go().cast(Boolean).label("may_go"),
        )
        .where(_is_due(now), *_of(subscriber_id))
        .subquery()
    )
    by = (due.c.domain_group, due.c.kind, due.c.may_go)
    counts = select(*by, func.count().label("mails")).group_by(*by).order_by(*by)
    return [
        DueMails(row.domain_group, kind, bool(row.may_go), row.mails)
        for row in connection.execute(counts)
        if (kind := known(MailKind, row.kind))
    ]


def unsent_mails(
    connection: Connection,
    now: datetime,
    subscriber_id: int | None = None,
    *,
    limit: int = 500,
    after_id: int = 0,
) -> list[Delivery]:
    """Return mails that are due or wait for their release, oldest first, after the id `after_id`.

    Those of readers who must not be written to are left out.
    """
    is_planned = in_state(DeliveryState.PLANNED) & (deliveries.c.deadline_at > now)
    statement: Select[Any] = (
        select(*COLUMNS)
        .where(
            deliveries.c.id > after_id,
            or_(_is_due(now), is_planned),
            may_go(),
            *_of(subscriber_id),
        )
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return [delivery(row) for row in connection.execute(statement)]


def _is_due(now: datetime) -> ColumnElement[bool]:
    return (
        in_state(DeliveryState.READY)
        & (deliveries.c.next_at <= now)
        & (deliveries.c.deadline_at > now)
    )


def _of(subscriber_id: int | None) -> Collection[ColumnElement[bool]]:
    return () if subscriber_id is None else (deliveries.c.subscriber_id == subscriber_id,)
