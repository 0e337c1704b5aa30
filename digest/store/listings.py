"""Which dump lists which papers: by day, by dump, by paper; each answered by an index."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, select

from digest.model.listings import Place
from digest.model.papers import StoredDump
from digest.store.dumps import stored_dump
from digest.store.tables import dumps, listings


class PaperPlace(NamedTuple):
    """A dump that lists a paper, and where."""

    dump: StoredDump
    position: int


def places_between(connection: Connection, first: date, last: date) -> list[Place]:
    """Return what the dumps of these days list, day by day and in the order of the lists."""
    return [
        Place(row.paper_id, row.dump_id, row.dated_on, row.position)
        for row in connection.execute(of_days(first, last))
    ]


def of_days(first: date, last: date) -> Select[int, int, date, int]:
    """Return the statement that asks what the dumps of some days list."""
    return (
        select(listings.c.paper_id, listings.c.dump_id, dumps.c.dated_on, listings.c.position)
        .join(dumps, dumps.c.id == listings.c.dump_id)
        .where(dumps.c.dated_on.between(first, last))
        .order_by(dumps.c.dated_on, listings.c.dump_id, listings.c.position)
    )


def dumps_of_day(connection: Connection, day: date) -> list[StoredDump]:
    """Return the dumps of a day in the order they were taken in."""
    statement = select(dumps).where(dumps.c.dated_on == day).order_by(dumps.c.id)
    return [stored_dump(row) for row in connection.execute(statement)]


def day_before(connection: Connection, day: date) -> date | None:
    """Return the last day before this one whose lists have papers, None if there is none."""
    return connection.execute(
        _days().where(dumps.c.dated_on < day).order_by(dumps.c.dated_on.desc())
    ).scalar()


def day_after(connection: Connection, day: date) -> date | None:
    """Return the first day after this one whose lists have papers, None if there is none."""
    return connection.execute(
        _days().where(dumps.c.dated_on > day).order_by(dumps.c.dated_on)
    ).scalar()


def newest_day(connection: Connection) -> date | None:
    """Return the last day whose lists have papers, None if there is none."""
    return connection.execute(_days().order_by(dumps.c.dated_on.desc())).scalar()


def dump_by_id(connection: Connection, dump_id: int) -> StoredDump | None:
    """Return a dump, None if there is none."""
    row = connection.execute(select(dumps).where(dumps.c.id == dump_id)).first()
    return stored_dump(row) if row else None


def places_of_dump(
    connection: Connection, dump_id: int, skip: int, limit: int
) -> list[tuple[int, int]]:
    """Return (paper id, position) of what a dump lists in its order, `limit` after the first `skip`."""
    return [
        (row.paper_id, row.position) for row in connection.execute(of_dump(dump_id, skip, limit))
    ]


def of_dump(dump_id: int, skip: int, limit: int) -> Select[int, int]:
    """Return the statement that asks what a dump lists."""
    return (
        select(listings.c.paper_id, listings.c.position)
        .where(listings.c.dump_id == dump_id)
        .order_by(listings.c.position)
        .offset(skip)
        .limit(limit)
    )


def places_of_paper(connection: Connection, paper_id: int, limit: int) -> list[PaperPlace]:
    """Return the dumps that list a paper, the last first, at most `limit`."""
    rows = connection.execute(of_paper(paper_id).limit(limit))
    return [PaperPlace(stored_dump(row), row.position) for row in rows]


def of_paper(paper_id: int) -> Select[*tuple[Any, ...]]:
    """Return the statement that asks where a paper is listed."""
    return (
        select(dumps, listings.c.position)
        .join(listings, listings.c.dump_id == dumps.c.id)
        .where(listings.c.paper_id == paper_id)
        .order_by(listings.c.dump_id.desc(), listings.c.position)
    )


def count_places(connection: Connection, paper_id: int) -> int:
    """Return how often a paper is listed."""
    statement = select(func.count()).where(listings.c.paper_id == paper_id)
    return connection.execute(statement).scalar_one()


def _days() -> Select[date]:
    return select(dumps.c.dated_on).where(dumps.c.papers > 0).limit(1)
