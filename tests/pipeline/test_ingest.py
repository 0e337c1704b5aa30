"""A dump is taken in whole or not at all, and the same paper is one paper."""

import multiprocessing
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from digest.clock import utc_now
from digest.errors import HeldError, SourceError
from digest.model.papers import PaperId, PaperRecord, Scheme
from digest.pipeline.ingest import ingest
from digest.sources.base import Page
from digest.store import papers
from digest.store.engine import Database
from digest.store.tables import dumps, listings
from digest.store.tables import papers as papers_table
from tests.conftest import HandClock
from tests.factories import make_dump, make_record, numbered
from tests.pipeline.conftest import Take

LONG = (
    "Graphs that change over time need encodings that do not forget. We give one that is stable "
    "under small changes, prove that it is as expressive as the older ones, and show on eleven "
    "benchmarks of molecules, roads and citations that it costs a tenth of their memory."
)


def counts(database: Database) -> tuple[int, int, int]:
    with database.reading() as connection:
        tables = (dumps, papers_table, listings)
        first, second, third = (
            connection.execute(select(func.count()).select_from(each)).scalar_one()
            for each in tables
        )
    return first, second, third


def test_the_same_dump_again_changes_nothing(database: Database, take: Take) -> None:
    records = numbered(["One", "Two", "Three"])
    first, again = take("a.txt", records), take("a.txt", records)

    assert (first.papers, first.new_papers, first.is_known) == (3, 3, False)
    assert again.is_known
    assert counts(database) == (1, 3, 3)


def test_a_dump_that_lists_what_the_last_one_lists_is_known(database: Database, take: Take) -> None:
    take("a.txt", numbered(["One", "Two", "Three"]))
    again = take("the same, saved again.txt", numbered(["One", "Two", "Three"]))

    assert again.is_known
    assert counts(database) == (1, 3, 3)


def test_a_dump_far_smaller_than_the_last_is_held_until_somebody_says_anyway(
    database: Database, take: Take, clock: HandClock
) -> None:
    take("a.txt", numbered([f"A paper about subject {n} in depth" for n in range(20)]))
    broken = numbered(["One", "Two"])
    with pytest.raises(HeldError, match="only 2 papers, where the last dumps had about 20"):
        take("b.txt", broken)
    assert counts(database) == (1, 20, 20)

    ingest(database, Page(make_dump("b.txt"), iter(broken)), clock, anyway=True)
    assert counts(database) == (2, 22, 22)


def test_a_paper_that_comes_back_is_listed_again_and_stored_once(
    database: Database, take: Take
) -> None:
    take("a.txt", numbered(["Stable Encodings", "Two"]))
    report = take(
        "b.txt", [make_record("STABLE  encodings", make_record("Stable Encodings").abstract)]
    )

    assert (report.papers, report.new_papers) == (1, 0)
    assert counts(database) == (2, 2, 3)


def test_a_paper_twice_in_one_dump_is_one_paper(database: Database, take: Take) -> None:
    take("a.txt", [make_record("One", LONG, 1), make_record("one", LONG, 2)])

    assert counts(database) == (1, 1, 2)


def test_a_retitled_paper_is_the_same_paper(database: Database, take: Take) -> None:
    take("a.txt", [make_record("Encodings That Do Not Forget", LONG)])
    retitled = make_record("Memory for Graphs: A Stable Encoding", LONG)
    take("b.txt", [retitled, make_record("Another Paper", position=2)])

    assert counts(database) == (2, 2, 3)


def test_different_papers_of_one_title_stay_apart(database: Database, take: Take) -> None:
    other = (
        "Speech synthesis from few samples suffers when the room is noisy. A vocoder that models "
        "the room separately lets a listener tune it, which a study with forty people preferred."
    )
    take("a.txt", [make_record("Introduction", LONG), make_record("Introduction", other, 2)])

    assert counts(database) == (1, 2, 2)


def test_a_cut_off_abstract_is_completed_by_a_later_dump(database: Database, take: Take) -> None:
    take("a.txt", [make_record("One", LONG[:150], is_truncated=True)])
    take("b.txt", [make_record("One", LONG)])

    with database.reading() as connection:
        [listed] = papers.newest_papers(connection, 10)
    assert listed.paper.abstract == LONG
    assert not listed.paper.is_truncated


def test_a_whole_abstract_is_not_replaced_by_a_cut_off_one(database: Database, take: Take) -> None:
    take("a.txt", [make_record("One", LONG)])
    take("b.txt", [make_record("One", LONG[:150], is_truncated=True)])

    with database.reading() as connection:
        [listed] = papers.newest_papers(connection, 10)
    assert listed.paper.abstract == LONG


def test_a_dump_with_an_identifier_for_every_paper_is_taken_in(take: Take) -> None:
    records = [
        make_record(
            f"A paper about subject {n} in depth",
            position=n,
            ids=(PaperId(Scheme.ARXIV, f"2501.{n:05}"),),
        )
        for n in range(1, 701)
    ]
    report = take("a.txt", records)

    assert report.new_papers == 700
    assert take("b.txt", records[:350]).new_papers == 0


def test_papers_that_differ_in_their_identifier_alone_stay_apart(
    database: Database, take: Take
) -> None:
    ids = [PaperId(Scheme.ARXIV, "2501.00001"), PaperId(Scheme.ARXIV, "2501.00002")]
    take("a.txt", [make_record("One", LONG, n, ids=(ids[n - 1],)) for n in (1, 2)])

    assert counts(database) == (1, 2, 2)


def test_a_title_of_long_ligatures_is_stored(database: Database, take: Take) -> None:
    take("a.txt", [make_record("\ufdfa" * 60, LONG)])

    assert counts(database) == (1, 1, 1)


def test_a_dump_refused_in_the_middle_leaves_nothing_behind(
    database: Database, clock: HandClock
) -> None:
    def broken() -> Iterator[PaperRecord]:
        yield from numbered([f"Paper {n}" for n in range(1, 700)])
        raise SourceError("a.txt", "not UTF-8", 1402)

    with pytest.raises(SourceError, match="line 1402"):
        ingest(database, Page(make_dump(), broken()), clock)

    assert counts(database) == (0, 0, 0)


def _ingest_in_a_process(url: str, start: "multiprocessing.synchronize.Barrier") -> None:
    database = Database(url)
    start.wait()
    titles = [f"A paper about subject {n} in depth" for n in range(1, 120)]
    ingest(database, Page(make_dump(), iter(numbered(titles))), utc_now)
    database.dispose()


@pytest.mark.slow
def test_two_processes_that_ingest_one_dump_at_once_change_nothing(database: Database) -> None:
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(2)
    url = database.url.render_as_string(hide_password=False)
    workers = [spawn.Process(target=_ingest_in_a_process, args=(url, start)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0, 0]
    assert counts(database)[0] == 1
    assert counts(database)[2] == 119
