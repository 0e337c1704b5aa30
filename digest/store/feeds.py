"""Feed snapshots, and the site's name that feed ids are made of."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, literal, select

from digest.model.feeds import FeedFormat, FeedSnapshot
from digest.store.tables import feed_snapshots, site
from digest.store.upsert import insert_new

# As exact as the date of an answer is.
_SECOND = timedelta(seconds=1)


class Site(NamedTuple):
    """The authority and year of every `tag:` id (RFC 4151): fixed at the first start."""

    authority: str
    started_at: datetime


class Mark(NamedTuple):
    """What tells a feed's bytes from others, without them."""

    etag: str
    updated_at: datetime


def read_site(connection: Connection) -> Site | None:
    """Return the site, None before its first start."""
    row = connection.execute(select(site.c.authority, site.c.started_at)).first()
    return Site(row.authority, row.started_at) if row else None


def found_site(connection: Connection, authority: str, now: datetime) -> Site:
    """Return the site, founding it at the first call; later authorities change nothing."""
    known = read_site(connection)
    if known is None:
        row = {"id": 1, "authority": authority, "started_at": now}
        connection.execute(insert_new(connection, site), row)
        known = read_site(connection)  # perhaps another process's, a moment before
    return known or Site(authority, now)


def save_snapshot(
    connection: Connection, snapshot: FeedSnapshot, changed_at: datetime | None = None
) -> bool:
    """Keep a feed's bytes in place of the older ones; tell whether they changed.

    Other bytes that are no newer by their papers are so by `changed_at`: who asks by the date of the
    older ones gets them.
    """
    same = (feed_snapshots.c.name == snapshot.name) & (
        feed_snapshots.c.format == snapshot.format.value
    )
    stored = connection.execute(
        select(feed_snapshots.c.etag, feed_snapshots.c.updated_at).where(same)
    ).first()
    if stored and stored.etag == snapshot.etag:
        return False
    updated_at = snapshot.updated_at
    if stored and changed_at and updated_at <= stored.updated_at:
        updated_at = max(changed_at, stored.updated_at + _SECOND)
    connection.execute(delete(feed_snapshots).where(same))
    connection.execute(
        insert(feed_snapshots).values(
            name=snapshot.name,
            format=snapshot.format.value,
            body=snapshot.body,
            body_gzip=snapshot.body_gzip,
            etag=snapshot.etag,
            updated_at=updated_at,
        )
    )
    return True


def begins_with(connection: Connection, name: str, format_: FeedFormat, head: bytes) -> bool:
    """Tell whether a feed's bytes are there and begin with these; the rest is not read."""
    # What follows must be of the same type, which a database does not see in a bare parameter.
    start = func.substr(feed_snapshots.c.body, 1, len(head))
    return bool(
        connection.execute(
            select(literal(1)).where(
                feed_snapshots.c.name == name,
                feed_snapshots.c.format == format_.value,
                start == literal(head, feed_snapshots.c.body.type),
            )
        ).scalar()
    )


def read_mark(connection: Connection, name: str, format_: FeedFormat) -> Mark | None:
    """Return what tells a feed's bytes from others, None if it was never built."""
    row = connection.execute(
        select(feed_snapshots.c.etag, feed_snapshots.c.updated_at).where(
            feed_snapshots.c.name == name, feed_snapshots.c.format == format_.value
        )
    ).first()
    return Mark(row.etag, row.updated_at) if row else None


def snapshot_names(connection: Connection, feed: str) -> list[str]:
    """Return the names of the documents of a feed's months, newest first: "trending/2026-03"."""
    names = connection.execute(
        select(feed_snapshots.c.name)
        .where(feed_snapshots.c.name.startswith(f"{feed}/", autoescape=True))
        .distinct()
        .order_by(feed_snapshots.c.name.desc())
    )
    return list(names.scalars())


def read_snapshot(connection: Connection, name: str, format_: FeedFormat) -> FeedSnapshot | None:
    """Return a feed's bytes, None if it was never built."""
    row = connection.execute(
        select(feed_snapshots).where(
            feed_snapshots.c.name == name, feed_snapshots.c.format == format_.value
        )
    ).first()
    if row is None:
        return None
    return FeedSnapshot(
        row.name, FeedFormat(row.format), row.body, row.body_gzip, row.etag, row.updated_at
    )
