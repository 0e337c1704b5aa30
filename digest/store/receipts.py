"""What receipts are told from: one reader's rows, each found by an index."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    Select,
    bindparam,
    func,
    literal_column,
    select,
)

from digest.model.deliveries import BounceKind, Delivery, MailKind
from digest.model.receipts import Choice, Intake, ReadDump, Returned
from digest.store.deliveries import COLUMNS, delivery
from digest.store.digests import DIGESTS, papers_of, stored_entries
from digest.store.known import known
from digest.store.lacking import lacking_from_json
from digest.store.tables import bounces, deliveries, digests, dumps, papers
from digest.store.wishes import wishes_from_json

# Of a first digest, or one after weeks without any.
_NAMED_DUMPS = 8


def choices_between(
    connection: Connection, subscriber_id: int, first: date, last: date
) -> dict[date, Choice]:
    """Return a reader's digests in numbers, by the days from `first` to `last`."""
    asked = {"number": subscriber_id, "first": first, "last": last}
    rows = connection.execute(CHOICES, asked).all()
    return {choice.period: choice for choice in _choices(connection, rows)}


def choices_before(
    connection: Connection, subscriber_id: int, before: date, limit: int
) -> list[Choice]:
    """Return a reader's newest digests with papers from before a day, newest first."""
    asked = {"number": subscriber_id, "before": before, "most": limit}
    rows = connection.execute(MAILED, asked).all()
    return _choices(connection, rows)


def mails_of(connection: Connection, digest_ids: Collection[int]) -> dict[int, Delivery]:
    """Return the mails of digests, by the ids of the digests."""
    if not digest_ids:
        return {}
    rows = connection.execute(MAILS, {"numbers": list(digest_ids)})
    found = [delivery(row) for row in rows]
    return {each.digest_id: each for each in found if each.digest_id is not None}


def first_papers(connection: Connection, digest_ids: Collection[int]) -> dict[int, str]:
    """Return the titles of the best papers of digests, by the ids of the digests."""
    if not digest_ids:
        return {}
    shown = papers_of(connection, stored_entries(connection, digest_ids))
    first = {number: papers_shown[0][0] for number, papers_shown in shown.items() if papers_shown}
    rows = connection.execute(TITLES, {"numbers": sorted(set(first.values()))})
    titles = {row.id: row.title for row in rows}
    return {number: titles[paper] for number, paper in first.items() if paper in titles}


def intake_of(connection: Connection, choice: Choice) -> Intake:
    """Return what was read for a digest."""
    window = {"after": choice.window_after, "through": choice.window_through}
    rows = connection.execute(DUMPS, window).all()
    return Intake(
        tuple(ReadDump(r.name, r.dated_on, r.new_papers, r.ingested_at) for r in reversed(rows)),
        int(connection.execute(COUNT_DUMPS, window).scalar_one()),
        int(connection.execute(COUNT_PAPERS, window).scalar_one()),
    )


def returned_for(
    connection: Connection, delivery_ids: Collection[int]
) -> dict[int, tuple[Returned, ...]]:
    """Return what came back about mails, in its order, by their ids."""
    if not delivery_ids:
        return {}
    found: dict[int, tuple[Returned, ...]] = {}
    for row in connection.execute(RETURNED, {"numbers": list(delivery_ids)}):
        if kind := known(BounceKind, row.kind):
            one = Returned(kind, row.text, row.received_at)
            found[row.delivery_id] = (*found.get(row.delivery_id, ()), one)
    return found


def farewells(connection: Connection, subscriber_id: int) -> tuple[datetime, ...]:
    """Return when a reader unsubscribed, as far as we said goodbye; newest first."""
    return tuple(connection.execute(FAREWELLS, {"number": subscriber_id}).scalars())


def next_period(connection: Connection, subscriber_id: int, day: date) -> date | None:
    """Return the day of a reader's first digest after a day, None if there is none yet."""
    found = connection.execute(NEXT_PERIOD, {"number": subscriber_id, "day": day}).scalar()
    return found if isinstance(found, date) else None


def _choices(connection: Connection, rows: Sequence[Row[Any]]) -> list[Choice]:
    shown = papers_of(connection, [(row.id, row.entries_then) for row in rows])
    return [_choice(row, [folded for _, folded in shown[row.id]]) for row in rows]


def _choice(row: Row[Any], folded: Sequence[Sequence[int]]) -> Choice:
    return Choice(
        number=row.id,
        period=row.period,
        window_after=row.window_after,
        window_through=row.window_through,
        composed_at=row.composed_at,
        considered=row.considered,
        matched=row.matched,
        excluded=row.excluded,
        is_rest=row.is_rest,
        entries=len(folded),
        folded=sum(map(len, folded)),
        wishes=None if row.wishes_then is None else wishes_from_json(json.loads(row.wishes_then)),
        lacking=lacking_from_json(row.lacking),
    )


def _of_reader() -> Select[Any]:
    return DIGESTS.where(digests.c.subscriber_id == bindparam("number"))


_NUMBERS: BindParameter[Any] = bindparam("numbers", expanding=True)
_IN_WINDOW = (dumps.c.id > bindparam("after")) & (dumps.c.id <= bindparam("through"))
# Built once, and where a test finds them: it asks both databases how they would run them.
CHOICES = _of_reader().where(digests.c.period.between(bindparam("first"), bindparam("last")))
MAILED = (
    _of_reader()
    .where(
        digests.c.period < bindparam("before"),
        select(deliveries.c.id).where(deliveries.c.digest_id == digests.c.id).exists(),
    )
    .order_by(digests.c.period.desc())
    .limit(bindparam("most"))
)
MAILS: Select[Any] = select(*COLUMNS).where(deliveries.c.digest_id.in_(_NUMBERS))
TITLES = select(papers.c.id, papers.c.title).where(papers.c.id.in_(_NUMBERS))
DUMPS = select(dumps).where(_IN_WINDOW).order_by(dumps.c.id.desc()).limit(_NAMED_DUMPS)
COUNT_DUMPS = select(func.count()).select_from(dumps).where(_IN_WINDOW)
COUNT_PAPERS = (
    select(func.count())
    .select_from(papers)
    .where(
        papers.c.first_dump_id > bindparam("after"), papers.c.first_dump_id <= bindparam("through")
    )
)
RETURNED = (
    select(bounces.c.delivery_id, bounces.c.kind, bounces.c.text, bounces.c.received_at)
    .where(bounces.c.delivery_id.in_(_NUMBERS))
    .order_by(bounces.c.id)
)
FAREWELLS = (
    select(deliveries.c.planned_at)
    .where(
        deliveries.c.subscriber_id == bindparam("number"),
        deliveries.c.kind == literal_column(f"'{MailKind.GOODBYE.value}'"),
    )
    .order_by(deliveries.c.period.desc())
    .limit(literal_column("20"))
)
NEXT_PERIOD = (
    select(digests.c.period)
    .where(digests.c.subscriber_id == bindparam("number"), digests.c.period > bindparam("day"))
    .order_by(digests.c.period)
    .limit(literal_column("1"))
)
