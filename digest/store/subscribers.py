"""Readers by mail, and their interests."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from digest.model.cadence import known_zone
from digest.model.languages import known_language
from digest.model.subscribers import (
    Address,
    Cadence,
    Days,
    Interest,
    QuietDays,
    Subscriber,
    SubscriberState,
    Wishes,
)
from digest.store.known import known
from digest.store.many import Many
from digest.store.slices import slices
from digest.store.spent_ids import with_unspent_ids
from digest.store.tables import interests, subscribers
from digest.store.upsert import insert_new


def add_subscriber(connection: Connection, address: Address, wishes: Wishes, now: datetime) -> int:
    """Add a reader who has not confirmed yet and return their id; a known address stays as it is."""
    row = {
        "address": address.written,
        "address_key": address.key,
        "state": SubscriberState.UNCONFIRMED.value,
        **_wish_columns(wishes),
        "created_at": now,
        "token_version": 1,
    }
    number = connection.execute(
        insert_new(connection, subscribers).returning(subscribers.c.id),
        with_unspent_ids(connection, subscribers, [row]),
    ).scalar()
    if number is None:  # somebody else added them a moment ago
        same = select(subscribers.c.id).where(subscribers.c.address_key == address.key)
        return int(connection.execute(same).scalar_one())
    _save_interests(connection, number, wishes.interests)
    return int(number)


def save_wishes(connection: Connection, subscriber_id: int, wishes: Wishes) -> None:
    """Replace a reader's wishes; this raises their revision."""
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(**_wish_columns(wishes), revision=subscribers.c.revision + 1)
    )
    connection.execute(delete(interests).where(interests.c.subscriber_id == subscriber_id))
    _save_interests(connection, subscriber_id, wishes.interests)


def raise_revision(connection: Connection, subscriber_id: int) -> None:
    """Say that what was compiled of a reader's wishes is stale.

    Called before the change itself: whoever changes wishes holds the reader's row first, so that
    two who change the same reader's take turns.
    """
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(revision=subscribers.c.revision + 1)
    )


def await_confirmation(connection: Connection, subscriber_id: int) -> None:
    """Make a reader who had left one who has yet to confirm."""
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(state=SubscriberState.UNCONFIRMED.value, next_due_at=None, left_at=None)
    )


def activate(
    connection: Connection,
    subscriber_id: int,
    now: datetime,
    next_due_at: datetime,
    seen_through: int,
) -> None:
    """Make a reader active: digests are due from `next_due_at`, with papers after `seen_through`.

    Whoever had digests before keeps their mark, so that nothing comes twice.
    """
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(
            state=SubscriberState.ACTIVE.value,
            confirmed_at=now,
            left_at=None,
            next_due_at=next_due_at,
            seen_through=func.coalesce(subscribers.c.seen_through, seen_through),
        )
    )


def unsubscribe(
    connection: Connection, subscriber_id: int, left_at: datetime | None = None
) -> None:
    """Write no more to a reader. Idempotent; their interests are kept for their return.

    `left_at` is when they asked for it themselves, so that they can undo it for a while.
    """
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(state=SubscriberState.UNSUBSCRIBED.value, next_due_at=None, left_at=left_at)
    )


def set_pause(connection: Connection, subscriber_id: int, until: datetime, since: datetime) -> None:
    """Write down that a reader wants no digest until a moment; when one is due is not set."""
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(paused_at=since, paused_until=until, resumed_at=None)
    )


def end_pause(connection: Connection, subscriber_id: int, now: datetime) -> None:
    """Write down that a reader wants digests again before their pause was over."""
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id)
        .values(paused_until=None, resumed_at=now)
    )


def see_through(connection: Connection, marks: Iterable[tuple[int, int]]) -> None:
    """Move readers' seen-through marks forward, never back: (subscriber id, dump id) pairs."""
    rows = [{"number": number, "mark": mark} for number, mark in marks]
    if rows:
        _SEE_THROUGH.run(connection, rows)


