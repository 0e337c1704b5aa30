"""What a library proposes on a site: completed from its papers, previewed, kept nowhere."""

from collections.abc import Sequence

from digest.clock import utc_now
from digest.model.libraries import Work
from digest.model.papers import PaperId, Scheme
from digest.model.subscribers import MAX_INTERESTS
from digest.pipeline.archive import Archives
from digest.pipeline.ingest import ingest
from digest.pipeline.preview import InterestPreview, preview_interests
from digest.pipeline.propose import Offered, completed, offer, spread
from digest.ranking.proposals import MOST_WORKS
from digest.sources.base import Page
from digest.sources.libraries.library import Library
from digest.store.engine import Database
from tests.factories import make_dump, make_record

TITLES = ("Graph brewing", "On graph brewing", "Slow graph brewing", "Kettles")


def offered(database: Database, library: Library, known: tuple[str, ...] = ()) -> Offered:
    archive = Archives(database, utc_now).current()

    def preview(expressions: Sequence[str]) -> list[InterestPreview]:
        return preview_interests(database, archive, expressions, utc_now)

    return offer(database, archive, library, preview, known)


def take_in(database: Database) -> None:
    records = [
        make_record(title, position=n, ids=(PaperId(Scheme.ARXIV, f"2101.0000{n}"),))
        for n, title in enumerate(TITLES, start=1)
    ]
    ingest(database, Page(make_dump(), iter(records)), utc_now, anyway=True)


def test_works_that_are_only_an_id_are_looked_up_among_our_papers(database: Database) -> None:
    take_in(database)
    works = [Work(ids=(PaperId(Scheme.ARXIV, f"2101.0000{n}"),)) for n in range(1, 10)]
    found = offered(database, Library("a list of ids", works))
    assert (found.works, found.looked_at, found.unknown) == (9, 4, 5)
    assert set(found.offers[0].proposal.examples) <= set(TITLES)


def test_a_title_is_given_the_abstract_of_our_paper(database: Database) -> None:
    take_in(database)
    with database.reading() as connection:
        (work,) = completed(connection, [Work("GRAPH brewing.")])
    assert work.abstract.startswith("We study graph brewing")


def test_expressions_of_a_list_of_feeds_come_first_without_what_cannot_be_read(
    database: Database,
) -> None:
    library = Library("OPML", [], ("RAG -survey", "(", "-only this", "a" * 81, "known"))
    found = offered(database, library, ("known",))
    assert [each.proposal.expression for each in found.offers] == ["RAG -survey"]


def test_no_more_is_proposed_than_anybody_may_follow(database: Database) -> None:
    take_in(database)
    library = Library("OPML", [Work("Graph brewing")] * 5, tuple(f"word{n}" for n in range(9000)))
    assert len(offered(database, library).offers) == MAX_INTERESTS


def test_an_expression_that_is_followed_in_another_form_is_not_proposed(
    database: Database,
) -> None:
    library = Library("OPML", [], ("fog|harbour", "Fog", "fog\nlights"))
    found = offered(database, library, ("harbour | fog", "fog^2"))
    assert [each.proposal.expression for each in found.offers] == ["fog lights"]


def test_of_a_very_large_library_works_from_all_over_are_looked_at() -> None:
    works = [Work(str(n)) for n in range(3 * MOST_WORKS)]
    assert [each.title for each in spread(works)[:3]] == ["0", "3", "6"]
    assert len(spread(works)) == MOST_WORKS
