"""Wishes for another address, and the change itself: one reader an address, whoever asks at once."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from digest.model.asked import AddressChange
from digest.model.deliveries import DeliveryState, MailKind
from digest.model.subscribers import Address
from digest.store.account_tables import address_changes
from digest.store.spent_ids import with_unspent_ids
from digest.store.tables import deliveries, subscribers


def add_address_change(
    connection: Connection, subscriber_id: int, address: Address, now: datetime
) -> AddressChange:
    """Write down that a reader wants their digests at another address."""
    row = {
        "subscriber_id": subscriber_id,
        "address": address.written,
        "address_key": address.key,
        "asked_at": now,
    }
    statement = insert(address_changes).returning(address_changes.c.id)
    rows = with_unspent_ids(connection, address_changes, [row])
    number = connection.execute(statement, rows).scalar_one()
    return AddressChange(int(number), subscriber_id, address, now, None)


def address_change_by_id(connection: Connection, number: int) -> AddressChange | None:
    """Return a wish, None if there is none; whoever fulfils it holds its reader's row."""
    statement = select(address_changes).where(address_changes.c.id == number)
    row = connection.execute(statement).first()
    return _change(row) if row else None


def address_changes_of(
    connection: Connection, subscriber_id: int, since: datetime
) -> list[AddressChange]:
    """Return a reader's wishes since a moment, newest first."""
    mine = address_changes.c.subscriber_id == subscriber_id
    statement = (
        select(address_changes)
        .where(mine, address_changes.c.asked_at > since)
        .order_by(address_changes.c.id.desc())
    )
    return [_change(row) for row in connection.execute(statement)]


def use_address_change(connection: Connection, number: int, now: datetime) -> None:
    """Write down that a wish was fulfilled."""
    mine = address_changes.c.id == number
    connection.execute(update(address_changes).where(mine).values(used_at=now))


def end_address_changes_of(connection: Connection, subscriber_id: int, now: datetime) -> None:
    """Let no link that is on its way move this reader."""
    mine = address_changes.c.subscriber_id == subscriber_id
    unused = mine & address_changes.c.used_at.is_(None)
    connection.execute(update(address_changes).where(unused).values(used_at=now))


def forget_address_changes(connection: Connection, subscriber_id: int, before: datetime) -> None:
    """Delete what a reader asked for before a moment."""
    mine = address_changes.c.subscriber_id == subscriber_id
    connection.execute(delete(address_changes).where(mine, address_changes.c.asked_at < before))


def move_reader(connection: Connection, subscriber_id: int, address: Address) -> bool:
    """Give a reader another address, and their links another version; False if it is taken.

    The transaction goes on either way.
    """
    values = {
        "address": address.written,
        "address_key": address.key,
        "token_version": subscribers.c.token_version + 1,
    }
    statement = update(subscribers).where(subscribers.c.id == subscriber_id).values(**values)
    try:
        with connection.begin_nested():
            connection.execute(statement)
    except IntegrityError:
        return False
    return True


def redirect_digests(
    connection: Connection, subscriber_id: int, address: str, domain_group: str
) -> int:
    """Send digests that wait and were never tried to another address; return how many.

    One that was tried stays: a second copy must not go elsewhere than the first.
    """
    waits = deliveries.c.state.in_((DeliveryState.READY.value, DeliveryState.PLANNED.value))
    untried = (deliveries.c.attempts == 0) & deliveries.c.message_hash.is_(None)
    statement = (
        update(deliveries)
        .where(
            deliveries.c.subscriber_id == subscriber_id,
            deliveries.c.kind == MailKind.DIGEST.value,
            waits & untried & ~deliveries.c.is_maybe_duplicate,
        )
        .values(address=address, domain_group=domain_group)
    )
    return int(connection.execute(statement).rowcount)


def _change(row: Row[Any]) -> AddressChange:
    address = Address(row.address, row.address_key)
    return AddressChange(row.id, row.subscriber_id, address, row.asked_at, row.used_at)
