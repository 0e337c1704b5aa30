"""Lists that grow, snap back and repeat are listed once, as their services really answer."""

import json
from datetime import UTC, date, datetime
from typing import Any

from digest.clock import utc_now
from digest.model.papers import PaperId, Scheme
from digest.pipeline.harvest import LookReport, look_at
from digest.sources.base import Source
from digest.sources.huggingface.daily import HuggingFace
from digest.sources.openreview import open_source as open_venue
from digest.sources.semantic_scholar import open_source as open_recommendations
from digest.store import papers, sources
from digest.store.dumps import recent_dumps
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.sources import test_huggingface, test_openreview, test_semantic_scholar
from tests.sources.service import Reply, client_of, serving

FRIDAY, MONDAY = test_huggingface.FRIDAY, test_huggingface.MONDAY
HOSTILE = "Herons\x00 \ud800in\u202e <b>ponds"


def look(database: Database, source: Source, day: date) -> LookReport:
    report = look_at(
        database, source, HandClock(datetime(day.year, day.month, day.day, tzinfo=UTC))
    )
    assert report is not None
    assert not report.problem
    with database.writing() as connection:
        sources.look_soon(connection, source.name, datetime(2000, 1, 1, tzinfo=UTC))
    return report


def days_of(database: Database) -> list[tuple[date, int]]:
    with database.reading() as connection:
        return [(each.dump.dated_on, each.papers) for each in recent_dumps(connection, 9)]


def test_over_a_weekend_the_list_of_friday_is_listed_once_and_grows(database: Database) -> None:
    item = test_huggingface.item
    days = {FRIDAY: [item(1, FRIDAY), item(2, FRIDAY)]}
    with serving(test_huggingface.lists(days)) as service:
        source = HuggingFace(client_of(service))
        assert look(database, source, FRIDAY).papers == 2
        days[FRIDAY].append(item(3, FRIDAY))
        assert look(database, source, test_huggingface.SUNDAY).new_papers == 1
        days[MONDAY] = [item(4, MONDAY), item(1, FRIDAY)]
        assert look(database, source, MONDAY).papers == 1
    assert days_of(database) == [(MONDAY, 1), (FRIDAY, 1), (FRIDAY, 2)]


def test_what_is_recommended_again_is_not_listed_again(database: Database) -> None:
    paper = test_semantic_scholar.paper
    first = test_semantic_scholar.answer(paper(1), paper(2, publicationDate=None, title=HOSTILE))
    then = test_semantic_scholar.answer(
        paper(3), paper(2, publicationDate=None, title=HOSTILE), paper(1)
    )
    with serving(first, then) as service:
        source = open_recommendations("ARXIV:2106.15928", client_of(service), {})
        assert look(database, source, FRIDAY).papers == 2
        assert look(database, source, MONDAY).papers == 1
        assert look(database, source, MONDAY).papers == 0
    assert {day for day, _ in days_of(database)} == {FRIDAY, date(2025, 10, 29)}


def test_a_venue_that_opens_is_listed_and_what_it_deletes_is_taken_back(
    database: Database,
) -> None:
    note = test_openreview.note
    notes: list[Any] = []
    with serving(test_openreview.venue_of(notes)) as service:
        source = open_venue("ICLR.cc/2026/Conference", client_of(service), {})
        assert look(database, source, FRIDAY).papers == 0
        notes += [note(1), note(2)]
        assert look(database, source, MONDAY).papers == 2
        notes[0] |= {"ddate": test_openreview.ms(MONDAY)}
        assert look(database, source, date(2025, 11, 4)).papers == 0
    with database.writing() as connection:
        gone = papers.withdraw_papers(
            connection,
            [PaperId(Scheme.OPENREVIEW, f"aBc_{number}") for number in (1, 2)],
            utc_now(),
        )
    assert len(gone) == 1


def test_a_service_that_is_broken_now_keeps_what_it_gave(database: Database) -> None:
    days = {FRIDAY: [test_huggingface.item(1, FRIDAY)]}
    with serving(test_huggingface.lists(days)) as service:
        source = HuggingFace(client_of(service))
        look(database, source, FRIDAY)
        service.behaviour = lambda _asked: Reply(json.dumps({"error": "down"}))
        report = look_at(database, source, HandClock(datetime(2025, 11, 3, tzinfo=UTC)))
    assert report is not None
    assert "does not know" in report.problem
    assert days_of(database) == [(FRIDAY, 1)]
