"""Forget mails and digests that are old and over, a few thousand rows at a time, oldest first.

Rows are walked in the order of their ids, which is that of time. What is still needed stays: a mail
that is not settled, a digest whose papers would else be shown again, and the newest of a reader who gets any.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, text

from digest.store.old_rows import (
    DELETE_DIGESTS,
    DELETE_MAILS,
    DELETE_QUOTATIONS,
    DELETE_WISHES,
    DIGESTS_KEPT,
    DIGESTS_OVER,
    MAILS_OVER,
    NEXT_DIGESTS,
    NEXT_MAILS,
    USE_QUOTATIONS,
)
from digest.store.spent_ids import spend_ids
from digest.store.tables import deliveries, digests

# Nobody waits longer for a row that another has: it is forgotten the next time. Shorter than the
# second after which PostgreSQL would end one of two that wait for each other.
_PATIENCE = "SET LOCAL lock_timeout = '200ms'"


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of a table with ids above `after`, up to `through`; whether any of them is old."""

    after: int
    through: int
    is_old: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """How many digests went, and the ids of quotations that older ones that stay are made of."""

    digests: int
    quoted: frozenset[int]


def next_mails(connection: Connection, after: int, before: datetime, size: int) -> Part | None:
    """Return the next `size` mails after an id, None if there are no more."""
    return _part(connection, NEXT_MAILS, after, before, size)


def next_digests(connection: Connection, after: int, before: datetime, size: int) -> Part | None:
    """Return the next `size` digests after an id, None if there are no more."""
    return _part(connection, NEXT_DIGESTS, after, before, size)


def forget_mails(connection: Connection, part: Part, before: datetime) -> int:
    """Delete the mails of a part that ended before a moment, with attempts and bounces; return how many."""
    _be_patient(connection)
    values = {"after": part.after, "through": part.through, "before": before}
    numbers = list(connection.execute(MAILS_OVER, values).scalars())
    if numbers:
        spend_ids(connection, deliveries)
        for statement in DELETE_MAILS[connection.dialect.name]:
            connection.execute(statement, {"numbers": numbers})
    return len(numbers)


def forget_digests(connection: Connection, part: Part, before: datetime) -> Gone:
    """Delete the digests of a part from before a moment that no mail carries any more.

    With them go the wishes of before that no digest of their readers was composed for.
    """
    _be_patient(connection)
    values = {"after": part.after, "through": part.through, "before": before}
    rows = connection.execute(DIGESTS_OVER, values).all()
    numbers = [row.id for row in rows]
    if numbers:
        spend_ids(connection, digests)
        for statement in DELETE_DIGESTS[connection.dialect.name]:
            connection.execute(statement, {"numbers": numbers})
        # Those of now stay in any case: next to nobody has others.
        readers = {row.subscriber_id for row in rows if row.wishes_revision != row.revision}
        if readers:
            connection.execute(DELETE_WISHES, {"numbers": sorted(readers)})
    kept = connection.execute(DIGESTS_KEPT, values).scalars()
    return Gone(len(numbers), frozenset(_quoted(list(kept))))


def use_quotations(
    connection: Connection, numbers: Sequence[int], before: date, today: date
) -> None:
    """Note as used today those of some quotations that were last used before a day."""
    values = {"numbers": sorted(numbers), "before": before, "today": today}
    connection.execute(USE_QUOTATIONS, values)


def forget_quotations(connection: Connection, before: date, size: int) -> int:
    """Delete quotations, `size` at most, that no digest was composed with since a day; return how many."""
    _be_patient(connection)
    return int(connection.execute(DELETE_QUOTATIONS, {"before": before, "size": size}).rowcount)


def _be_patient(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(text(_PATIENCE))


def _part(
    connection: Connection, statement: Select[Any], after: int, before: datetime, size: int
) -> Part | None:
    row = connection.execute(statement, {"after": after, "size": size}).one()
    return None if row.through is None else Part(after, row.through, row.oldest < before)


def _quoted(stored: Sequence[str]) -> set[int]:
    read = json.loads(f"[{','.join(stored)}]")
    return {reason[1] for entries in read for entry in entries for reason in entry[2]}
