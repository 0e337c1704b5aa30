"""All that is kept about one reader, as plain data, in parts of a bounded size."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, select

from digest.model.digests import Entry
from digest.store.account_tables import address_changes, sessions, sign_ins
from digest.store.digests import digests_by_id
from digest.store.tables import (
    attempts,
    bounce_scores,
    bounces,
    deliveries,
    digests,
    feed_fetches,
    feedback,
    interests,
    mutes,
    papers,
    private_feeds,
    subscribers,
    suppressions,
)
from digest.store.wishes import wishes_to_json

PART = 100
# Of what a browser shows a hash is kept ("digest"), which is nobody's to see; the others are names
# that only this database understands.
_LEFT_OUT = frozenset(
    {"digest", "operator_id", "owner", "lease_until", "fence", "subscriber_id", "wishes_revision"}
)
_FEW: tuple[Table, ...] = (interests, mutes, private_feeds, feed_fetches, sign_ins, address_changes)

Data = dict[str, Any]


def reader_data(connection: Connection, subscriber_id: int) -> Data | None:
    """Return what is kept about a reader but their digests and mails, None if there is none."""
    rows = _rows(connection, select(subscribers).where(subscribers.c.id == subscriber_id))
    if not rows:
        return None
    [reader] = rows
    key = reader["address_key"]
    about: Data = {"reader": reader}
    for table in (*_FEW, sessions):
        mine = select(table).where(table.c.subscriber_id == subscriber_id)
        about[table.name] = _rows(connection, mine.order_by(*table.primary_key.columns))
    said = (
        select(papers.c.key.label("paper"), papers.c.title, feedback.c.kind, feedback.c.given_at)
        .join(feedback, feedback.c.paper_id == papers.c.id)
        .where(feedback.c.subscriber_id == subscriber_id)
        .order_by(feedback.c.given_at, papers.c.id)
    )
    about["feedback"] = _rows(connection, said)
    for table in (suppressions, bounce_scores):
        about[table.name] = _rows(connection, select(table).where(table.c.address_key == key))
    return about


def digests_data(connection: Connection, subscriber_id: int, after: int) -> list[Data]:
    """Return a reader's next digests after an id, oldest first, with their papers and reasons."""
    found = _part(connection, digests, subscriber_id, after)
    told = digests_by_id(connection, [each["id"] for each in found])
    shown = {number for each in told.values() for number in each.paper_ids}
    named: Select[Any] = select(papers.c.id, papers.c.key, papers.c.title)
    rows = connection.execute(named.where(papers.c.id.in_(shown)))
    by_id = {row.id: row for row in rows}
    for each in found:
        digest = told[each["id"]]
        each["wishes"] = None if digest.wishes is None else wishes_to_json(digest.wishes)
        each["entries"] = [
            _shown(rank, entry, by_id) for rank, entry in enumerate(digest.entries, start=1)
        ]
    return found


def deliveries_data(connection: Connection, subscriber_id: int, after: int) -> list[Data]:
    """Return a reader's next mails after an id, oldest first, and how each went."""
    found = _part(connection, deliveries, subscriber_id, after)
    numbers = [each["id"] for each in found]
    for name, table in (("tries", attempts), ("returned", bounces)):
        theirs = select(table).where(table.c.delivery_id.in_(numbers)).order_by(table.c.id)
        _hang(found, name, _rows(connection, theirs), "delivery_id")
    return found


def _part(connection: Connection, table: Table, subscriber_id: int, after: int) -> list[Data]:
    mine = select(table).where(table.c.subscriber_id == subscriber_id, table.c.id > after)
    return _rows(connection, mine.order_by(table.c.id).limit(PART))


def _shown(rank: int, entry: Entry, by_id: Mapping[int, Row[Any]]) -> Data:
    paper = by_id[entry.paper_id]
    return {
        "rank": rank,
        "paper": paper.key,
        "title": paper.title,
        "score": entry.score,
        "topic": entry.topic,
        "reasons": [asdict(reason) for reason in entry.reasons],
        "folded": [by_id[number].key for number in entry.folded if number in by_id],
    }


def _hang(owners: list[Data], name: str, rows: list[Data], by: str) -> None:
    """Give each owner those rows that name it, under `name`."""
    of = {each["id"]: each for each in owners}
    for each in owners:
        each[name] = []
    for row in rows:
        of[row.pop(by)][name].append(row)


def _rows(connection: Connection, statement: Select[Any]) -> list[Data]:
    return [dict(_plain(row)) for row in connection.execute(statement)]


def _plain(row: Row[Any]) -> Iterator[tuple[str, Any]]:
    for name, value in row._mapping.items():  # noqa: SLF001  public, in spite of its name
        if name not in _LEFT_OUT:
            yield name, value
