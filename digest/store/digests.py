"""Digests: what was chosen for whom, and why."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, Text, bindparam, cast, func, insert, select

from digest.model.deliveries import DeliveryState
from digest.model.digests import Digest, Entry, Field, MatchKind, Reason, Window
from digest.store.frozen_wishes import wishes_from_json, wishes_to_json
from digest.store.spent_ids import with_unspent_ids
from digest.store.tables import deliveries, digest_entries, digests, subscribers

# An enumeration's own look-up takes ten times as long.
_KINDS = {kind.value: kind for kind in MatchKind}
_FIELDS = {field.value: field for field in Field}

# A digest in one of these states may still have reached its reader, or may yet.
_MAY_BE_SEEN = (
    DeliveryState.PLANNED,
    DeliveryState.READY,
    DeliveryState.LEASED,
    DeliveryState.INFLIGHT,
    DeliveryState.ACCEPTED,
    DeliveryState.UNCERTAIN,
    DeliveryState.HELD,
)


def composed_periods(
    connection: Connection, periods: Collection[tuple[int, Any]]
) -> set[tuple[int, Any]]:
    """Return which of (subscriber id, local date) have a digest already."""
    wanted = set(periods)
    statement = select(digests.c.subscriber_id, digests.c.period).where(
        digests.c.subscriber_id.in_({number for number, _ in wanted}),
        digests.c.period.in_({period for _, period in wanted}),
    )
    return {(row.subscriber_id, row.period) for row in connection.execute(statement)} & wanted


def last_period(connection: Connection, subscriber_id: int) -> date | None:
    """Return the local date of a reader's newest digest, of a quiet day too; None if there is none."""
    newest = select(func.max(digests.c.period)).where(digests.c.subscriber_id == subscriber_id)
    found: date | None = connection.execute(newest).scalar()
    return found


def papers_on_their_way(
    connection: Connection, subscriber_ids: Collection[int], now: datetime
) -> dict[int, frozenset[int]]:
    """Return the papers beyond each reader's mark that a digest has shown them, or may yet.

    Papers folded under another are shown as well. A mail that waits past its time is sent no more,
    so its papers are not on their way; one that a person holds back may still be.
    """
    has_expired = (
        deliveries.c.state.in_((DeliveryState.PLANNED.value, DeliveryState.READY.value))
        & (deliveries.c.deadline_at <= now)
        & ~deliveries.c.is_maybe_duplicate
    )
    statement = (
        select(digests.c.subscriber_id, digest_entries.c.paper_id, digest_entries.c.folded)
        .join(digest_entries, digest_entries.c.digest_id == digests.c.id)
        .join(deliveries, deliveries.c.digest_id == digests.c.id)
        .join(subscribers, subscribers.c.id == digests.c.subscriber_id)
        .where(
            digests.c.subscriber_id.in_(subscriber_ids),
            digests.c.window_through > func.coalesce(subscribers.c.seen_through, 0),
            deliveries.c.state.in_([state.value for state in _MAY_BE_SEEN]),
            ~has_expired,
        )
    )
    found: dict[int, set[int]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.subscriber_id, set()).update((row.paper_id, *row.folded))
    return {number: frozenset(papers) for number, papers in found.items()}


def last_sent(
    connection: Connection, subscriber_ids: Collection[int], since: date
) -> dict[int, date]:
    """Return the local date of each reader's newest digest that was sent, or is to be, from `since` on.

    Whoever has none is left out; a quiet day is none.
    """
    statement = (
        select(digests.c.subscriber_id, func.max(digests.c.period).label("period"))
        .join(deliveries, deliveries.c.digest_id == digests.c.id)
        .where(
            digests.c.subscriber_id.in_(subscriber_ids),
            digests.c.period >= since,
            deliveries.c.state.in_([state.value for state in _MAY_BE_SEEN]),
        )
        .group_by(digests.c.subscriber_id)
    )
    return {row.subscriber_id: row.period for row in connection.execute(statement)}


def add_digests(connection: Connection, composed: Sequence[Digest]) -> list[int]:
    """Store digests with their entries; return their ids in the order given.

    The caller holds their subscribers (`hold_due`) and has asked `composed_periods`; a second
    digest for a period is refused by the table, and with it the whole transaction.
    """
    if not composed:
        return []
    statement = insert(digests).returning(digests.c.id, sort_by_parameter_order=True)
    rows = [
        {
            "subscriber_id": digest.subscriber_id,
            "period": digest.period,
            "window_after": digest.window.after,
            "window_through": digest.window.through,
            "considered": digest.considered,
            "matched": digest.matched,
            "composed_at": digest.composed_at,
            "wishes": None if digest.wishes is None else wishes_to_json(digest.wishes),
            "excluded": digest.excluded,
            "is_rest": digest.is_rest,
        }
        for digest in composed
    ]
    rows = [*with_unspent_ids(connection, digests, rows)]
    numbers = [int(number) for number in connection.execute(statement, rows).scalars()]
    entries = [
        {
            "digest_id": number,
            "rank": rank,
            "paper_id": entry.paper_id,
            "score": entry.score,
            "reasons": [_reason_to_json(reason) for reason in entry.reasons],
            "folded": list(entry.folded),
            "topic": entry.topic,
        }
        for number, digest in zip(numbers, composed, strict=True)
        for rank, entry in enumerate(digest.entries, start=1)
    ]
    if entries:
        connection.execute(insert(digest_entries), entries)
    return numbers


