"""What is known of a paper grows with every source that tells of it, and it stays one paper."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from digest.model.papers import Link, LinkKind, ListedPaper, PaperId, PaperRecord, Scheme
from digest.pipeline.ingest import ingest
from digest.pipeline.intake import Intake, Recognised
from digest.sources.base import Page
from digest.store import dumps, papers
from digest.store.engine import Database
from digest.store.listings import places_between
from digest.store.observations import last_observations
from digest.store.tables import paper_marks
from tests.conftest import START, HandClock
from tests.factories import make_dump, make_record

ARXIV = PaperId(Scheme.ARXIV, "2603.00001")
OTHER = PaperId(Scheme.ARXIV, "2603.00002")
DOI = PaperId(Scheme.DOI, "10.1101/2026.03.01.000001")
TEXT = (
    "Lighthouses that learn to dim themselves save oil on quiet nights. We describe a keeper's rule "
    "that needs no clock, prove that it is safe for ships of every draught, and try it for a year "
    "on three islands. Crews noticed no difference, and the stores lasted until the spring. "
)
REVISED = TEXT.replace("three islands", "five islands in two seas") + "All logs are published."
PDF = Link(LinkKind.PDF, "https://papers.example.org/1.pdf")


def take(
    database: Database, clock: HandClock, name: str, *records: PaperRecord
) -> tuple[Intake, Recognised]:
    clock.advance(hours=1)
    with database.ingesting() as connection:
        intake = Intake(connection, clock(), "hf")
        dump_id = dumps.add_dump(connection, make_dump(name), clock())
        assert dump_id is not None
        found = intake.recognise(records)
        intake.add(found.new, dump_id)
    return intake, found


def stored(database: Database) -> list[ListedPaper]:
    with database.reading() as connection:
        return papers.newest_papers(connection, 99)


def only(listed: Sequence[ListedPaper]) -> ListedPaper:
    (one,) = listed
    return one


def full(title: str = "Dimming Lighthouses", abstract: str = TEXT, **rest: Any) -> PaperRecord:
    told: dict[str, Any] = {
        "authors": ("Ada Lovelace", "Bo Ek"),
        "ids": (ARXIV,),
        "links": (PDF,),
        "categories": ("cs.RO",),
        "published_on": date(2026, 3, 1),
    }
    return make_record(title, abstract, **{**told, **rest})


def test_a_paper_of_a_dump_gains_what_a_later_source_knows(
    database: Database, clock: HandClock
) -> None:
    take(database, clock, "a", make_record("Dimming Lighthouses", TEXT[:140], is_truncated=True))
    before = only(stored(database))

    intake, _ = take(database, clock, "b", full())

    after = only(stored(database))
    paper = after.paper
    assert (paper.ids, paper.authors) == ((ARXIV,), ("Ada Lovelace", "Bo Ek"))
    assert (paper.links, paper.published_on) == ((PDF,), date(2026, 3, 1))
    assert (paper.abstract, paper.is_truncated, paper.categories) == (TEXT, False, ("cs.RO",))
    assert (intake.completed, paper.updated_at) == (1, clock.now)
    assert (paper.key, paper.created_at) == (before.paper.key, before.paper.created_at)
    assert (after.dump_id, after.position) == (before.dump_id, before.position)


def test_what_is_known_is_not_overwritten_by_less_and_nothing_is_no_change(
    database: Database, clock: HandClock
) -> None:
    take(database, clock, "a", full())
    before = only(stored(database))

    bare = make_record("Dimming Lighthouses", TEXT[:140], is_truncated=True)
    other = full(authors=("A. Lovelace",), links=(), published_on=date(2026, 9, 9))
    intake, _ = take(database, clock, "b", bare, other)

    assert only(stored(database)) == before
    assert intake.completed == 0


def test_a_new_version_under_the_papers_own_id_replaces_its_words(
    database: Database, clock: HandClock
) -> None:
    take(database, clock, "a", full())
    update = full("Lighthouses That Dim Themselves", REVISED, is_update=True)
    take(database, clock, "b", update)

    paper = only(stored(database)).paper
    assert (paper.title, paper.abstract) == ("Lighthouses That Dim Themselves", REVISED)
    with database.reading() as connection:
        assert papers.other_titles(connection, paper.id) == ["Dimming Lighthouses"]
    # A list that still has the old version neither brings it back nor makes another paper of it.
    intake, found = take(database, clock, "c", make_record("Dimming Lighthouses", TEXT))
    assert (found.new, intake.completed) == ([], 0)
    assert only(stored(database)).paper == paper


def test_an_update_without_the_papers_own_id_changes_no_words(
    database: Database, clock: HandClock
) -> None:
    take(database, clock, "a", make_record("Dimming Lighthouses", TEXT))
    take(database, clock, "b", full("Dimming Lighthouses", REVISED, is_update=True))

    paper = only(stored(database)).paper
    assert (paper.abstract, paper.ids) == (TEXT, (ARXIV,))


def test_records_of_one_answer_complete_each_other_before_they_are_stored(
    database: Database, clock: HandClock
) -> None:
    bare = make_record("Dimming Lighthouses", TEXT[:140], is_truncated=True)
    intake, found = take(database, clock, "a", bare, full(ids=(ARXIV, DOI)), full("Other", "x"))

    assert len(found.new) == 1
    assert list(found.numbers) == [-1, -1, -1]
    paper = only(stored(database)).paper
    assert (paper.abstract, set(paper.ids), intake.completed) == (TEXT, {ARXIV, DOI}, 0)


def test_an_id_that_another_paper_has_stays_there(
    database: Database, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    take(database, clock, "a", full(ids=(ARXIV, DOI)))
    take(database, clock, "b", make_record("Bells", REVISED[::-1], ids=(OTHER, DOI)))

    assert {each.paper.ids for each in stored(database)} == {(ARXIV, DOI), (OTHER,)}
    assert "it stays there" in caplog.text


@pytest.mark.parametrize("is_at_once", [True, False])
def test_two_that_turn_out_to_be_one_are_told_as_one(
    database: Database, clock: HandClock, *, is_at_once: bool
) -> None:
    first = make_record("Dimming Lighthouses", TEXT, ids=(DOI,))
    second = make_record("A Keeper's Rule", "", ids=(ARXIV,), authors=("Ada Lovelace",))
    both = make_record("Dimming Lighthouses", TEXT, ids=(ARXIV, DOI))
    if is_at_once:
        take(database, clock, "a", first, second, both)
    else:
        take(database, clock, "a", first)
        take(database, clock, "b", second)
        assert len(stored(database)) == 2
        take(database, clock, "c", both)

    paper = only(stored(database)).paper
    assert (paper.title, set(paper.ids)) == ("Dimming Lighthouses", {ARXIV, DOI})
    assert paper.authors == ("Ada Lovelace",)
    with database.reading() as connection:
        assert papers.other_titles(connection, paper.id) == ["A Keeper's Rule"]
        assert len(papers.papers_first_listed(connection, 0)) == 1
        assert len(papers.papers_listed_between(connection, START)) == 1
    # Whatever comes of either is of the one from now on.
    _, found = take(database, clock, "d", make_record("A Keeper's Rule", "", ids=(ARXIV,)), second)
    assert list(found.numbers) == [paper.id, paper.id]


def test_ids_that_contradict_each_other_never_join_two_papers(
    database: Database, clock: HandClock
) -> None:
    take(database, clock, "a", full(), full("Dimming Lighthouses", TEXT, ids=(OTHER,)))
    assert len(stored(database)) == 2
    article = PaperId(Scheme.DOI, "10.1234/lamps")
    take(database, clock, "b", full(ids=(ARXIV, DOI, article)))
    assert len(stored(database)) == 2


def test_marks_are_made_anew_only_where_a_search_would_find_other_words(
    database: Database, clock: HandClock
) -> None:
    take(database, clock, "a", make_record("Dimming Lighthouses", TEXT))
    number = only(stored(database)).paper.id
    with database.writing() as connection:
        connection.execute(paper_marks.update().values(marks="kept"))
    take(database, clock, "b", make_record("Dimming Lighthouses", TEXT, ids=(ARXIV,)))

    with database.reading() as connection:
        row = connection.execute(select(paper_marks).where(paper_marks.c.paper_id == number)).one()
        paper = papers.papers_by_id(connection, [number])[number]
    assert "kept" in row.marks
    assert row.read_at == paper.updated_at == clock.now


def test_upvotes_are_kept_by_the_day_and_the_last_word_of_a_day_stands(
    database: Database, clock: HandClock
) -> None:
    take(database, clock, "a", full(upvotes=3))
    take(database, clock, "b", full(upvotes=5))
    number = only(stored(database)).paper.id
    changed = only(stored(database)).paper.updated_at
    clock.advance(days=1)
    take(database, clock, "c", full(upvotes=42, is_update=True))

    with database.reading() as connection:
        (last,) = last_observations(connection, number)
    assert (last.source, last.name, last.value) == ("hf", "upvotes", 42)
    assert last.observed_on == clock.now.date()
    assert only(stored(database)).paper.updated_at == changed


def test_the_very_same_record_is_the_paper_it_began_whatever_became_of_that(
    database: Database, clock: HandClock
) -> None:
    first = make_record("Dimming Lighthouses", TEXT)
    take(database, clock, "a", first)
    take(database, clock, "b", full())
    take(database, clock, "c", full("Bells", REVISED[::-1], is_update=True))

    take(database, clock, "d", first)

    assert only(stored(database)).paper.title == "Bells"


def test_what_has_a_title_and_nothing_else_is_told_apart_by_its_authors(
    database: Database, clock: HandClock
) -> None:
    ada, bo = (make_record("Editorial", authors=(name,)) for name in ("Ada Lovelace", "Bo Ek"))
    bare = [replace(each, abstract="", original_abstract="") for each in (ada, bo)]
    take(database, clock, "a", *bare, *bare)
    take(database, clock, "b", *bare)

    assert {each.paper.authors for each in stored(database)} == {("Ada Lovelace",), ("Bo Ek",)}
    assert len(stored(database)) == 2


def test_what_turned_out_to_be_another_is_listed_as_that(
    database: Database, clock: HandClock
) -> None:
    first = make_record("Dimming Lighthouses", TEXT, ids=(DOI,))
    second = make_record("A Keeper's Rule", "", position=2, ids=(ARXIV,))
    third = make_record("Bells", REVISED[::-1], position=3, ids=(PaperId(Scheme.OPENREVIEW, "b"),))
    lists = {
        "a": [first, second, third],
        "b": [replace(third, position=1, ids=(*third.ids, ARXIV))],
        "c": [replace(first, position=1, ids=(DOI, ARXIV))],
    }
    for name, records in lists.items():
        ingest(database, Page(make_dump(name), iter(records)), clock)

    paper = only(stored(database)).paper
    with database.reading() as connection:
        day = places_between(connection, date(2026, 3, 17), date(2026, 3, 17))
    assert {each.paper_id for each in day} == {paper.id}
    assert len(day) == 5
