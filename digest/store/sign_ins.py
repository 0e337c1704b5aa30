"""Who asked to sign in, and when; used up by signing in, forgotten after a day or two."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from digest.model.asked import SignIn
from digest.store.account_tables import sign_ins
from digest.store.spent_ids import with_unspent_ids


def add_sign_in(connection: Connection, subscriber_id: int, now: datetime) -> SignIn:
    """Write down that a reader wants to sign in."""
    row = {"subscriber_id": subscriber_id, "asked_at": now}
    statement = insert(sign_ins).returning(sign_ins.c.id)
    rows = with_unspent_ids(connection, sign_ins, [row])
    number = connection.execute(statement, rows).scalar_one()
    return SignIn(int(number), subscriber_id, now, None)


def sign_in_by_id(connection: Connection, number: int) -> SignIn | None:
    """Return a wish to sign in, None if there is none; whoever uses it holds its reader's row."""
    row = connection.execute(select(sign_ins).where(sign_ins.c.id == number)).first()
    return _sign_in(row) if row else None


def sign_ins_of(connection: Connection, subscriber_id: int, since: datetime) -> list[SignIn]:
    """Return a reader's wishes to sign in since a moment, newest first."""
    statement = (
        select(sign_ins)
        .where(sign_ins.c.subscriber_id == subscriber_id, sign_ins.c.asked_at > since)
        .order_by(sign_ins.c.id.desc())
    )
    return [_sign_in(row) for row in connection.execute(statement)]


def use_sign_in(connection: Connection, number: int, now: datetime) -> None:
    """Write down that a link has let its reader in."""
    connection.execute(update(sign_ins).where(sign_ins.c.id == number).values(used_at=now))


def forget_sign_ins(connection: Connection, before: datetime) -> None:
    """Delete what was asked before a moment, whoever asked."""
    connection.execute(delete(sign_ins).where(sign_ins.c.asked_at < before))


def end_sign_ins_of(connection: Connection, subscriber_id: int, now: datetime) -> None:
    """Let no link that is on its way sign this reader in.

    The rows stay: another reader's, with the number of one that is gone, would be what such a link
    is for.
    """
    mine = (sign_ins.c.subscriber_id == subscriber_id) & sign_ins.c.used_at.is_(None)
    connection.execute(update(sign_ins).where(mine).values(used_at=now))


def _sign_in(row: Row[Any]) -> SignIn:
    return SignIn(row.id, row.subscriber_id, row.asked_at, row.used_at)
