"""Marks in the database: found by, changed, and asked for by an index."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Select, insert, inspect, text

from digest.model.archive_search import AllOf, AnyOf, Mark, Marks, Needed
from digest.store import search
from digest.store.engine import Database
from digest.store.listings import of_days, of_dump, of_paper
from digest.store.papers import _listed_papers, listed_by_id
from digest.store.tables import dumps, papers
from tests.conftest import START, HandClock

MARKS = {
    1: {"graph", "network", "=networks", "t:graph", "^gnn"},
    2: {"graph", "c++", "k:cs.cl", "it's", 'a"b', "\\", "\u03b1", "a:o'neil"},
    3: {"diffus", "=diffusion", "k:cs", "not", "and", "near"},
}


@pytest.fixture
def marked(database: Database, stored: list[int]) -> list[int]:
    """The ids of sixty papers, the first three of them with marks."""
    with database.writing() as connection:
        given = [Marks(stored[n - 1], START, 1, frozenset(marks)) for n, marks in MARKS.items()]
        search.keep_marks(connection, given)
    return stored


def ask(database: Database, needed: Needed) -> list[int]:
    with database.reading() as connection:
        return [*search.papers_with(connection, needed, 10).numbers]


def test_papers_are_found_by_their_marks_newest_first(
    database: Database, marked: list[int]
) -> None:
    one, two, three = marked[:3]
    assert ask(database, Mark("graph")) == [two, one]
    assert ask(database, AllOf((Mark("graph"), Mark("^gnn")))) == [one]
    assert ask(database, AnyOf((Mark("k:cs"), AllOf((Mark("graph"), Mark("c++")))))) == [three, two]
    assert ask(database, Mark("k:cs", is_prefix=True)) == [three, two]
    assert ask(database, Mark("grap")) == []
    assert ask(database, Mark("\u03b1")) == [two]
    for word in ("not", "and", "near"):
        assert ask(database, Mark(word)) == [three]


def test_new_marks_take_the_place_of_old_ones(database: Database, marked: list[int]) -> None:
    with database.writing() as connection:
        search.keep_marks(connection, [Marks(marked[0], START, 1, frozenset({"other"}))])
    assert ask(database, Mark("network")) == []
    assert ask(database, Mark("other")) == [marked[0]]


def test_no_more_than_the_limit_are_returned_and_it_is_told(
    database: Database, marked: list[int]
) -> None:
    with database.reading() as connection:
        cut = search.papers_with(connection, Mark("graph"), 1)
        whole = search.papers_with(connection, Mark("graph"), 2)
    assert (cut.numbers, cut.is_cut) == ((marked[1],), True)
    assert (whole.numbers, whole.is_cut) == ((marked[1], marked[0]), False)


needs = st.recursive(
    st.builds(
        Mark, st.text("abc\"'*()&|!<>:^+-\\ \u00e9\u4e2d\U0001f9ea", min_size=1), st.booleans()
    ),
    lambda parts: st.builds(
        lambda kind, found: kind(tuple(found)),
        st.sampled_from([AllOf, AnyOf]),
        st.lists(parts, min_size=1, max_size=4),
    ),
)


@settings(max_examples=60, deadline=None)
@given(needed=needs)
def test_a_mark_is_never_read_as_a_language(needed: Needed) -> None:
    """Outside of the quotes there is nothing but what we write."""
    for written, quote in ((search.for_fts5(needed), '"'), (search.for_tsquery(needed), "'")):
        pieces = written.replace("\\\\", "").replace(quote * 2, "").split(quote)
        assert set("".join(pieces[::2])) <= set("() ANDOR&|:*")


def test_papers_without_marks_with_old_ones_and_completed_ones_are_told(
    database: Database, marked: list[int]
) -> None:
    with database.reading() as connection:
        assert search.papers_to_mark(connection, 1, 100) == marked[3:]
        assert search.papers_to_mark(connection, 2, 100) == marked
        assert len(search.papers_to_mark(connection, 1, 5)) == 5
    with database.writing() as connection:
        connection.execute(
            papers.update()
            .where(papers.c.id == marked[1])
            .values(updated_at=START.replace(year=2027))
        )
        assert marked[1] in search.papers_to_mark(connection, 1, 100)


def test_each_kind_of_database_has_its_index(database: Database) -> None:
    names = inspect(database.engine).get_table_names()
    indexes = {each["name"] for each in inspect(database.engine).get_indexes("paper_marks")}
    assert (search.INDEX in names) == database.is_sqlite
    assert (search.INDEX in indexes) != database.is_sqlite


def plan_of(connection: Connection, statement: Select[*tuple[Any, ...]], *, is_sqlite: bool) -> str:
    compiled = statement.compile(connection.engine, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    rows = connection.exec_driver_sql(explain + str(compiled).replace("%%", "%"))
    return "\n".join(str(row) for row in rows)


@pytest.fixture
def large(database: Database, clock: HandClock) -> Database:
    """Enough rows that a planner has a choice."""
    with database.writing() as connection:
        days = [
            {
                "id": n,
                "source": "dumps",
                "name": f"{n}.txt",
                "checksum": str(n),
                "dated_on": clock().date().replace(year=2000 + n % 50, month=n % 12 + 1),
                "date_origin": "stated",
                "layout": "A",
                "papers": 10,
                "new_papers": 10,
                "ingested_at": START,
            }
            for n in range(1, 401)
        ]
        connection.execute(insert(dumps), days)
        rows = [
            {
                "id": n,
                "key": f"paper-{n}",
                "title": f"Paper {n}",
                "abstract": "A paper. " * 20,
                "original_title": "",
                "original_abstract": "",
                "links": [],
                "authors": [],
                "is_truncated": False,
                "title_key": f"paper {n}",
                "first_dump_id": n // 10 + 1,
                "first_position": n % 10 + 1,
                "first_dated_on": START.date(),
                "created_at": START,
                "updated_at": START,
            }
            for n in range(1, 4000)
        ]
        connection.execute(insert(papers), rows)
        connection.execute(
            text(
                "INSERT INTO listings (dump_id, position, paper_id) "
                "SELECT first_dump_id, first_position, id FROM papers"
            )
        )
        marks = [
            Marks(n, START, 1, frozenset({f"word{n % 97}", f"only{n}", "all"}))
            for n in range(1, 4000)
        ]
        search.keep_marks(connection, marks)
        connection.execute(text("ANALYZE"))
    return database


def test_no_page_about_papers_reads_all_of_them(large: Database) -> None:
    """Paper page, day and week page, dump page, search."""
    is_sqlite = large.is_sqlite
    day = START.date()
    with large.reading() as connection:
        if not is_sqlite:
            connection.execute(search._BY_INDEX)  # noqa: SLF001  as the search does
        plans = {
            "paper": plan_of(
                connection, _listed_papers().where(papers.c.key == "paper-7"), is_sqlite=is_sqlite
            ),
            "papers": plan_of(
                connection, _listed_papers().where(papers.c.id.in_([1, 2, 3])), is_sqlite=is_sqlite
            ),
            "places": plan_of(connection, of_paper(7), is_sqlite=is_sqlite),
            "day": plan_of(connection, of_days(day, day), is_sqlite=is_sqlite),
            "dump": plan_of(connection, of_dump(7, 0, 20), is_sqlite=is_sqlite),
        }
        needed = AllOf((Mark("word7"), AnyOf((Mark("only7"), Mark("all")))))
        found = plan_of(
            connection,
            search.with_marks(needed, is_sqlite=is_sqlite).limit(500),
            is_sqlite=is_sqlite,
        )
    for name, plan in plans.items():
        for table in ("papers", "listings", "paper_marks"):
            assert f"SCAN {table}" not in plan, (name, plan)
            assert f"Seq Scan on {table}" not in plan, (name, plan)
    assert search.INDEX in found
    assert "paper_marks" not in found if is_sqlite else "Bitmap Index Scan" in found, found


def test_papers_come_in_the_order_asked_for(database: Database, stored: list[int]) -> None:
    with database.reading() as connection:
        found = listed_by_id(connection, [stored[5], 10**9, stored[2]])
    assert [each.paper.id for each in found] == [stored[5], stored[2]]
