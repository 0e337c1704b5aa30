"""When statistics are frozen, who reads them, and that nothing waits for them."""

import logging
import threading
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from digest.model.archives import StoredArchive
from digest.model.papers import PaperRecord
from digest.model.partitions import IdRange
from digest.pipeline.archive import Archives, is_due
from digest.pipeline.compose import Composer
from digest.pipeline.ingest import IngestReport, ingest
from digest.pipeline.subscribe import Registry, enrol
from digest.sources.base import Page
from digest.store import archives as store
from digest.store import digests
from digest.store.engine import Database
from digest.store.tables import archives as table
from digest.store.tables import digests as digests_table
from tests.conftest import HandClock
from tests.factories import make_dump, make_wishes, numbered
from tests.pipeline.conftest import Take

if TYPE_CHECKING:
    from digest.ranking.archive import Archive

TITLES = [f"Graph Networks of Kind {n}" for n in range(10)]
DAY = date(2026, 3, 18)


@pytest.fixture
def take(database: Database, clock: HandClock) -> Take:
    """Ingest records as a dump of the given name, be they ever so few."""

    def take_in(name: str, records: Sequence[PaperRecord]) -> IngestReport:
        return ingest(database, Page(make_dump(name), iter(records)), clock, anyway=True)

    return take_in


