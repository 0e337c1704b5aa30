"""How fast mail may go, by transport and domain group, and how transports are: for all processes."""

import math
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, select, update

from digest.model.deliveries import Throttle, TransportHealth
from digest.store.tables import throttles, transports
from digest.store.upsert import insert_into, insert_new, insert_or_replace
from digest.store.workers import lease_now

_THROTTLE = ["concurrency", "strikes", "cooldown_until", "rate"]
_COOLING = ["strikes", "cooldown_until"]


def load_throttles(
    connection: Connection, names: Collection[str]
) -> dict[tuple[str, str], Throttle]:
    """Return throttles by transport and domain group; one that was never saved is left out."""
    statement = select(throttles).where(throttles.c.transport.in_(names))
    return {
        (row.transport, row.domain_group): Throttle(
            row.concurrency, row.strikes, row.cooldown_until, row.rate
        )
        for row in connection.execute(statement)
    }


def save_throttles(
    connection: Connection, transport: str, changed: Mapping[str, Throttle], now: datetime
) -> None:
    """Write down a transport's throttles by domain group; the tokens in their buckets stay.

    Who knows of no cooldown does not end one: another process has been told of it meanwhile.
    """
    rows = [
        {
            "transport": transport,
            "domain_group": group,
            "concurrency": throttle.concurrency,
            "strikes": throttle.strikes,
            "cooldown_until": throttle.cooldown_until,
            "rate": throttle.rate,
        }
        for group, throttle in sorted(changed.items())
    ]
    if rows:
        connection.execute(_keep_cooling(connection, now), rows)


def _keep_cooling(connection: Connection, now: datetime) -> Any:  # noqa: ANN401  one class a dialect
    """Return an INSERT that changes a throttle, but for a cooldown that is not over."""
    statement = insert_into(connection, throttles)
    told = statement.excluded
    is_cooling = told.cooldown_until.is_(None) & (throttles.c.cooldown_until > now)
    changes = {name: told[name] for name in _THROTTLE}
    for name in _COOLING:
        changes[name] = case((is_cooling, throttles.c[name]), else_=told[name])
    return statement.on_conflict_do_update(
        index_elements=list(throttles.primary_key.columns), set_=changes
    )


def take_tokens(  # noqa: PLR0913, PLR0917  one bucket, whole
    connection: Connection, transport: str, group: str, rate: float, burst: float, want: int
) -> int:
    """Take up to `want` tokens of the bucket that all processes share; return how many were in it.

    It begins full, holds `burst`, and gains `rate` a second by the lease clock.
    """
    new = Throttle()
    row = {
        "transport": transport,
        "domain_group": group,
        "concurrency": new.concurrency,
        "strikes": new.strikes,
    }
    connection.execute(insert_new(connection, throttles), row)
    here = (throttles.c.transport == transport) & (throttles.c.domain_group == group)
    bucket = select(throttles.c.tokens, throttles.c.refilled_at).where(here).with_for_update()
    tokens, refilled_at = connection.execute(bucket).one()
    now = lease_now(connection)
    if tokens is None:
        tokens, refilled_at = burst, now
    # The machine's clock begins again at its boot.
    tokens = min(burst, tokens + max(0.0, now - refilled_at) * rate)
    taken: int = max(0, min(want, math.floor(tokens)))
    change = update(throttles).where(here).values(tokens=tokens - taken, refilled_at=now)
    connection.execute(change)
    return taken


def load_transport(connection: Connection, name: str) -> TransportHealth:
    """Return how a transport is; one that nothing is known of is well."""
    row = connection.execute(select(transports).where(transports.c.name == name)).first()
    if row is None:
        return TransportHealth()
    return TransportHealth(row.failures, row.down_until, row.problem)


def save_transport(connection: Connection, name: str, health: TransportHealth) -> None:
    """Write down how a transport is."""
    row = {
        "name": name,
        "failures": health.failures,
        "down_until": health.down_until,
        "problem": health.problem,
    }
    connection.execute(insert_or_replace(connection, transports), row)
