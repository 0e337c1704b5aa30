"""Papers and dumps as the store keeps them."""

from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from digest.model.papers import Link, LinkKind, NewPaper, PaperId, Scheme, Signature
from digest.store import dumps, papers
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.factories import make_dump, make_record, numbered


def new_paper(title: str, **rest: Any) -> NewPaper:
    mark = Signature(title.casefold(), (1, 2, 3, 4))
    return NewPaper(title.casefold().replace(" ", "-"), make_record(title, **rest), mark)


def add(connection: Connection, name: str, titles: list[str], clock: HandClock) -> list[int]:
    dump_id = dumps.add_dump(connection, make_dump(name), clock())
    assert dump_id is not None
    new = [new_paper(each.title, position=each.position) for each in numbered(titles)]
    numbers = papers.add_papers(connection, new, dump_id, clock())
    papers.add_listings(connection, dump_id, list(enumerate(numbers, start=1)))
    return numbers


def test_a_dump_with_the_same_bytes_is_known(database: Database, clock: HandClock) -> None:
    with database.ingesting() as connection:
        assert dumps.add_dump(connection, make_dump("a.txt", checksum="x"), clock())
        assert dumps.add_dump(connection, make_dump("b.txt", checksum="x"), clock()) is None


def test_a_paper_comes_back_as_it_was_stored(database: Database, clock: HandClock) -> None:
    record = make_record(
        "On $\\alpha$ \U0001f9ea",
        links=(Link(LinkKind.CODE, "https://example.org/code"),),
        authors=("Ada Lovelace",),
        ids=(PaperId(Scheme.ARXIV, "2501.00001"),),
        is_truncated=True,
        categories=("cs.CL", "stat.ML"),
    )
    with database.ingesting() as connection:
        dump_id = dumps.add_dump(connection, make_dump(), clock())
        assert dump_id is not None
        new = NewPaper("on-alpha", record, Signature("on alpha", (1, 65536)))
        papers.add_papers(connection, [new], dump_id, clock())

    with database.reading() as connection:
        listed = papers.paper_by_key(connection, "on-alpha")
    assert listed is not None
    assert listed.paper.title == record.title
    assert listed.paper.links == record.links
    assert listed.paper.authors == record.authors
    assert listed.paper.ids == record.ids
    assert listed.paper.is_truncated
    assert listed.paper.categories == record.categories
    assert listed.listed_at == clock.now
    assert listed.paper.created_at.tzinfo is not None


def test_ids_come_back_in_the_order_given(database: Database, clock: HandClock) -> None:
    titles = [f"Paper number {n}" for n in range(1200)]
    with database.ingesting() as connection:
        numbers = add(connection, "a.txt", titles, clock)
        found = papers.papers_by_id(connection, numbers)

    assert [found[number].title for number in numbers] == titles


@pytest.mark.parametrize(
    ("title_keys", "bands", "ids"),
    [
        ({"first"}, set(), set()),
        (set(), {65537}, set()),
        (set(), set(), {PaperId(Scheme.DOI, "10.1/x")}),
    ],
    ids=["by title", "by fingerprint", "by identifier"],
)
def test_known_papers_are_found(
    database: Database,
    clock: HandClock,
    title_keys: set[str],
    bands: set[int],
    ids: set[PaperId],
) -> None:
    record = make_record("First", ids=(PaperId(Scheme.DOI, "10.1/x"),))
    other = NewPaper("other", make_record("Other"), Signature("other", (9,)))
    with database.ingesting() as connection:
        dump_id = dumps.add_dump(connection, make_dump(), clock())
        assert dump_id is not None
        first = NewPaper("first", record, Signature("first", (65537,)))
        papers.add_papers(connection, [first, other], dump_id, clock())
        known = papers.known_papers(connection, title_keys, bands, ids)

    assert [each.title_key for each in known] == ["first"]
    assert known[0].ids == record.ids


def test_papers_are_listed_where_they_came_first(database: Database, clock: HandClock) -> None:
    with database.ingesting() as connection:
        first = add(connection, "a.txt", ["One", "Two"], clock)
        add(connection, "b.txt", ["Three"], clock)
        second = dumps.recent_dumps(connection, 1)[0].id
        papers.add_listings(connection, second, [(2, first[0])])

        titles = [each.paper.title for each in papers.papers_first_listed(connection, second - 1)]
        assert titles == ["Three"]
        titles = [each.paper.title for each in papers.papers_of_dump(connection, second)]
        assert titles == ["Three", "One"]
        titles = [each.paper.title for each in papers.newest_papers(connection, 2)]
        assert titles == ["Three", "One"]


def test_more_papers_can_be_asked_for_than_a_statement_takes_variables(
    database: Database, clock: HandClock
) -> None:
    with database.ingesting() as connection:
        one, two = add(connection, "a.txt", ["One", "Two"], clock)
        found = papers.papers_by_id(connection, range(70_000))

    assert list(found) == [one, two]


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_the_texts_of_all_papers_come_in_chunks_and_in_order(
    database: Database, clock: HandClock, chunk: int
) -> None:
    with database.ingesting() as connection:
        add(connection, "a.txt", ["One", "Two", "Three"], clock)
        add(connection, "b.txt", ["Four"], clock)

    with database.reading() as connection:
        chunks = list(papers.texts_of_papers(connection, None, chunk))
    assert [title for each in chunks for title, _ in each] == ["One", "Two", "Three", "Four"]
    assert max(len(each) for each in chunks) == min(chunk, 4)
    assert "three" in chunks[2 // chunk][2 % chunk][1]


def test_the_texts_of_papers_before_a_dump_leave_out_what_it_listed_first(
    database: Database, clock: HandClock
) -> None:
    with database.ingesting() as connection:
        add(connection, "a.txt", ["One", "Two"], clock)
        add(connection, "b.txt", ["Three"], clock)
        second = dumps.newest_dump_id(connection)

        [older] = papers.texts_of_papers(connection, second, 10)
        assert [title for title, _ in older] == ["One", "Two"]
        assert list(papers.texts_of_papers(connection, second - 1, 10)) == []


def test_a_key_belongs_to_one_paper(database: Database, clock: HandClock) -> None:
    with database.ingesting() as connection:
        add(connection, "a.txt", ["One"], clock)
    with pytest.raises(IntegrityError), database.ingesting() as connection:
        add(connection, "b.txt", ["One"], clock)
