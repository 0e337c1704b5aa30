"""Operators: found by name, and the codes they have used."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from digest.model.operators import Operator
from digest.store.account_tables import operators, sessions
from digest.store.upsert import insert_new


def add_operator(
    connection: Connection, name: str, password: str, sealed: str, now: datetime
) -> bool:
    """Add an operator; return False if there is one of this name, who stays as they are."""
    row = {"name": name, "password": password, "totp_secret": sealed, "created_at": now}
    statement = insert_new(connection, operators).returning(operators.c.id)
    return connection.execute(statement, row).first() is not None


def operator_by_name(connection: Connection, name: str) -> Operator | None:
    """Return the operator of a name, None if there is none."""
    row = connection.execute(select(operators).where(operators.c.name == name)).first()
    return _operator(row) if row else None


def operator_by_id(connection: Connection, number: int) -> Operator | None:
    """Return an operator, None if there is none any more."""
    row = connection.execute(select(operators).where(operators.c.id == number)).first()
    return _operator(row) if row else None


def all_operators(connection: Connection) -> list[Operator]:
    """Return everybody who may sign in, by name."""
    return [_operator(row) for row in connection.execute(select(operators).order_by("name"))]


def use_step(connection: Connection, known: Operator, step: int) -> bool:
    """Use up a code of the operator as they were found, and all before it.

    Return False if it was used already, or they were reset or removed since.
    """
    is_same = (operators.c.id == known.id) & (operators.c.totp_secret == known.sealed)
    unused = is_same & (operators.c.totp_step < step)
    statement = update(operators).where(unused).values(totp_step=step)
    return bool(connection.execute(statement).rowcount)


def change_operator(connection: Connection, name: str, password: str, sealed: str) -> bool:
    """Give an operator a new password and secret, and end their sessions; False if there is none."""
    statement = (
        update(operators)
        .where(operators.c.name == name)
        .values(password=password, totp_secret=sealed, totp_step=0)
    )
    is_there = bool(connection.execute(statement).rowcount)
    _show_out(connection, name)
    return is_there


def remove_operator(connection: Connection, name: str) -> bool:
    """Let an operator in no more, from this moment on; return False if there is none."""
    mine = operators.c.name == name
    connection.execute(select(operators.c.id).where(mine).with_for_update())
    _show_out(connection, name)
    return bool(connection.execute(delete(operators).where(mine)).rowcount)


def _show_out(connection: Connection, name: str) -> None:
    # Whoever calls holds the operator's row: who is signing in at this moment is in, and out again.
    theirs = select(operators.c.id).where(operators.c.name == name)
    connection.execute(delete(sessions).where(sessions.c.operator_id.in_(theirs)))


def _operator(row: Row[Any]) -> Operator:
    return Operator(
        id=row.id,
        name=row.name,
        password=row.password,
        sealed=row.totp_secret,
        step=row.totp_step,
        created_at=row.created_at,
    )
