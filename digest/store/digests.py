"""Digests: what was chosen for whom, and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, bindparam, cast, exists, func, select

from digest.model.deliveries import DeliveryState
from digest.model.digests import Digest, Entry, Reason, Window
from digest.model.subscribers import Wishes
from digest.store.bulk import insert_rows, take_ids
from digest.store.entries import entries_from_json, entries_of_before, papers_in
from digest.store.lacking import lacking_from_json
from digest.store.tables import deliveries, digest_entries, digests, subscribers, wishes
from digest.store.wishes import all_from_json

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
        select(digests.c.id, digests.c.subscriber_id, cast(digests.c.entries, Text))
        .join(deliveries, deliveries.c.digest_id == digests.c.id)
        .join(subscribers, subscribers.c.id == digests.c.subscriber_id)
        .where(
            digests.c.subscriber_id.in_(subscriber_ids),
            digests.c.window_through > func.coalesce(subscribers.c.seen_through, 0),
            deliveries.c.state.in_([state.value for state in _MAY_BE_SEEN]),
            ~has_expired,
        )
    )
    rows = [tuple(row) for row in connection.execute(statement)]
    shown = papers_of(connection, [(number, stored) for number, _, stored in rows])
    found: dict[int, set[int]] = {}
    for number, subscriber_id, _ in rows:
        for paper, folded in shown[number]:
            found.setdefault(subscriber_id, set()).update((paper, *folded))
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


@dataclass(frozen=True, slots=True)
class NewDigests:
    """Digests of one moment and one newest dump, column by column.

    `entries` are as `store.entries` writes them; each was composed for the wishes of its reader at
    one of the `revisions`, which are stored. `lacking` is as `store.lacking` writes it.
    """

    composed_at: datetime
    window_through: int
    subscriber_ids: Sequence[int]
    periods: Sequence[date]
    window_after: Sequence[int]
    revisions: Sequence[int]
    considered: Sequence[int]
    matched: Sequence[int]
    excluded: Sequence[int]
    is_rest: Sequence[bool]
    entries: Sequence[str]
    lacking: str | None = None


def add_digests(connection: Connection, new: NewDigests) -> list[int]:
    """Store digests with their entries; return their ids in the order given.

    The caller holds their subscribers (`hold_due`) and has asked `composed_periods`; a second
    digest for a period is refused by the table, and with it the whole transaction.
    """
    count = len(new.subscriber_ids)
    numbers = take_ids(connection, digests, count)
    columns: dict[str, Sequence[Any]] = {
        "id": numbers,
        "subscriber_id": new.subscriber_ids,
        "period": new.periods,
        "window_after": new.window_after,
        "window_through": [new.window_through] * count,
        "considered": new.considered,
        "matched": new.matched,
        "composed_at": [new.composed_at] * count,
        "excluded": new.excluded,
        "is_rest": new.is_rest,
        "entries": new.entries,
        "wishes_revision": new.revisions,
    }
    if new.lacking is not None:
        columns["lacking"] = [new.lacking] * count
    insert_rows(connection, digests, columns)
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
    rows = connection.execute(_DIGESTS, {"numbers": list(numbers)}).all()
    known = [row for row in rows if row.wishes_then is not None]
    read = all_from_json([row.wishes_then for row in known])
    wishes_of = {row.id: each for row, each in zip(known, read, strict=True)}
    entries = _entries(connection, rows, wishes_of)
    return {
        row.id: Digest(
            id=row.id,
            subscriber_id=row.subscriber_id,
            period=row.period,
            window=Window(row.window_after, row.window_through),
            considered=row.considered,
            matched=row.matched,
            entries=entries[row.id],
            composed_at=row.composed_at,
            wishes=wishes_of.get(row.id),
            excluded=row.excluded,
            is_rest=row.is_rest,
            lacking=lacking_from_json(row.lacking),
        )
        for row in rows
    }


def newest_reasons(connection: Connection, subscriber_id: int, paper_id: int) -> tuple[Reason, ...]:
    """Return why a reader's newest digest with a paper has it; none if no digest has."""
    asked = {"number": subscriber_id, "begins": f"%[{paper_id},%", "paper": paper_id}
    for number in connection.execute(_MAY_SHOW, asked).scalars().all():
        for entry in digests_by_id(connection, [number])[number].entries:
            if entry.paper_id == paper_id:
                return entry.reasons
    return ()


def stored_entries(
    connection: Connection, digest_ids: Collection[int]
) -> list[tuple[int, str | None]]:
    """Return digests with what is stored of their entries, for `papers_of`."""
    rows = connection.execute(_STORED, {"numbers": list(digest_ids)})
    return [(row.id, row.entries_then) for row in rows]


def papers_of(
    connection: Connection, stored: Sequence[tuple[int, str | None]]
) -> dict[int, list[tuple[int, Sequence[int]]]]:
    """Return the papers of digests, best first, each with those folded under it, by their ids.

    Of each digest is given what is stored of its entries.
    """
    of_before = entries_of_before(connection, [number for number, text in stored if text is None])
    found: dict[int, list[tuple[int, Sequence[int]]]] = {
        number: papers_in(text) for number, text in stored if text is not None
    }
    for number, text in stored:
        if text is None:
            found[number] = [(e.paper_id, e.folded) for e in of_before.get(number, ())]
    return found


def _entries(
    connection: Connection, rows: Sequence[Row[Any]], wishes_of: Mapping[int, Wishes]
) -> dict[int, tuple[Entry, ...]]:
    """Return the entries of digests, best first, by the digests' ids."""
    own = [row for row in rows if row.entries_then is not None]
    stored = [(row.entries_then, _expressions(wishes_of.get(row.id))) for row in own]
    found = dict(zip([row.id for row in own], entries_from_json(connection, stored), strict=True))
    others = [row.id for row in rows if row.entries_then is None]
    of_before = entries_of_before(connection, others)
    return found | {number: of_before.get(number, ()) for number in others}


def _expressions(given: Wishes | None) -> tuple[str, ...]:
    return () if given is None else tuple([interest.expression for interest in given.interests])


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
DIGESTS = select(
    *(each for each in digests.c if each.name not in {"wishes", "entries"}),
    func.coalesce(cast(wishes.c.body, Text), cast(digests.c.wishes, Text)).label("wishes_then"),
    cast(digests.c.entries, Text).label("entries_then"),
).outerjoin(
    wishes,
    (wishes.c.subscriber_id == digests.c.subscriber_id)
    & (wishes.c.revision == digests.c.wishes_revision),
)
_DIGESTS: Select[Any] = DIGESTS.where(digests.c.id.in_(bindparam("numbers", expanding=True)))
_STORED = select(digests.c.id, cast(digests.c.entries, Text).label("entries_then")).where(
    digests.c.id.in_(bindparam("numbers", expanding=True))
)
# The pattern lets reasons pass as well, whose interest has that number: who asks looks again.
_MAY_SHOW = (
    select(digests.c.id)
    .where(
        digests.c.subscriber_id == bindparam("number"),
        cast(digests.c.entries, Text).like(bindparam("begins"))
        | exists().where(
            digest_entries.c.digest_id == digests.c.id,
            digest_entries.c.paper_id == bindparam("paper"),
        ),
    )
    .order_by(digests.c.period.desc())
)
