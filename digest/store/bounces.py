"""What came back about mails: each report once, beside the delivery and never in its state."""

from datetime import datetime

from sqlalchemy import Connection, literal, select

from digest.model.deliveries import Bounce, BounceKind
from digest.store.known import known
from digest.store.tables import bounces, deliveries
from digest.store.types import UtcDateTime
from digest.store.upsert import insert_new


def add_bounce(connection: Connection, bounce: Bounce, now: datetime) -> bool:
    """Write down what came back; return False if it is known, or about no mail of ours."""
    row = select(
        literal(bounce.event_key),
        deliveries.c.id,
        literal(bounce.kind.value),
        literal(bounce.enhanced, bounces.c.enhanced.type),
        literal(bounce.text),
        literal(now, UtcDateTime),
    ).where(deliveries.c.id == bounce.delivery_id)
    names = ["event_key", "delivery_id", "kind", "enhanced", "text", "received_at"]
    statement = insert_new(connection, bounces).from_select(names, row).returning(bounces.c.id)
    return connection.execute(statement).first() is not None


def bounces_of(connection: Connection, delivery_id: int) -> list[Bounce]:
    """Return what came back about a mail, in its order."""
    statement = select(bounces).where(bounces.c.delivery_id == delivery_id).order_by(bounces.c.id)
    return [
        Bounce(row.event_key, row.delivery_id, kind, row.enhanced, row.text)
        for row in connection.execute(statement)
        if (kind := known(BounceKind, row.kind))
    ]