def count(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def newest(database: Database) -> StoredArchive:
    with database.reading() as connection:
        found = store.newest_archive(connection)
    assert found is not None
    return found


def spoil(database: Database, body: bytes) -> None:
    with database.writing() as connection:
        connection.execute(table.update().values(body=body))


def test_the_first_to_ask_freezes_and_everybody_reads_that(
    database: Database, take: Take, clock: HandClock
) -> None:
    take("a.txt", numbered(TITLES))
    first = Archives(database, clock)
    archive = first.current()
    assert (archive.papers, archive.count("graph")) == (10, 10)
    assert first.current() is archive
    stored = newest(database)
    assert (stored.frozen_on, stored.papers) == (DAY, 10)

    take("b.txt", numbered(["A Toaster that Learns"]))
    assert first.current() is archive
    second = Archives(database, clock).current()
    assert second.papers == 10
    assert second.to_bytes() == archive.to_bytes() == stored.body
    assert count(database) == 1


def test_before_any_paper_there_is_an_archive_too(database: Database, clock: HandClock) -> None:
    archives = Archives(database, clock)
    assert archives.current().papers == 0
    assert not archives.refreeze()


def test_the_first_papers_are_counted_at_the_next_chance(
    database: Database, take: Take, clock: HandClock
) -> None:
    archives = Archives(database, clock)
    archives.current()
    take("a.txt", numbered(TITLES))
    assert archives.refreeze()
    assert archives.current().papers == 10


def test_half_as_many_more_papers_are_counted_anew(
    database: Database, take: Take, clock: HandClock
) -> None:
    take("a.txt", numbered(TITLES))
    archives, others = Archives(database, clock), Archives(database, clock)
    before = archives.current()
    assert others.current().papers == 10
    take("b.txt", numbered([f"Toaster {n} of the Year" for n in range(4)]))
    assert not archives.refreeze()
    assert archives.current() is before

    take("c.txt", numbered(["A Kettle for Everybody"]))
    assert archives.refreeze()
    assert archives.current().papers == 15
    assert others.current().papers == 15  # whoever froze it
    assert not archives.refreeze()
    assert not others.refreeze()
    assert count(database) == 2


def test_every_month_new_papers_are_counted(
    database: Database, take: Take, clock: HandClock
) -> None:
    take("a.txt", numbered(TITLES))
    archives = Archives(database, clock)
    archives.current()
    clock.advance(days=20)  # it is April
    assert not archives.refreeze()  # and nothing is new
    take("b.txt", numbered(["A Toaster that Learns"]))
    assert archives.refreeze()
    assert archives.current().papers == 11
    assert newest(database).frozen_on == date(2026, 4, 7)
    clock.advance(days=10)
    take("c.txt", numbered(["A Kettle for Everybody"]))
    assert not archives.refreeze()


@pytest.mark.parametrize(
    ("frozen_on", "papers", "now", "expected"),
    [
        (DAY, 100, 149, False),
        (DAY, 100, 150, True),
        (DAY, 1, 2, True),
        (DAY, 0, 0, False),
        (DAY, 0, 1, True),
        (date(2026, 2, 28), 100, 100, False),
        (date(2026, 2, 28), 100, 101, True),
        (date(2025, 3, 18), 100, 101, True),
        (date(2026, 4, 1), 100, 101, True),  # a clock that was put back
        (DAY, 100, 50, False),
    ],
)
def test_archives_are_due_by_growth_and_by_month(
    frozen_on: date, papers: int, now: int, expected: object
) -> None:
    assert is_due(StoredArchive(1, frozen_on, papers, b""), now, DAY) is expected
    assert is_due(None, now, DAY)


def not_deflated(body: bytes) -> bytes:
    """Return an archive whose first part begins as no compressed part does."""
    names, extra = (int.from_bytes(body[at : at + 2], "little") for at in (26, 28))
    at = 30 + names + extra
    return body[:at] + b"\x07" + body[at + 1 :]


def test_an_archive_of_another_format_is_counted_anew_and_nothing_waits(
    database: Database, take: Take, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    take("a.txt", numbered(TITLES))
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr("digest.ranking.archive.FORMAT", b"digest archive 99\n")
        spoil(database, Archives(database, clock).current().to_bytes())
    archives = Archives(database, clock)
    with caplog.at_level(logging.WARNING):
        archive = archives.current()
    assert archive.papers == 10
    assert archives.current() is archive
    assert caplog.text.count("the papers are counted again") == 1
    assert count(database) == 1
    assert archives.refreeze()
    assert count(database) == 1
    caplog.clear()
    assert Archives(database, clock).current().counts == archive.counts
    assert not caplog.text


def test_a_damaged_archive_is_counted_anew(
    database: Database, take: Take, clock: HandClock
) -> None:
    take("a.txt", numbered(TITLES))
    body = Archives(database, clock).current().to_bytes()
    spoil(database, not_deflated(body))
    assert Archives(database, clock).current().papers == 10


def test_all_who_freeze_at_once_leave_one_and_read_the_same(
    database: Database, take: Take, clock: HandClock
) -> None:
    take("a.txt", numbered(TITLES))
    found: list[Archive] = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        archives = Archives(database, clock)
        barrier.wait()
        found.append(archives.current())

    def refreeze() -> None:
        barrier.wait()
        Archives(database, clock).refreeze()

    for each in (ask, refreeze):
        threads = [threading.Thread(target=each) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert count(database) == 1
    assert {archive.to_bytes() for archive in found} == {newest(database).body}
    assert len(found) == 4


def test_threads_that_share_archives_read_one_object(
    database: Database, take: Take, clock: HandClock
) -> None:
    take("a.txt", numbered(TITLES))
    archives = Archives(database, clock)
    found: list[Archive] = []
    threads = [threading.Thread(target=lambda: found.append(archives.current())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len({id(each) for each in found}) == 1


def test_readers_of_two_chunks_get_the_same_scores(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    take("old.txt", numbered(["Toasters", "Toasters and Kettles"]))
    early = [
        enrol(registry, f"early{n}@example.org", make_wishes("graph networks")) for n in (1, 2)
    ]
    clock.advance(days=9)
    late = [enrol(registry, f"late{n}@example.org", make_wishes("graph networks")) for n in (1, 2)]
    take(
        "new.txt",
        numbered(["Graph Networks for Roads", "Tax by Graph Networks", "Mice as Graph Networks"]),
    )
    clock.advance(days=1, hours=1)
    archives = Archives(registry.database, clock)
    for within in (IdRange(1, 2), IdRange(3, 4)):
        Composer(registry.database, archives, registry.authority, clock).compose_due(within=within)

    with registry.database.reading() as connection:
        numbers = connection.scalars(select(digests_table.c.id)).all()
        stored = digests.digests_by_id(connection, numbers)
    assert {each.subscriber_id for each in stored.values()} == {s.id for s in (*early, *late)}
    assert {each.window.after for each in stored.values()} == {0, 1}
    assert len({each.entries for each in stored.values()}) == 1
    assert {len(each.entries) for each in stored.values()} == {3}
    assert count(registry.database) == 1
    assert archives.current().papers == 5
