"""Token buckets that all processes share: who may ask how often, by a key that names nobody."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, delete, select, update

from digest.store.account_tables import rate_buckets
from digest.store.upsert import insert_new

# No bucket takes longer to fill: one untouched for as long is full, as one that is not there is.
LONGEST = timedelta(days=1)


def take_token(
    connection: Connection, key: str, size: float, fills_in: timedelta, now: datetime
) -> timedelta:
    """Take a token of a bucket; return no time if it had one, else how long until it has.

    It begins full, holds `size`, and fills from empty in `fills_in`. Its row is held until the
    transaction ends, so that two who take at once take turns; who finds none changes nothing.
    """
    row = connection.execute(_held(key)).first()
    if row is None:
        new = {"key": key, "tokens": size, "refilled_at": now}
        connection.execute(insert_new(connection, rate_buckets), new)
        row = connection.execute(_held(key)).one()
    # A clock that was wrong and is right again must not keep a bucket shut until then.
    passed = max(now - row.refilled_at, timedelta())
    tokens = min(size, row.tokens + passed / fills_in * size)
    is_ahead = row.refilled_at > now
    is_there = tokens >= 1
    if is_there or is_ahead:
        change = update(rate_buckets).where(rate_buckets.c.key == key)
        connection.execute(change.values(tokens=tokens - is_there, refilled_at=now))
    return timedelta() if is_there else (1 - tokens) / size * fills_in


def forget_full(connection: Connection, now: datetime) -> int:
    """Delete the buckets that are full again; return how many there were."""
    full = rate_buckets.c.refilled_at < now - LONGEST
    return connection.execute(delete(rate_buckets).where(full)).rowcount


def _held(key: str) -> Select[tuple[float, datetime]]:
    columns = (rate_buckets.c.tokens, rate_buckets.c.refilled_at)
    return select(*columns).where(rate_buckets.c.key == key).with_for_update()