def marks_reached(connection: Connection, digest_ids: Collection[int]) -> list[tuple[int, int]]:
    """Return how far each reader has seen once these digests are done: (subscriber id, dump id).

    A mark never passes the beginning of another digest of the reader's that may still end
    undelivered, or that did so after this one was composed: its papers are not in this one.
    """
    rows = connection.execute(_MARKS, {"numbers": list(digest_ids)})
    return [
        (row.subscriber_id, min(row.window_through, row.blocked_at))
        if row.blocked_at is not None
        else (row.subscriber_id, row.window_through)
        for row in rows
    ]


def digests_by_id(connection: Connection, numbers: Collection[int]) -> dict[int, Digest]:
    """Return digests with their entries by their ids."""
    entries = _entries(connection, numbers)
    return {
        row.id: Digest(
            id=row.id,
            subscriber_id=row.subscriber_id,
            period=row.period,
            window=Window(row.window_after, row.window_through),
            considered=row.considered,
            matched=row.matched,
            entries=tuple(entries.get(row.id, ())),
            composed_at=row.composed_at,
            wishes=None if row.wishes is None else wishes_from_json(row.wishes),
            excluded=row.excluded,
            is_rest=row.is_rest,
        )
        for row in connection.execute(select(digests).where(digests.c.id.in_(numbers))).all()
    }


def newest_reasons(connection: Connection, subscriber_id: int, paper_id: int) -> tuple[Reason, ...]:
    """Return why a reader's newest digest with a paper has it; none if no digest has."""
    statement = (
        select(digest_entries.c.reasons)
        .join(digests, digests.c.id == digest_entries.c.digest_id)
        .where(digests.c.subscriber_id == subscriber_id, digest_entries.c.paper_id == paper_id)
        .order_by(digests.c.period.desc())
        .limit(1)
    )
    return tuple(map(_reason, connection.execute(statement).scalar() or ()))


def _entries(connection: Connection, numbers: Collection[int]) -> dict[int, list[Entry]]:
    """Return the entries of digests, best first, by the digests' ids."""
    rows = connection.execute(_ENTRIES, {"numbers": list(numbers)}).all()
    found: dict[int, list[Entry]] = {}
    told = _all_of([row[4] for row in rows])
    under = _all_of([row[5] for row in rows])
    for row, reasons, folded in zip(rows, told, under, strict=True):
        digest_id, paper_id, score, topic, _, _ = row
        entry = Entry(paper_id, score, tuple(map(_reason, reasons)), tuple(folded), topic)
        found.setdefault(digest_id, []).append(entry)
    return found


def _all_of(texts: list[str]) -> list[Any]:
    """Return what each of many JSON texts says."""
    found: list[Any] = json.loads(f"[{','.join(texts)}]")
    return found


def _reason_to_json(reason: Reason) -> dict[str, Any]:
    return {
        "expression": reason.expression,
        "kind": reason.kind.value,
        "field": reason.field.value,
        "sentence": reason.sentence,
        "spans": [list(span) for span in reason.spans],
        "share": reason.share,
    }


def _reason(stored: dict[str, Any]) -> Reason:
    return Reason(
        stored["expression"],
        _KINDS[stored["kind"]],
        _FIELDS[stored["field"]],
        stored["sentence"],
        tuple([(start, end) for start, end in stored["spans"]]),
        stored["share"],
    )


def _marks() -> Select[Any]:
    other = digests.alias()
    blocked_at = (
        select(func.min(other.c.window_after))
        .join(deliveries, deliveries.c.digest_id == other.c.id)
        .where(
            other.c.subscriber_id == digests.c.subscriber_id,
            other.c.id != digests.c.id,
            other.c.window_through > func.coalesce(subscribers.c.seen_through, 0),
            deliveries.c.state != DeliveryState.ACCEPTED.value,
            deliveries.c.settled_at.is_(None) | (deliveries.c.settled_at > digests.c.composed_at),
        )
        .correlate(digests, subscribers)
        .scalar_subquery()
    )
    return (
        select(digests.c.subscriber_id, digests.c.window_through, blocked_at.label("blocked_at"))
        .join(subscribers, subscribers.c.id == digests.c.subscriber_id)
        .where(digests.c.id.in_(bindparam("numbers", expanding=True)))
    )


# Built once: every mail that is accepted asks this.
_MARKS = _marks()
# What is JSON comes as text: one reading of all of it costs a fifth of one for every row.
_ENTRIES = (
    select(
        digest_entries.c.digest_id,
        digest_entries.c.paper_id,
        digest_entries.c.score,
        digest_entries.c.topic,
        cast(digest_entries.c.reasons, Text),
        cast(digest_entries.c.folded, Text),
    )
    .where(digest_entries.c.digest_id.in_(bindparam("numbers", expanding=True)))
    .order_by(digest_entries.c.digest_id, digest_entries.c.rank)
)
