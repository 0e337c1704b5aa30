"""Dumps that are held: their bytes, why, and what was decided."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from digest.model.operators import HeldDump, HeldOutcome
from digest.model.papers import Dump
from digest.store.known import known
from digest.store.tables import held_dumps
from digest.store.upsert import insert_new

# Bytes may be megabytes: a list does without them.
_FACTS = (
    *(column for column in held_dumps.columns if column.name != "body"),
    func.length(held_dumps.c.body).label("size"),
)


def hold_dump(connection: Connection, dump: Dump, body: bytes, reason: str, now: datetime) -> bool:
    """Keep a dump that is held; return False if its very bytes were held before."""
    row = {
        "source": dump.source,
        "name": dump.name,
        "checksum": dump.checksum,
        "body": body,
        "dated_on": dump.dated_on,
        "reason": reason,
        "held_at": now,
    }
    statement = insert_new(connection, held_dumps).returning(held_dumps.c.id)
    return connection.execute(statement, row).first() is not None


def held_dump(connection: Connection, number: int) -> HeldDump | None:
    """Return a dump that is or was held, None if there is none of this number."""
    statement = select(*_FACTS).where(held_dumps.c.id == number)
    row = connection.execute(statement).first()
    return _held(row) if row else None


def held_like(connection: Connection, dump: Dump) -> HeldDump | None:
    """Return the held dump of the same bytes, None if they never were."""
    same = (held_dumps.c.source == dump.source) & (held_dumps.c.checksum == dump.checksum)
    row = connection.execute(select(*_FACTS).where(same)).first()
    return _held(row) if row else None


def body_of(connection: Connection, number: int) -> bytes:
    """Return the bytes of a held dump."""
    statement = select(held_dumps.c.body).where(held_dumps.c.id == number)
    return bytes(connection.execute(statement).scalar_one())


def waiting_dumps(connection: Connection) -> list[HeldDump]:
    """Return the dumps that wait for a decision, oldest first."""
    statement = select(*_FACTS).where(held_dumps.c.outcome.is_(None)).order_by(held_dumps.c.id)
    return [_held(row) for row in connection.execute(statement)]


def settled_dumps(connection: Connection, limit: int) -> list[HeldDump]:
    """Return the dumps decided upon last, newest first."""
    is_settled = held_dumps.c.outcome.is_not(None)
    statement = (
        select(*_FACTS).where(is_settled).order_by(held_dumps.c.settled_at.desc()).limit(limit)
    )
    return [_held(row) for row in connection.execute(statement)]


def count_waiting_dumps(connection: Connection) -> int:
    """Return how many dumps wait for a decision."""
    waiting = select(func.count()).where(held_dumps.c.outcome.is_(None))
    return int(connection.execute(waiting).scalar_one())


def settle_dump(connection: Connection, number: int, outcome: HeldOutcome, now: datetime) -> bool:
    """Write down what was decided about a held dump; the first decision stands (False)."""
    statement = (
        update(held_dumps)
        .where(held_dumps.c.id == number, held_dumps.c.outcome.is_(None))
        .values(outcome=outcome.value, settled_at=now)
    )
    return bool(connection.execute(statement).rowcount)


def _held(row: Row[Any]) -> HeldDump:
    return HeldDump(
        id=row.id,
        source=row.source,
        name=row.name,
        checksum=row.checksum,
        dated_on=row.dated_on,
        reason=row.reason,
        size=row.size,
        held_at=row.held_at,
        outcome=_outcome(row.outcome),
        settled_at=row.settled_at,
    )


def _outcome(stored: str | None) -> HeldOutcome | None:
    if stored is None:
        return None
    # What a newer release calls otherwise is decided too: this one has nothing more to do with it.
    return known(HeldOutcome, stored) or HeldOutcome.DISCARDED
