"""Readers' own feeds: which address is good, what is in them, and when they were last fetched."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    update,
)

from digest.errors import StoreAwayError
from digest.model.deliveries import DeliveryState
from digest.model.private_feeds import FeedState, PrivateFeed
from digest.model.subscribers import SubscriberState
from digest.store.digests import papers_of, stored_entries
from digest.store.known import known
from digest.store.tables import (
    deliveries,
    digests,
    feed_fetches,
    papers,
    private_feeds,
    subscribers,
)
from digest.store.upsert import insert_into, insert_new

MAX_DIGESTS = 30
MAX_PROGRAM = 40

# What no person has let go yet, and what came too late: its papers come again in another digest.
_NOT_SHOWN = (DeliveryState.PLANNED, DeliveryState.HELD, DeliveryState.EXPIRED)


class Standing(NamedTuple):
    """What a reader of a given number has: in which state they are, their feed, what is in it."""

    reader: SubscriberState
    feed: PrivateFeed | None
    state: FeedState | None


def open_feed(connection: Connection, subscriber_id: int, now: datetime) -> None:
    """Give a reader a feed; one that was closed gets a new address, one that is open keeps its own."""
    row = {"subscriber_id": subscriber_id, "version": 1, "is_open": True, "opened_at": now}
    connection.execute(insert_new(connection, private_feeds), row)
    connection.execute(
        update(private_feeds)
        .where(private_feeds.c.subscriber_id == subscriber_id, private_feeds.c.is_open.is_(False))
        .values(is_open=True, version=private_feeds.c.version + 1)
    )


def rotate_feed(connection: Connection, subscriber_id: int, version: int) -> bool:
    """Give an open feed another address in place of that of `version`; tell whether it was that one."""
    return _change(connection, subscriber_id, version, is_open=True)


def close_feed(connection: Connection, subscriber_id: int, version: int) -> bool:
    """Let the address of `version` lead nowhere from now on; tell whether it was the good one."""
    return _change(connection, subscriber_id, version, is_open=False)


def private_feed(connection: Connection, subscriber_id: int) -> PrivateFeed | None:
    """Return a reader's feed, None if they never opened one."""
    row = connection.execute(_FEED, {"number": subscriber_id}).first()
    if row is None:
        return None
    return PrivateFeed(row.version, row.is_open, row.opened_at, row.fetched_on, row.program or "")


def standing(connection: Connection, subscriber_id: int) -> Standing | None:
    """Return what is known of a reader's feed, None if there is no such reader.

    One statement, asked by keys, is all that a request costs for which nothing has changed, unless
    papers were completed since the newest digest. Raises StoreAwayError for a reader in a state that
    only a newer release knows.
    """
    row = connection.execute(_STANDING, {"number": subscriber_id}).first()
    if row is None:
        return None
    state = known(SubscriberState, row.state)
    if state is None:
        # Neither gone nor there: said as what passes, since feed readers take "gone" for ever.
        message = (
            "only a newer version of Digest, which is being installed, knows this reader's state"
        )
        raise StoreAwayError(message)
    if row.version is None:
        return Standing(state, None, None)
    feed = PrivateFeed(row.version, row.is_open, row.opened_at, row.fetched_on)
    numbers = _numbers(row.numbers)
    completed_at = _completed_at(connection, numbers) if row.is_any_completed else None
    moments = (row.opened_at, row.composed_at, completed_at)
    return Standing(
        state, feed, FeedState(numbers, max(each for each in moments if each is not None))
    )


def note_fetch(connection: Connection, subscriber_id: int, on: date, program: str) -> None:
    """Write down that a feed was fetched on a day, and by what; the first of a day stays.

    Of a reader who was erased a moment ago nothing is written.
    """
    reader = select(subscribers.c.id).where(subscribers.c.id == subscriber_id)
    if connection.execute(reader.with_for_update(read=True, key_share=True)).first() is None:
        return
    row = {"subscriber_id": subscriber_id, "fetched_on": on, "program": program[:MAX_PROGRAM]}
    statement = insert_into(connection, feed_fetches)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[feed_fetches.c.subscriber_id],
            set_={
                "fetched_on": statement.excluded.fetched_on,
                "program": statement.excluded.program,
            },
            where=feed_fetches.c.fetched_on < statement.excluded.fetched_on,
        ),
        row,
    )


def _change(connection: Connection, subscriber_id: int, version: int, *, is_open: bool) -> bool:
    changed = connection.execute(
        update(private_feeds)
        .where(
            private_feeds.c.subscriber_id == subscriber_id,
            private_feeds.c.version == version,
            private_feeds.c.is_open.is_(True),
        )
        .values(version=version + 1, is_open=is_open)
    )
    return changed.rowcount == 1


def _completed_at(connection: Connection, digest_ids: Sequence[int]) -> datetime | None:
    """Return when a paper of these digests was changed last."""
    found = stored_entries(connection, digest_ids)
    shown = {paper for each in papers_of(connection, found).values() for paper, _ in each}
    changed: datetime | None = connection.execute(_CHANGED, {"numbers": sorted(shown)}).scalar()
    return changed


def _numbers(joined: str | None) -> tuple[int, ...]:
    return tuple(sorted(map(int, joined.split(",")), reverse=True)) if joined else ()


def _standing() -> Select[Any]:
    shown = (
        select(digests.c.id, digests.c.composed_at)
        .join(deliveries, deliveries.c.digest_id == digests.c.id)
        .where(
            digests.c.subscriber_id == bindparam("number"),
            # Written as they are, so that nothing is bound for every one of them.
            deliveries.c.state.not_in([literal_column(f"'{each.value}'") for each in _NOT_SHOWN]),
        )
        .order_by(digests.c.period.desc())
        .limit(literal_column(str(MAX_DIGESTS)))
        .cte("shown")
    )
    # A separator that is bound would be written into the statement anew at every request.
    comma: Any = literal_column("','")
    numbers = select(func.aggregate_strings(cast(shown.c.id, String), comma)).scalar_subquery()
    composed_at = select(func.max(shown.c.composed_at)).scalar_subquery()
    # A paper is older than the digest it is in, but for one that was completed afterwards: as long
    # as there is none anywhere, the papers need not be looked at, which is two thirds of the work.
    is_any_completed = (
        select(papers.c.id)
        .where(papers.c.updated_at > papers.c.created_at, papers.c.updated_at > composed_at)
        .exists()
    )
    return (
        select(
            subscribers.c.state,
            private_feeds.c.version,
            private_feeds.c.is_open,
            private_feeds.c.opened_at,
            feed_fetches.c.fetched_on,
            numbers.label("numbers"),
            composed_at.label("composed_at"),
            is_any_completed.label("is_any_completed"),
        )
        .outerjoin(private_feeds, private_feeds.c.subscriber_id == subscribers.c.id)
        .outerjoin(feed_fetches, feed_fetches.c.subscriber_id == subscribers.c.id)
        .where(subscribers.c.id == bindparam("number"))
    )


_CHANGED = select(func.max(papers.c.updated_at)).where(
    papers.c.id.in_(bindparam("numbers", expanding=True))
)
# Built once: feed readers ask this every few minutes.
_STANDING = _standing()
_FEED = (
    select(private_feeds, feed_fetches.c.fetched_on, feed_fetches.c.program)
    .outerjoin(feed_fetches, feed_fetches.c.subscriber_id == private_feeds.c.subscriber_id)
    .where(private_feeds.c.subscriber_id == bindparam("number"))
)
