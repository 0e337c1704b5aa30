"""Workers and their leases: who still holds mails, and taking them back from who does not.

A lease is of the worker, not of each mail, and is counted by a clock that nobody sets: the
database's own on PostgreSQL, the machine's since its boot on SQLite, where all are on one machine.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Double,
    bindparam,
    cast,
    delete,
    exists,
    extract,
    func,
    literal_column,
    select,
    update,
)

from digest.clock import steady
from digest.model.deliveries import DeliveryState
from digest.store.attempts import record_lost
from digest.store.deliveries import in_state
from digest.store.settling import accept_known
from digest.store.tables import deliveries, workers
from digest.store.upsert import insert_or_change

LONGEST_LEASE = 3600.0
_HELD = in_state(DeliveryState.LEASED, DeliveryState.INFLIGHT)


def lease_now(connection: Connection) -> float:
    """Return the lease clock's seconds: only differences mean anything."""
    if connection.dialect.name == "sqlite":
        return steady()
    return float(connection.execute(_DATABASE_CLOCK).scalar_one())


def hold_lease(connection: Connection, owner: str, seconds: float, now: datetime) -> float:
    """Begin or renew a worker's lease, of an hour at most; return when it ends by the lease clock."""
    until = lease_now(connection) + min(seconds, LONGEST_LEASE)
    row = {"owner": owner, "lease_until": until, "started_at": now}
    connection.execute(insert_or_change(connection, workers, ["lease_until"]), row)
    return until


def lease_left(connection: Connection, owner: str) -> float:
    """Return how many seconds of a worker's lease are left, 0 if it has none."""
    is_sqlite = connection.dialect.name == "sqlite"
    ask = _LEASE if is_sqlite else _LEASE_LEFT
    found: float | None = connection.execute(ask, {"owner_is": owner}).scalar()
    if found is None:
        return 0.0
    return max(0.0, found - steady() if is_sqlite else found)


def end_lease(connection: Connection, owner: str) -> None:
    """Give up a worker's lease: what it still holds may be taken back at once. Idempotent."""
    connection.execute(delete(workers).where(workers.c.owner == owner))


def recover_deliveries(
    connection: Connection,
    now: datetime,
    is_dead: Callable[[str], bool],
    idempotent: Collection[str] = (),
    *,
    resend: bool = True,
) -> int:
    """Give back what workers held that are dead, or whose lease is over; return how many mails.

    What was leased was certainly not sent. What was inflight may have been: it is sent once more,
    the same bytes, flagged; the second time, or where nothing is to be sent again (`resend`), it
    is left to a person. Over the `idempotent` transports it is simply sent again.
    """
    rows = _held_by_the_gone(connection, now, is_dead)
    if not rows:
        return 0
    lost = [row for row in rows if row.state == DeliveryState.INFLIGHT.value]
    connection.execute(
        _TAKE_BACK, [_taken_back(row, now, idempotent, resend=resend) for row in rows]
    )
    record_lost(connection, lost, now)
    accept_known(connection, [row.id for row in lost], now)
    return len(rows)


def _held_by_the_gone(
    connection: Connection, now: datetime, is_dead: Callable[[str], bool]
) -> list[Any]:
    """Return, and keep from others, the mails of workers that are gone; forget those workers."""
    # Who holds is read before who has a lease: who claims meanwhile is in neither or in both.
    holders = set(connection.execute(select(deliveries.c.owner).where(_HELD).distinct()).scalars())
    rows = connection.execute(select(workers.c.owner, workers.c.lease_until)).all()
    clock = lease_now(connection)
    known = {row.owner for row in rows}
    dead = {owner for owner in known | holders if owner and is_dead(owner)}
    late = [row.owner for row in rows if _is_over(connection, row.lease_until, clock)]
    # Held against renewal until this is done; a worker renewed just now has mended its lease.
    mending = select(workers.c.owner, workers.c.lease_until).where(workers.c.owner.in_(late))
    over = {
        row.owner
        for row in connection.execute(mending.with_for_update(skip_locked=True))
        if _is_over(connection, row.lease_until, clock)
    }
    orphans = holders - known - dead
    gone = deliveries.c.owner.in_(dead | over)
    # The release before leases each mail.
    left = deliveries.c.owner.in_(orphans) & (
        deliveries.c.lease_until.is_(None) | (deliveries.c.lease_until <= now)
    )
    held = select(
        deliveries.c.id,
        deliveries.c.fence,
        deliveries.c.state,
        deliveries.c.next_at,
        deliveries.c.is_maybe_duplicate,
        deliveries.c.transport,
        deliveries.c.text,
    ).where(_HELD, gone | left)
    found: list[Any] = list(connection.execute(held.with_for_update(skip_locked=True)))
    numbers = [row.id for row in found]
    holds_more = exists().where(
        _HELD, deliveries.c.owner == workers.c.owner, deliveries.c.id.not_in(numbers)
    )
    connection.execute(delete(workers).where(workers.c.owner.in_(dead | over), ~holds_more))
    return found


def _is_over(connection: Connection, until: float, clock: float) -> bool:
    # A machine's clock begins again at its boot: a lease further off than any is of the boot before.
    is_of_before = connection.dialect.name == "sqlite" and until > clock + LONGEST_LEASE
    return until <= clock or is_of_before


def _taken_back(
    row: Any,  # noqa: ANN401  a row of what _held_by_the_gone reads
    now: datetime,
    idempotent: Collection[str],
    *,
    resend: bool,
) -> dict[str, Any]:
    was_inflight = row.state == DeliveryState.INFLIGHT.value
    is_in_doubt = was_inflight and row.transport not in idempotent
    is_for_a_person = is_in_doubt and (row.is_maybe_duplicate or not resend)
    state = DeliveryState.UNCERTAIN if is_for_a_person else DeliveryState.READY
    return {
        "id_is": row.id,
        "state_is": state.value,
        "is_doubtful": row.is_maybe_duplicate or is_in_doubt,
        "next_is": now if was_inflight else row.next_at,
        "text_is": _GONE if is_in_doubt else row.text,
        "settled_is": now if is_for_a_person else None,
    }


_SECONDS = cast(extract("epoch", func.clock_timestamp()), Double)
_DATABASE_CLOCK = select(_SECONDS)
_LEASE = select(workers.c.lease_until).where(workers.c.owner == bindparam("owner_is"))
_LEASE_LEFT = select(workers.c.lease_until - _SECONDS).where(
    workers.c.owner == bindparam("owner_is")
)
_GONE = "its worker went away while sending it: nobody knows whether it was accepted"
_TAKE_BACK = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("id_is"))
    .values(
        state=bindparam("state_is"),
        is_maybe_duplicate=bindparam("is_doubtful"),
        next_at=bindparam("next_is"),
        text=bindparam("text_is"),
        settled_at=bindparam("settled_is"),
        fence=deliveries.c.fence + literal_column("1"),
        owner=None,
        lease_until=None,
    )
)