def subscriber_by_id(
    connection: Connection, subscriber_id: int, *, for_update: bool = False
) -> Subscriber | None:
    """Return a reader, None if there is none.

    One read `for_update` is kept from other writers until the transaction ends.
    """
    statement = select(subscribers).where(subscribers.c.id == subscriber_id)
    found = _subscribers(connection, statement.with_for_update() if for_update else statement)
    return found[0] if found else None


def subscribers_by_id(connection: Connection, numbers: Collection[int]) -> dict[int, Subscriber]:
    """Return readers by their ids; one that does not exist is left out."""
    found = _subscribers(connection, select(subscribers).where(subscribers.c.id.in_(numbers)))
    return {subscriber.id: subscriber for subscriber in found}


def subscriber_by_address(connection: Connection, address_key: str) -> Subscriber | None:
    """Return the reader of an address in its normal form, None if there is none."""
    statement = select(subscribers).where(subscribers.c.address_key == address_key)
    found = _subscribers(connection, statement)
    return found[0] if found else None


def all_subscribers(connection: Connection) -> list[Subscriber]:
    """Return every reader, in the order they came."""
    return _subscribers(connection, select(subscribers).order_by(subscribers.c.id))


def _subscribers(connection: Connection, statement: Select[Any]) -> list[Subscriber]:
    rows = connection.execute(statement).all()
    chosen: dict[int, list[Interest]] = {row.id: [] for row in rows}
    numbers = list(chosen)
    for some in slices(numbers):
        wishes = (
            select(interests)
            .where(interests.c.subscriber_id.in_(some))
            .order_by(interests.c.subscriber_id, interests.c.position)
        )
        for wish in connection.execute(wishes):
            chosen[wish.subscriber_id].append(Interest(wish.expression, wish.weight))
    # Who is in a state that only a newer release knows is that one's to look after.
    return [
        _subscriber(row, tuple(chosen[row.id])) for row in rows if known(SubscriberState, row.state)
    ]


def _subscriber(row: Row[Any], chosen: tuple[Interest, ...]) -> Subscriber:
    return Subscriber(
        id=row.id,
        address=row.address,
        state=SubscriberState(row.state),
        cadence=Cadence(
            known(Days, row.days) or Days.DAILY, row.local_time, known_zone(row.zone), row.weekday
        ),
        papers_per_digest=row.papers_per_digest,
        interests=chosen,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        next_due_at=row.next_due_at,
        seen_through=row.seen_through,
        token_version=row.token_version,
        revision=row.revision,
        language=known_language(row.language),
        quiet=known(QuietDays, row.quiet) or QuietDays.SKIP,
        paused_until=row.paused_until,
        paused_at=row.paused_at,
        resumed_at=row.resumed_at,
        left_at=row.left_at,
    )


def _save_interests(connection: Connection, subscriber_id: int, chosen: Sequence[Interest]) -> None:
    rows = [
        {
            "subscriber_id": subscriber_id,
            "position": position,
            "expression": interest.expression,
            "weight": interest.weight,
        }
        for position, interest in enumerate(chosen)
    ]
    if rows:
        connection.execute(insert(interests), rows)


def _wish_columns(wishes: Wishes) -> dict[str, Any]:
    return {
        "days": wishes.cadence.days.value,
        "weekday": wishes.cadence.weekday,
        "local_time": wishes.cadence.at,
        "zone": wishes.cadence.zone,
        "papers_per_digest": wishes.papers_per_digest,
        "language": wishes.language,
        "quiet": wishes.quiet.value,
    }


_SEE_THROUGH = Many(
    update(subscribers)
    .where(
        subscribers.c.id == bindparam("number"),
        func.coalesce(subscribers.c.seen_through, literal_column("0")) < bindparam("mark"),
    )
    .values(seen_through=bindparam("mark"))
)
