"""Whose digest is due: looked up in ranges, held while theirs is written, and moved on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from digest.model.due import DueReader
from digest.model.partitions import IdRange
from digest.model.subscribers import Days, QuietDays, SubscriberState
from digest.store.many import Many
from digest.store.tables import subscribers, suppressions, wishes
from digest.store.types import UtcDateTime
from digest.store.wishes import all_from_json

_DAYS: list[ColumnElement[str]] = [literal_column(f"'{each}'") for each in Days]
_QUIET: list[ColumnElement[str]] = [literal_column(f"'{each}'") for each in QuietDays]
# What a digest of a reader is made from, beside what their revision stands for.
_RESTS_ON = ("next_due_at", "address", "revision")


def due_ranges(connection: Connection, now: datetime, size: int) -> list[IdRange]:
    """Return the ranges of `size` ids, beginning at 1, that somebody is due in, in their order."""
    number = (subscribers.c.id - 1) // size
    statement = select(number).where(*_is_due(now)).distinct().order_by(number)
    return [
        IdRange(int(place) * size + 1, (int(place) + 1) * size)
        for place in connection.execute(statement).scalars()
    ]


def oldest_due(connection: Connection, now: datetime) -> datetime | None:
    """Return since when the digest that has been due longest is due, None if none is."""
    oldest = select(subscribers.c.next_due_at).where(*_is_due(now))
    return connection.execute(oldest.order_by(subscribers.c.next_due_at).limit(1)).scalar()


def due_ids(connection: Connection, now: datetime) -> list[int]:
    """Return the ids of everybody whose digest is due, earliest first."""
    statement = select(subscribers.c.id).where(*_is_due(now))
    statement = statement.order_by(subscribers.c.next_due_at, subscribers.c.id)
    return list(connection.execute(statement).scalars())


def due_readers(
    connection: Connection, now: datetime, within: IdRange
) -> tuple[list[DueReader], list[int]]:
    """Return the readers of a range whose digest is due, by their ids; `hold_due` decides who has them.

    Those whose wishes of now are not kept yet (`wishes.keep_present`) are returned as ids alone.
    """
    statement = (
        select(
            subscribers.c.id,
            subscribers.c.address,
            subscribers.c.revision,
            subscribers.c.next_due_at,
            func.coalesce(subscribers.c.seen_through, 0),
            func.coalesce(subscribers.c.confirmed_at, subscribers.c.created_at),
            subscribers.c.paused_until,
            subscribers.c.resumed_at,
            cast(wishes.c.body, Text),
        )
        .outerjoin(
            wishes,
            (wishes.c.subscriber_id == subscribers.c.id)
            & (wishes.c.revision == subscribers.c.revision),
        )
        .where(*_is_due(now), subscribers.c.id.between(within.first, within.last))
        .order_by(subscribers.c.id)
    )
    rows = [tuple(row) for row in connection.execute(statement)]
    known = [row for row in rows if row[-1] is not None]
    read = all_from_json([row[-1] for row in known])
    due = [DueReader._make((*row[:-1], each)) for row, each in zip(known, read, strict=True)]
    return due, [row[0] for row in rows if row[-1] is None]


def hold_due(connection: Connection, due: Sequence[DueReader]) -> set[int]:
    """Return who of `due` is still active, and all that a digest rests on as it was; keep them.

    Whoever has another address, other wishes or another due time by now is left out: they are due
    again, or not at all. On PostgreSQL the rows are locked until the transaction ends and others
    skip them; SQLite has one writer.
    """
    statement = (
        select(
            subscribers.c.id,
            *(subscribers.c[name] for name in _RESTS_ON),
            func.coalesce(subscribers.c.seen_through, 0),
        )
        .where(
            subscribers.c.id.in_([reader.id for reader in due]),
            subscribers.c.state == SubscriberState.ACTIVE.value,
        )
        .with_for_update(skip_locked=True)
    )
    now = {row[0]: tuple(row[1:]) for row in connection.execute(statement)}
    return {
        each.id
        for each in due
        if now.get(each.id) == (each.next_due_at, each.address, each.revision, each.seen_through)
    }


def set_due_times(
    connection: Connection, numbers: Sequence[int], moments: Sequence[datetime]
) -> None:
    """Set when each of many readers is due next."""
    if not numbers:
        return
    if connection.dialect.name == "sqlite":
        rows = zip(numbers, moments, strict=True)
        _SET_ONE.run(connection, [{"number": n, "moment": moment} for n, moment in rows])
        return
    connection.execute(_SET_ALL, {"numbers": list(numbers), "moments": list(moments)})


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        subscribers.c.state == SubscriberState.ACTIVE.value,
        subscribers.c.next_due_at <= now,
        ~exists().where(suppressions.c.address_key == subscribers.c.address_key),
        # Whose wishes only a newer release knows, that one composes for.
        subscribers.c.days.in_(_DAYS),
        subscribers.c.quiet.in_(_QUIET),
    )


def _set_all() -> Any:  # noqa: ANN401  a statement
    numbers = bindparam("numbers", type_=ARRAY(subscribers.c.id.type))
    moments = bindparam("moments", type_=ARRAY(UtcDateTime))
    given = func.unnest(numbers, moments).table_valued("number", "moment").render_derived()
    return (
        update(subscribers)
        .where(subscribers.c.id == given.c.number)
        .values(next_due_at=given.c.moment)
    )


_SET_ALL = _set_all()
_SET_ONE = Many(
    update(subscribers)
    .where(subscribers.c.id == bindparam("number"))
    .values(next_due_at=bindparam("moment"))
)
