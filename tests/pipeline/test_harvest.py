"""A live source is read from where it stopped, and what it repeats is listed once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import active_count

import pytest

from digest.errors import SourceAwayError
from digest.model.papers import PaperId, PaperRecord, Scheme
from digest.model.sources import SourceState
from digest.pipeline.asking import TURN, keeping_turn
from digest.pipeline.harvest import LookReport, look_at, next_wait
from digest.ranking.marks import VERSION
from digest.sources.base import Batch, Listed
from digest.store import papers, sources
from digest.store.dumps import recent_dumps
from digest.store.engine import Database
from digest.store.search import papers_to_mark
from tests.conftest import HandClock
from tests.factories import make_record, numbered
from tests.waiting import eventually

HOUR = timedelta(hours=1)
FIRST = date(2026, 3, 17)
SECOND = date(2026, 3, 18)
TITLES = ("Zebra stripes", "Quark stars", "Tidal locking", "Bee dances", "Snow lines")


@dataclass
class Answers:
    """A source that gives the batches it was handed; an error among them is raised."""

    batches: Sequence[Batch | Exception]
    name: str = "test"
    title: str = "Test"
    every: timedelta = HOUR
    is_ranked: bool = False
    asked: list[str] = field(default_factory=list)

    def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
        self.asked.append(f"{cursor}@{today}")
        for batch in self.batches:
            if isinstance(batch, Exception):
                raise batch
            yield batch


def listed(day: date, records: Sequence[PaperRecord]) -> list[Listed]:
    return [Listed(day, record) for record in records]


def look(database: Database, clock: HandClock, *batches: Batch | Exception) -> LookReport:
    report = look_at(database, Answers(batches), clock)
    assert report is not None
    clock.advance(hours=2)
    return report


def state(database: Database) -> SourceState:
    with database.reading() as connection:
        (found,) = sources.source_states(connection, ["test"])
    return found


def test_each_day_of_an_answer_becomes_a_list_of_its_own(
    database: Database, clock: HandClock
) -> None:
    records = numbered(TITLES[:5])
    batch = Batch([*listed(SECOND, records[:2]), *listed(FIRST, records[2:])], "c1")

    report = look(database, clock, batch)

    assert (report.papers, report.new_papers) == (5, 5)
    with database.reading() as connection:
        found = recent_dumps(connection, 9)
        counts = sources.day_counts(connection, "test", FIRST)
    assert [(each.dump.dated_on, each.papers) for each in found] == [(SECOND, 2), (FIRST, 3)]
    assert not any(each.dump.is_ranked for each in found)
    assert [(each.day, each.papers) for each in counts] == [(FIRST, 3), (SECOND, 2)]
    assert state(database).cursor == "c1"


def test_of_a_list_that_has_grown_only_the_rest_is_listed(
    database: Database, clock: HandClock
) -> None:
    records = numbered(TITLES[:5])
    look(database, clock, Batch(listed(FIRST, records[:3]), "c1"))

    report = look(database, clock, Batch(listed(FIRST, records), "c2"))

    assert (report.papers, report.new_papers) == (2, 2)
    with database.reading() as connection:
        assert [each.papers for each in recent_dumps(connection, 9)] == [2, 3]


def test_an_answer_without_news_moves_the_cursor_and_lists_nothing(
    database: Database, clock: HandClock
) -> None:
    batch = Batch(listed(FIRST, numbered(TITLES[:3])), "c1")
    look(database, clock, batch)
    before = state(database)

    report = look(database, clock, Batch(batch.listed, "c2"))

    assert not report.has_news
    after = state(database)
    assert (after.cursor, after.news_at) == ("c2", before.news_at)
    with database.reading() as connection:
        assert len(recent_dumps(connection, 9)) == 1


def test_a_paper_may_be_listed_under_two_days_and_is_new_on_the_first(
    database: Database, clock: HandClock
) -> None:
    (record,) = numbered(TITLES[:1])
    batch = Batch([*listed(SECOND, [record]), *listed(FIRST, [record, record])], "c1")

    assert look(database, clock, batch).new_papers == 1

    with database.reading() as connection:
        found = recent_dumps(connection, 9)
    assert [(each.papers, each.new_papers) for each in found] == [(1, 0), (1, 1)]


def test_an_update_of_what_nobody_knows_is_no_new_paper(
    database: Database, clock: HandClock
) -> None:
    update = make_record("Old", "Of years ago.", is_update=True)

    assert not look(database, clock, Batch(listed(FIRST, [update]), "c1")).has_news

    with database.reading() as connection:
        assert papers.count_papers(connection) == 0


def test_what_was_kept_before_a_problem_stands_and_the_next_look_goes_on_there(
    database: Database, clock: HandClock
) -> None:
    first, second = numbered(TITLES[:2])
    problem = SourceAwayError("test", "answered 503", timedelta(minutes=5))

    report = look(database, clock, Batch(listed(FIRST, [first]), "c1"), problem)

    assert (report.papers, report.problem) == (1, "answered 503")
    found = state(database)
    assert (found.cursor, found.failures, found.problem) == ("c1", 1, "answered 503")
    again = Answers([Batch(listed(FIRST, [second]), "c2")])
    assert look_at(database, again, clock) is not None
    assert again.asked == ["c1@2026-03-18"]
    assert (state(database).failures, state(database).failing_since) == (0, None)


def test_nobody_asks_a_source_that_is_being_asked(database: Database, clock: HandClock) -> None:
    class Nosy(Answers):
        def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
            others.append(look_at(database, Answers([]), clock))
            return super().harvest(cursor, today)

    others: list[LookReport | None] = []

    assert look_at(database, Nosy([Batch([], "c1")]), clock) is not None
    assert others == [None]
    assert look_at(database, Answers([]), clock) is None
    clock.advance(hours=1)
    assert look_at(database, Answers([]), clock) is not None


def test_who_was_away_for_longer_than_a_turn_keeps_nothing_more(
    database: Database, clock: HandClock
) -> None:
    class Slow(Answers):
        def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
            clock.advance(hours=1)
            look_at(database, Answers([Batch([], "theirs")]), clock)
            return super().harvest(cursor, today)

    look_at(database, Slow([Batch(listed(FIRST, numbered(TITLES[:1])), "ours")]), clock)

    assert state(database).cursor == "theirs"
    with database.reading() as connection:
        assert papers.count_papers(connection) == 0


def test_a_turn_is_short_and_is_prolonged_until_it_is_somebody_elses(
    database: Database, clock: HandClock
) -> None:
    def claim() -> SourceState | None:
        now = clock()
        with database.writing() as connection:
            sources.know_sources(connection, [("test", "Test")])
            return sources.claim_source(connection, "test", now, now + TURN)

    def until() -> datetime:
        found = state(database).next_look_at
        assert found
        return found

    before, claimed = active_count(), clock()
    assert claim()
    with keeping_turn(database, "test", claimed, clock, beat=0.005):
        clock.advance(seconds=80)
        eventually(lambda: until() == clock() + TURN, "the turn prolonged")
        clock.advance(seconds=80)
        assert claim() is None
    eventually(lambda: active_count() == before, "nobody prolongs it")
    clock.advance(seconds=3600)
    assert claim(), "the turn went on after its end"
    with keeping_turn(database, "test", claimed, clock, beat=0.005):
        clock.advance(seconds=60)
        eventually(lambda: active_count() == before, "no longer prolonged: it is another's")
    assert until() == clock() + TURN - timedelta(seconds=60)


def test_a_source_that_brings_down_what_reads_it_is_left_alone_and_said_to_fail(
    database: Database, clock: HandClock
) -> None:
    with pytest.raises(ZeroDivisionError):
        look_at(database, Answers([Batch([], "c1"), ZeroDivisionError()]), clock)
    found = state(database)
    assert (found.cursor, found.failures, found.next_look_at) == (
        "c1",
        1,
        clock() + timedelta(minutes=1),
    )
    assert "the log has it" in found.problem


def test_to_have_a_source_asked_while_it_is_asked_throws_no_answer_away(
    database: Database, clock: HandClock
) -> None:
    class Wanted(Answers):
        def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
            with database.writing() as connection:
                sources.look_soon(connection, "test", clock())
            return super().harvest(cursor, today)

    report = look_at(database, Wanted([Batch(listed(FIRST, numbered(TITLES[:1])), "c1")]), clock)
    assert report
    assert report.papers == 1
    assert state(database).next_look_at == clock() + HOUR


def test_what_is_withdrawn_is_announced_no_more(database: Database, clock: HandClock) -> None:
    gone = PaperId(Scheme.ARXIV, "2603.00001")
    record = make_record("Gone", ids=(gone,))
    look(database, clock, Batch(listed(FIRST, [record, *numbered(TITLES[:1])]), "c1"))

    look(database, clock, Batch([], "c2", withdrawn=[gone]))

    with database.reading() as connection:
        assert len(papers.papers_first_listed(connection, 0)) == 1
        assert len(papers.newest_papers(connection, 9)) == 1
        assert papers.count_papers(connection) == 2


@pytest.mark.parametrize(
    ("other", "is_standing"),
    [
        (PaperId(Scheme.ARXIV, "2603.00001"), True),
        (PaperId(Scheme.DOI, "10.1234/kites.7"), True),
        (PaperId(Scheme.OPENREVIEW, "other"), True),
        (PaperId(Scheme.SEMANTIC_SCHOLAR, "7"), False),
    ],
)
@pytest.mark.parametrize("is_known_before", [True, False])
def test_what_one_house_takes_back_stands_if_it_is_at_another(
    database: Database,
    clock: HandClock,
    other: PaperId,
    *,
    is_standing: bool,
    is_known_before: bool,
) -> None:
    gone = PaperId(Scheme.OPENREVIEW, "gone")
    both = Batch(listed(FIRST, [make_record("Kites", ids=(gone, other))]), "c1")
    alone = Batch(listed(FIRST, [make_record("Kites", ids=(gone,))]), "c2")
    taken_back = Batch([], "c3", withdrawn=[gone])
    if is_known_before:
        look(database, clock, both, taken_back)
    else:
        look(database, clock, alone, taken_back, both)

    with database.reading() as connection:
        assert len(papers.newest_papers(connection, 9)) == is_standing
        assert len(papers_to_mark(connection, VERSION, 9)) == 0
        found = papers.papers_first_listed(connection, 0)
    assert len(found) == is_standing


@pytest.mark.parametrize(
    ("failures", "asked", "minutes"),
    [
        (1, None, 1),
        (2, None, 2),
        (5, None, 16),
        (6, None, 30),
        (99, None, 30),
        (1, timedelta(hours=3), 180),
        (1, timedelta(0), 1),
        (1, timedelta(days=9), 1440),
    ],
)
def test_a_source_that_fails_is_left_alone_for_longer_each_time(
    failures: int, asked: timedelta | None, minutes: int
) -> None:
    assert next_wait(failures, timedelta(minutes=30), asked) == timedelta(minutes=minutes)
