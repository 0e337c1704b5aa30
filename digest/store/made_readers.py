"""Readers that were made up: written down in sets, told from real ones by their addresses."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from digest.model.population import MADE_UP, MadeReader
from digest.store import erasing
from digest.store.bulk import insert_rows, take_ids
from digest.store.spent_ids import spend_ids
from digest.store.tables import (
    bounce_scores,
    deliveries,
    digests,
    feedback,
    interests,
    mutes,
    subscribers,
    suppressions,
)
from digest.store.upsert import insert_new

_SOURCE = "load"
_IS_MADE = subscribers.c.address_key.like(f"%{MADE_UP}")


def count_real_readers(connection: Connection) -> int:
    """Return how many readers there are who were not made up."""
    statement = select(func.count()).select_from(subscribers).where(~_IS_MADE)
    return connection.execute(statement).scalar_one()


def count_made_readers(connection: Connection) -> int:
    """Return how many readers there are who were made up."""
    return connection.execute(
        select(func.count()).select_from(subscribers).where(_IS_MADE)
    ).scalar_one()


def add_made_readers(
    connection: Connection, made: Sequence[MadeReader], seen_through: int | None, now: datetime
) -> int:
    """Store readers with all that is theirs; return how many, since who is there already stays so.

    Those who have confirmed begin with the papers after dump `seen_through`.
    """
    known = set(
        connection.execute(
            select(subscribers.c.address_key).where(
                subscribers.c.address_key.in_([each.address for each in made])
            )
        ).scalars()
    )
    new = [each for each in made if each.address not in known] if known else made
    if not new:
        return 0
    numbers = take_ids(connection, subscribers, len(new))
    insert_rows(connection, subscribers, _subscriber_columns(numbers, new, seen_through))
    insert_rows(connection, interests, _interest_columns(numbers, new))
    _add_the_few(connection, numbers, new, now)
    return len(new)


def made_readers(connection: Connection, limit: int) -> list[int]:
    """Return ids of readers who were made up, the lowest first."""
    statement = select(subscribers.c.id).where(_IS_MADE).order_by(subscribers.c.id).limit(limit)
    return list(connection.execute(statement).scalars())


def erase_made_readers(connection: Connection, numbers: Sequence[int]) -> None:
    """Delete every row of readers who were made up, and that their addresses are not written to."""
    # In the order of `erasing.erase_reader`: whoever composes for them or settles is waited for.
    mine = select(deliveries.c.id).where(deliveries.c.subscriber_id.in_(numbers))
    in_order = mine.order_by(deliveries.c.id).with_for_update()
    readers = select(subscribers.c.id).where(subscribers.c.id.in_(numbers))
    connection.execute(in_order).all()
    connection.execute(readers.order_by(subscribers.c.id).with_for_update()).all()
    connection.execute(in_order).all()  # those planned meanwhile
    for table in erasing.NUMBERED:
        spend_ids(connection, table)
    keys = select(subscribers.c.address_key).where(subscribers.c.id.in_(numbers))
    for by_address in (suppressions, bounce_scores):
        connection.execute(delete(by_address).where(by_address.c.address_key.in_(keys)))
    for table in erasing.OF_DELIVERIES:
        connection.execute(delete(table).where(table.c.delivery_id.in_(mine)))
    sent = select(digests.c.id).where(digests.c.subscriber_id.in_(numbers))
    for table in erasing.OF_DIGESTS:
        connection.execute(delete(table).where(table.c.digest_id.in_(sent)))
    for table in erasing.OF_READERS:
        connection.execute(delete(table).where(table.c.subscriber_id.in_(numbers)))
    connection.execute(delete(subscribers).where(subscribers.c.id.in_(numbers)))


def _subscriber_columns(
    numbers: Sequence[int], new: Sequence[MadeReader], seen_through: int | None
) -> dict[str, Sequence[Any]]:
    return {
        "id": numbers,
        "address": [each.address for each in new],
        "address_key": [each.address for each in new],
        "state": [each.state for each in new],
        "days": [each.days for each in new],
        "weekday": [each.weekday for each in new],
        "local_time": [each.at for each in new],
        "zone": [each.zone for each in new],
        "papers_per_digest": [each.papers_per_digest for each in new],
        "language": [each.language for each in new],
        "quiet": [each.quiet for each in new],
        "created_at": [each.created_at for each in new],
        "confirmed_at": [each.confirmed_at for each in new],
        "next_due_at": [each.next_due_at for each in new],
        "paused_at": [each.paused_at for each in new],
        "paused_until": [each.paused_until for each in new],
        "left_at": [each.left_at for each in new],
        "seen_through": [None if each.confirmed_at is None else seen_through for each in new],
        "token_version": [1] * len(new),
    }


def _interest_columns(
    numbers: Sequence[int], new: Sequence[MadeReader]
) -> dict[str, Sequence[Any]]:
    sizes = [len(each.interests) for each in new]
    wanted = list(chain.from_iterable(each.interests for each in new))
    return {
        "subscriber_id": list(
            chain.from_iterable(
                [number] * size for number, size in zip(numbers, sizes, strict=True)
            )
        ),
        "position": list(chain.from_iterable(map(range, sizes))),
        "expression": [expression for expression, _ in wanted],
        "weight": [weight for _, weight in wanted],
    }


def _add_the_few(
    connection: Connection, numbers: Sequence[int], new: Sequence[MadeReader], now: datetime
) -> None:
    """Store what only some readers have."""
    stopped = [
        {
            "address_key": each.address,
            "reason": each.suppressed,
            "source": _SOURCE,
            "detail": "",
            "created_at": now,
        }
        for each in new
        if each.suppressed
    ]
    if stopped:
        connection.execute(insert_new(connection, suppressions), stopped)
    said = [
        {"subscriber_id": number, **word._asdict()}
        for number, each in zip(numbers, new, strict=True)
        for word in each.feedback
    ]
    if said:
        connection.execute(insert(feedback), said)
    muted = [
        {"subscriber_id": number, **mute._asdict()}
        for number, each in zip(numbers, new, strict=True)
        for mute in each.mutes
    ]
    if muted:
        connection.execute(insert(mutes), muted)
