"""What operators did, one line a deed; lines are added and never changed."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from digest.model.operators import DeedDone
from digest.store.account_tables import audit
from digest.text import clean_line, clip

_LONGEST_DEED = 40
_LONGEST_NAME = 80
_LONGEST_SUBJECT = 1000


def note(connection: Connection, operator: str, deed: str, subject: str, now: datetime) -> None:
    """Write down what an operator did, in the transaction in which it is done."""
    row = {
        "operator": clip(clean_line(operator), _LONGEST_NAME),
        "deed": clip(clean_line(deed), _LONGEST_DEED),
        "subject": clip(clean_line(subject), _LONGEST_SUBJECT),
        "done_at": now,
    }
    connection.execute(insert(audit), row)


def deeds_done(connection: Connection, limit: int, before_id: int | None = None) -> list[DeedDone]:
    """Return the newest lines, or those before the line `before_id`, newest first."""
    statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before_id is not None:
        statement = statement.where(audit.c.id < before_id)
    return [
        DeedDone(row.id, row.operator, row.deed, row.subject, row.done_at)
        for row in connection.execute(statement)
    ]
