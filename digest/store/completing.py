"""What papers gain after they were stored: whole sets in a statement each."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, tuple_, update

from digest.model.papers import Gain, Link, PaperId, Scheme
from digest.store.slices import slices
from digest.store.tables import (
    listings,
    observations,
    paper_bands,
    paper_ids,
    paper_marks,
    paper_titles,
    papers,
)
from digest.store.upsert import insert_new

_LOG = logging.getLogger(__name__)


def complete_papers(connection: Connection, gains: Sequence[Gain], now: datetime) -> None:
    """Write down what papers gained; `updated_at` moves where a reader would see it."""
    fuller = [
        {
            "number": gain.paper.id,
            "links": links_to_json(gain.paper.links),
            "authors": list(gain.paper.authors),
            "categories": list(gain.paper.categories),
            "published_on": gain.paper.published_on,
        }
        for gain in gains
        if gain.is_fuller
    ]
    _change(connection, ("links", "authors", "categories", "published_on"), fuller)
    abstracts = [
        {
            "number": gain.paper.id,
            "abstract": gain.paper.abstract,
            "original_abstract": gain.text.original_abstract,
            "is_truncated": gain.paper.is_truncated,
        }
        for gain in gains
        if gain.text is not None
    ]
    _change(connection, ("abstract", "original_abstract", "is_truncated"), abstracts)
    titles = [
        {
            "number": gain.paper.id,
            "title": gain.text.title,
            "title_key": gain.paper.title_key,
            "original_title": gain.text.original_title,
        }
        for gain in gains
        if gain.text is not None and gain.paper.titles[0] == gain.text.title
    ]
    _change(connection, ("title", "title_key", "original_title"), titles)
    add_ids(connection, ((gain.paper.id, gain.ids) for gain in gains))
    add_titles(connection, [(gain.paper.id, *title) for gain in gains for title in gain.titles])
    add_bands(connection, ((gain.paper.id, gain.bands) for gain in gains))
    _touch(connection, [gain.paper.id for gain in gains if gain.is_shown], now)


def stand_again(connection: Connection, gains: Sequence[Gain], now: datetime) -> set[int]:
    """Have withdrawn papers stand that gained an id elsewhere; return which were.

    See `papers.withdraw_papers`, which would have left them alone with it.
    """
    found: set[int] = set()
    numbers = [
        gain.paper.id
        for gain in gains
        if any(each.scheme is not Scheme.SEMANTIC_SCHOLAR for each in gain.ids)
    ]
    for part in slices(numbers):
        statement = (
            update(papers)
            .where(papers.c.id.in_(part), papers.c.withdrawn_at.is_not(None))
            .values(withdrawn_at=None, updated_at=now)
            .returning(papers.c.id)
        )
        found.update(connection.execute(statement).scalars())
    return found


def fold_papers(connection: Connection, folds: Sequence[tuple[int, int]], now: datetime) -> None:
    """Have papers that turned out to be others stand for those: (paper, the older one) pairs.

    Nobody is told of them any more; what they are known by, where they are listed, and how many
    upvotes they had is the older one's from now on.
    """
    if not folds:
        return
    rows = [{"number": number, "older": older} for number, older in folds]
    numbers = [number for number, _ in folds]
    ids = update(paper_ids).where(paper_ids.c.paper_id == bindparam("number"))
    connection.execute(ids.values(paper_id=bindparam("older")), rows)
    before = update(papers).where(papers.c.same_as == bindparam("number"))
    connection.execute(before.values(same_as=bindparam("older")), rows)
    listed = update(listings).where(listings.c.paper_id == bindparam("number"))
    connection.execute(listed.values(paper_id=bindparam("older")), rows)
    # What both were given on a day by one source stays with each.
    other = observations.alias()
    same = [other.c[name] == observations.c[name] for name in ("source", "name", "observed_on")]
    given = select(other.c.paper_id).where(other.c.paper_id == bindparam("older"), *same)
    observed = update(observations).where(
        observations.c.paper_id == bindparam("number"), ~given.exists()
    )
    connection.execute(observed.values(paper_id=bindparam("older")), rows)
    itself = update(papers).where(papers.c.id == bindparam("number"))
    connection.execute(itself.values(same_as=bindparam("older")), rows)
    connection.execute(delete(paper_bands).where(paper_bands.c.paper_id.in_(numbers)))
    connection.execute(delete(paper_titles).where(paper_titles.c.paper_id.in_(numbers)))
    _touch(connection, numbers, now)
    for number, older in folds:
        _LOG.info("paper %d turned out to be paper %d: it is announced no more", number, older)


def keep_marks_as_they_are(connection: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Note that papers are still found by the words they have: what they gained is none."""
    for part in slices(numbers):
        statement = update(paper_marks).where(paper_marks.c.paper_id.in_(part))
        connection.execute(statement.values(read_at=now))


def add_ids(connection: Connection, ids: Iterable[tuple[int, Sequence[PaperId]]]) -> None:
    """Store identifiers of papers; one that another paper has stays with that."""
    rows = [
        {"scheme": each.scheme.value, "value": each.value, "paper_id": number}
        for number, given in ids
        for each in given
    ]
    if not rows:
        return
    connection.execute(insert_new(connection, paper_ids), rows)
    for part in slices(rows):
        keys = [(row["scheme"], row["value"]) for row in part]
        statement = select(paper_ids).where(tuple_(paper_ids.c.scheme, paper_ids.c.value).in_(keys))
        owners = {(row.scheme, row.value): row.paper_id for row in connection.execute(statement)}
        for row in part:
            owner = owners[row["scheme"], row["value"]]
            if owner != row["paper_id"]:
                told = (row["scheme"], row["value"], row["paper_id"], owner)
                _LOG.warning("%s %s is said of paper %d, but is paper %d's: it stays there", *told)


def add_titles(connection: Connection, titles: Sequence[tuple[int, str, str]]) -> None:
    """Store what papers are called elsewhere: (paper, key, title), "" for a key it is found by only."""
    rows = [
        {"paper_id": number, "title_key": key, "title": title}
        for number, key, title in titles
        if key
    ]
    if rows:
        connection.execute(insert_new(connection, paper_titles), rows)


def add_bands(connection: Connection, bands: Iterable[tuple[int, Sequence[int]]]) -> None:
    """Store what the abstracts of papers are found by; those that are there stay."""
    rows = [
        {"band": band, "paper_id": number} for number, found in bands for band in sorted(set(found))
    ]
    if rows:
        connection.execute(insert_new(connection, paper_bands), rows)


def links_to_json(links: Sequence[Link]) -> list[dict[str, str]]:
    """Return links as they are stored."""
    return [{"kind": link.kind.value, "url": link.url} for link in links]


def _change(
    connection: Connection, names: Sequence[str], rows: Sequence[Mapping[str, object]]
) -> None:
    if rows:
        # A parameter cannot be called as a column that it is put in.
        values = {name: bindparam(f"new_{name}", type_=papers.c[name].type) for name in names}
        statement = update(papers).where(papers.c.id == bindparam("number")).values(values)
        given = [
            {"number": row["number"], **{f"new_{name}": row[name] for name in names}}
            for row in rows
        ]
        connection.execute(statement, given)


def _touch(connection: Connection, numbers: Sequence[int], now: datetime) -> None:
    for part in slices(numbers):
        connection.execute(update(papers).where(papers.c.id.in_(part)).values(updated_at=now))
