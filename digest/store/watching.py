"""What somebody who watches over the site asks; every answer comes from an index or a few rows."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from digest.model.deliveries import Bounce, BounceKind, DeliveryState
from digest.store.deliveries import in_state
from digest.store.known import known
from digest.store.tables import attempts, bounces, deliveries, transports, workers
from digest.store.workers import lease_now

# As the partial indexes have them: SQLite takes one for its very condition only. The ends are in
# none, and are counted by the hour (store/tallies.py).
_WATCHED = (
    (DeliveryState.READY,),
    (DeliveryState.LEASED, DeliveryState.INFLIGHT),
    (DeliveryState.PLANNED, DeliveryState.UNCERTAIN, DeliveryState.HELD),
)


class Down(NamedTuple):
    """A transport that is left alone for a while."""

    name: str
    until: datetime
    problem: str


def count_waiting(connection: Connection) -> dict[DeliveryState, int]:
    """Return how many mails have not ended, by state."""
    found = {state: 0 for states in _WATCHED for state in states}
    for states in _WATCHED:
        statement = (
            select(deliveries.c.state, func.count())
            .where(in_state(*states))
            .group_by(deliveries.c.state)
        )
        found |= {DeliveryState(state): number for state, number in connection.execute(statement)}
    return found


def transports_down(connection: Connection, now: datetime) -> list[Down]:
    """Return the transports that are left alone now, by name."""
    statement = select(transports).where(transports.c.down_until > now).order_by(transports.c.name)
    return [Down(row.name, row.down_until, row.problem) for row in connection.execute(statement)]


def live_workers(connection: Connection) -> int:
    """Return how many workers hold a lease: those that have mail in their hands."""
    clock = lease_now(connection)
    statement = select(func.count()).select_from(workers).where(workers.c.lease_until > clock)
    return int(connection.execute(statement).scalar_one())


def attempts_since(connection: Connection, moment: datetime) -> dict[str, int]:
    """Return how many attempts have ended since then without a plain acceptance, by outcome."""
    statement = (
        select(attempts.c.outcome, func.count().label("ended"))
        .where(attempts.c.ended_at >= moment)
        .group_by(attempts.c.outcome)
    )
    return {row.outcome: row.ended for row in connection.execute(statement)}


def bounces_of_mails(connection: Connection, numbers: list[int]) -> list[Bounce]:
    """Return what came back about any of these mails, newest first."""
    statement = (
        select(bounces).where(bounces.c.delivery_id.in_(numbers)).order_by(bounces.c.id.desc())
    )
    return [
        Bounce(row.event_key, row.delivery_id, kind, row.enhanced, row.text)
        for row in connection.execute(statement)
        if (kind := known(BounceKind, row.kind))
    ]
