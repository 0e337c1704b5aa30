"""Papers and the dumps that list them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, insert, select, tuple_, union, update

from digest.model.papers import (
    KnownPaper,
    Link,
    LinkKind,
    ListedPaper,
    NewPaper,
    Paper,
    PaperId,
    Scheme,
)
from digest.store.completing import add_bands, add_ids, add_titles, links_to_json
from digest.store.known import known
from digest.store.slices import slices
from digest.store.tables import dumps, listings, paper_bands, paper_ids, paper_titles, papers


class Listing(NamedTuple):
    """When a dump brought papers that were new, and how many."""

    listed_at: datetime
    papers: int


def known_papers(
    connection: Connection,
    title_keys: Collection[str],
    bands: Collection[int],
    ids: Collection[PaperId],
    numbers: Collection[int] = (),
) -> list[KnownPaper]:
    """Return every stored paper that shares a title key, a band or an identifier with a batch.

    For one that turned out to be another, that other. And those of some numbers.
    """
    ways: list[Select[Any]] = [
        select(papers.c.id).where(papers.c.title_key.in_(title_keys)),
        select(paper_titles.c.paper_id).where(paper_titles.c.title_key.in_(title_keys)),
        select(paper_bands.c.paper_id).where(paper_bands.c.band.in_(bands)),
    ]
    if numbers:
        ways.append(select(papers.c.id).where(papers.c.id.in_(numbers)))
    if given_ids := [(each.scheme.value, each.value) for each in ids]:
        same_id = tuple_(paper_ids.c.scheme, paper_ids.c.value).in_(given_ids)
        ways.append(select(paper_ids.c.paper_id).where(same_id))
    alike = union(*ways).subquery()
    found = select(func.coalesce(papers.c.same_as, papers.c.id)).where(papers.c.id == alike.c[0])
    rows = connection.execute(select(papers).where(papers.c.id.in_(found))).all()
    like = [row.id for row in rows]
    given = _ids_of(connection, like)
    titles, marks = _titles_of(connection, like), _bands_of(connection, like)
    return [
        KnownPaper(
            row.id,
            row.title_key,
            row.abstract,
            given.get(row.id, ()),
            titles=(row.title, *(title for _, title in titles.get(row.id, ()) if title)),
            title_keys=(row.title_key, *(key for key, _ in titles.get(row.id, ()))),
            bands=marks.get(row.id, ()),
            authors=tuple(row.authors),
            links=_links(row.links),
            categories=tuple(row.categories),
            published_on=row.published_on,
            is_truncated=row.is_truncated,
        )
        for row in rows
    ]


def papers_named(connection: Connection, keys: Collection[str]) -> dict[str, int]:
    """Return the ids of papers by their public keys; for one that turned out to be another, its."""
    number = func.coalesce(papers.c.same_as, papers.c.id).label("number")
    statement = select(papers.c.key, number).where(papers.c.key.in_(keys))
    return {row.key: row.number for row in connection.execute(statement)}


def add_papers(
    connection: Connection, new: Sequence[NewPaper], dump_id: int, now: datetime
) -> list[int]:
    """Store papers first listed by a dump; return their ids in the order given."""
    if not new:
        return []
    dated_on = connection.execute(
        select(dumps.c.dated_on).where(dumps.c.id == dump_id)
    ).scalar_one()
    statement = insert(papers).returning(papers.c.id, sort_by_parameter_order=True)
    rows = [
        {
            "key": paper.key,
            "title": paper.record.title,
            "abstract": paper.record.abstract,
            "original_title": paper.record.original_title,
            "original_abstract": paper.record.original_abstract,
            "links": links_to_json(paper.record.links),
            "authors": list(paper.record.authors),
            "is_truncated": paper.record.is_truncated,
            "categories": list(paper.record.categories),
            "published_on": paper.record.published_on,
            "title_key": paper.signature.title_key,
            "first_dump_id": dump_id,
            "first_position": paper.record.position,
            "first_dated_on": dated_on,
            "created_at": now,
            "updated_at": now,
        }
        for paper in new
    ]
    numbers = [int(number) for number in connection.execute(statement, rows).scalars()]
    by_number = list(zip(numbers, new, strict=True))
    add_bands(connection, ((number, paper.signature.bands) for number, paper in by_number))
    add_ids(connection, ((number, paper.record.ids) for number, paper in by_number))
    heads = [(number, paper.signature.head, "") for number, paper in by_number]
    add_titles(connection, [each for each in heads if each[1]])
    add_titles(
        connection,
        [(number, *title) for number, paper in by_number for title in paper.other_titles],
    )
    return numbers


def withdraw_papers(connection: Connection, ids: Collection[PaperId], now: datetime) -> list[int]:
    """Mark papers that their source took back, so that nobody is told of them any more.

    One that another id stands for, as of a journal or on arXiv, goes on standing; Semantic Scholar's
    says no more than that it was seen. Returns which were marked: those that are known and stood.
    """
    found: list[int] = []
    an_id = tuple_(paper_ids.c.scheme, paper_ids.c.value)
    is_a_house = paper_ids.c.scheme != Scheme.SEMANTIC_SCHOLAR.value
    for part in slices(sorted({(each.scheme.value, each.value) for each in ids})):
        of_ids = select(paper_ids.c.paper_id).where(an_id.in_(part))
        elsewhere = select(paper_ids.c.paper_id).where(
            paper_ids.c.paper_id == papers.c.id, an_id.not_in(part), is_a_house
        )
        statement = (
            update(papers)
            .where(papers.c.id.in_(of_ids), papers.c.withdrawn_at.is_(None), ~elsewhere.exists())
            .values(withdrawn_at=now, updated_at=now)
            .returning(papers.c.id)
        )
        found += connection.execute(statement).scalars()
    return found


def add_listings(
    connection: Connection, dump_id: int, positions: Iterable[tuple[int, int]]
) -> None:
    """Record at which position a dump lists which paper: (position, paper id) pairs."""
    rows = [
        {"dump_id": dump_id, "position": position, "paper_id": paper_id}
        for position, paper_id in positions
    ]
    if rows:
        connection.execute(insert(listings), rows)


def papers_by_id(connection: Connection, numbers: Collection[int]) -> dict[int, Paper]:
    """Return papers by their ids; one that does not exist is left out."""
    found: dict[int, Paper] = {}
    for part in slices(sorted(numbers)):
        given = _ids_of(connection, part)
        rows = connection.execute(select(papers).where(papers.c.id.in_(part)))
        found |= {row.id: _paper(row, given.get(row.id, ())) for row in rows}
    return found


def listed_by_id(connection: Connection, numbers: Sequence[int]) -> list[ListedPaper]:
    """Return papers where they were first listed, in the order given; what there is not is left out."""
    found: dict[int, ListedPaper] = {}
    for part in slices(sorted(set(numbers))):
        listed = _listed(connection, _listed_papers().where(papers.c.id.in_(part)))
        found |= {each.paper.id: each for each in listed}
    return [found[number] for number in numbers if number in found]


def paper_by_key(connection: Connection, key: str) -> ListedPaper | None:
    """Return the paper of a public key, None if there is none."""
    found = _listed(connection, _listed_papers().where(papers.c.key == key))
    return found[0] if found else None


def older_of(connection: Connection, paper: Paper) -> Paper | None:
    """Return the paper that one turned out to be, None if it is one of its own."""
    if paper.same_as is None:
        return None
    return papers_by_id(connection, [paper.same_as]).get(paper.same_as)


def last_completed_at(connection: Connection) -> datetime | None:
    """Return when a paper was completed last, None if none ever was."""
    is_completed = papers.c.updated_at > papers.c.created_at
    found: datetime | None = connection.execute(
        select(func.max(papers.c.updated_at)).where(is_completed)
    ).scalar()
    return found


def papers_first_listed(
    connection: Connection, after: int, through: int | None = None
) -> list[ListedPaper]:
    """Return the papers whose first listing is in a dump with an id in (after, through], in order.

    What was withdrawn since is left out.
    """
    statement = _standing().where(papers.c.first_dump_id > after)
    if through is not None:
        statement = statement.where(papers.c.first_dump_id <= through)
    return _listed(connection, statement.order_by(papers.c.first_dump_id, papers.c.first_position))


def newest_papers(connection: Connection, limit: int) -> list[ListedPaper]:
    """Return the papers listed first most recently, newest dump first, then by position.

    What was withdrawn is left out.
    """
    statement = (
        _standing().order_by(papers.c.first_dump_id.desc(), papers.c.first_position).limit(limit)
    )
    return _listed(connection, statement)


def papers_before(
    connection: Connection, place: tuple[int, int] | None, limit: int, on: date | None = None
) -> list[ListedPaper]:
    """Return papers in the order of `newest_papers`, from the one after a place on.

    A place is the dump and the position of a first listing; None is the start. What was withdrawn
    is left out. Only papers that the dumps of the day `on` list count, if one is given, whether or
    not an earlier one had them.
    """
    statement = _standing()
    if place is not None:
        dump, position = place
        same = (papers.c.first_dump_id == dump) & (papers.c.first_position > position)
        # Said twice, so that an index can begin at the place.
        statement = statement.where(
            papers.c.first_dump_id <= dump, (papers.c.first_dump_id < dump) | same
        )
    if on is not None:
        of_day = dumps.alias()
        on_it = select(listings.c.paper_id).join(of_day, of_day.c.id == listings.c.dump_id)
        statement = statement.where(papers.c.id.in_(on_it.where(of_day.c.dated_on == on)))
    return _listed(
        connection,
        statement.order_by(papers.c.first_dump_id.desc(), papers.c.first_position).limit(limit),
    )


def papers_listed_between(
    connection: Connection, start: datetime, end: datetime | None = None
) -> list[ListedPaper]:
    """Return the papers first listed in [start, end), in the order of `newest_papers`.

    What was withdrawn is left out.
    """
    statement = _standing().where(dumps.c.ingested_at >= start)
    if end is not None:
        statement = statement.where(dumps.c.ingested_at < end)
    return _listed(
        connection, statement.order_by(papers.c.first_dump_id.desc(), papers.c.first_position)
    )


def listings_so_far(connection: Connection) -> list[Listing]:
    """Return when there were new papers, oldest first, a row for each dump that brought any."""
    rows = connection.execute(
        select(dumps.c.ingested_at, func.count().label("papers"))
        .join(papers, papers.c.first_dump_id == dumps.c.id)
        .group_by(dumps.c.id, dumps.c.ingested_at)
        .order_by(dumps.c.id)
    )
    return [Listing(row.ingested_at, row.papers) for row in rows]


def papers_of_dump(connection: Connection, dump_id: int) -> list[ListedPaper]:
    """Return what a dump lists, in its order, also what was first listed elsewhere."""
    statement = (
        _listed_papers()
        .join(listings, listings.c.paper_id == papers.c.id)
        .where(listings.c.dump_id == dump_id)
        .order_by(listings.c.position)
    )
    return _listed(connection, statement)


def texts_of_papers(
    connection: Connection, before_dump: int | None, chunk: int
) -> Iterator[list[tuple[str, str]]]:
    """Yield (title, abstract) of every paper, in the order they were stored, `chunk` at a time.

    Only papers first listed before dump `before_dump` count, unless it is None. No more than a
    chunk is in memory at once, however many papers there are.
    """
    statement = select(papers.c.id, papers.c.title, papers.c.abstract)
    if before_dump is not None:
        statement = statement.where(papers.c.first_dump_id < before_dump)
    statement = statement.order_by(papers.c.id).limit(chunk)
    last = 0
    while rows := connection.execute(statement.where(papers.c.id > last)).all():
        yield [(row.title, row.abstract) for row in rows]
        last = rows[-1].id


def count_papers(connection: Connection) -> int:
    """Return how many different papers there are."""
    return connection.execute(select(func.count()).select_from(papers)).scalar_one()


def other_titles(connection: Connection, paper_id: int) -> list[str]:
    """Return the titles that a paper came under besides the one it has."""
    rows = connection.execute(
        select(paper_titles.c.title)
        .join(papers, papers.c.id == paper_titles.c.paper_id)
        .where(
            papers.c.id == paper_id,
            paper_titles.c.title != "",
            paper_titles.c.title_key != papers.c.title_key,
        )
        .order_by(paper_titles.c.title_key)
    )
    return list(rows.scalars())


def _titles_of(
    connection: Connection, numbers: Sequence[int]
) -> dict[int, tuple[tuple[str, str], ...]]:
    given: dict[int, tuple[tuple[str, str], ...]] = {}
    for part in slices(numbers):
        rows = connection.execute(
            select(paper_titles)
            .where(paper_titles.c.paper_id.in_(part))
            .order_by(paper_titles.c.paper_id, paper_titles.c.title_key)
        )
        for row in rows:
            given[row.paper_id] = (*given.get(row.paper_id, ()), (row.title_key, row.title))
    return given


def _bands_of(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[int, ...]]:
    given: dict[int, tuple[int, ...]] = {}
    for part in slices(numbers):
        rows = connection.execute(select(paper_bands).where(paper_bands.c.paper_id.in_(part)))
        for row in rows:
            given[row.paper_id] = (*given.get(row.paper_id, ()), row.band)
    return given


def _listed_papers() -> Select[Any]:
    columns = (papers, dumps.c.ingested_at, dumps.c.is_ranked)
    return select(*columns).join(dumps, dumps.c.id == papers.c.first_dump_id)


def _standing() -> Select[Any]:
    return _listed_papers().where(papers.c.withdrawn_at.is_(None), papers.c.same_as.is_(None))


def _listed(connection: Connection, statement: Select[Any]) -> list[ListedPaper]:
    rows = connection.execute(statement).all()
    given = _ids_of(connection, [row.id for row in rows])
    return [
        ListedPaper(
            paper=_paper(row, given.get(row.id, ())),
            dump_id=row.first_dump_id,
            dated_on=row.first_dated_on,
            position=row.first_position,
            listed_at=row.ingested_at,
            is_ranked=row.is_ranked,
        )
        for row in rows
    ]


def _ids_of(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[PaperId, ...]]:
    given: dict[int, tuple[PaperId, ...]] = {}
    for part in slices(numbers):
        rows = connection.execute(
            select(paper_ids)
            .where(paper_ids.c.paper_id.in_(part))
            .order_by(paper_ids.c.scheme, paper_ids.c.value)
        )
        for row in rows:
            if scheme := known(Scheme, row.scheme):
                found = PaperId(scheme, row.value)
                given[row.paper_id] = (*given.get(row.paper_id, ()), found)
    return given


def _paper(row: Row[Any], ids: tuple[PaperId, ...]) -> Paper:
    return Paper(
        id=row.id,
        key=row.key,
        title=row.title,
        abstract=row.abstract,
        links=_links(row.links),
        authors=tuple(row.authors),
        ids=ids,
        is_truncated=row.is_truncated,
        created_at=row.created_at,
        updated_at=row.updated_at,
        categories=tuple(row.categories),
        published_on=row.published_on,
        withdrawn_at=row.withdrawn_at,
        same_as=row.same_as,
    )


def _links(stored: Sequence[dict[str, str]]) -> tuple[Link, ...]:
    return tuple(
        Link(kind, link["url"]) for link in stored if (kind := known(LinkKind, link["kind"]))
    )
