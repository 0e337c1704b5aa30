"""What keywords would have found in the dumps there are."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from digest.errors import ExpressionError
from digest.pipeline.archive import Archives
from digest.pipeline.ingest import ingest
from digest.pipeline.preview import InterestPreview, preview_interests
from digest.ranking.preview import Verdict
from digest.sources.dumps.text import read_dump
from digest.store.engine import Database
from tests.conftest import HandClock

NOW = datetime(2026, 3, 18, 7, tzinfo=UTC)


@pytest.fixture
def filled(migrated_sqlite: Path, tmp_path: Path, example_dumps: list[Path]) -> Iterator[Database]:
    path = tmp_path / "digest.sqlite3"
    path.write_bytes(migrated_sqlite.read_bytes())
    database = Database(f"sqlite:///{path}")
    for number, each in enumerate(example_dumps):
        dated_on = date(2026, 3, 16) + timedelta(days=number)
        ingest(database, read_dump(each, today=NOW.date(), dated_on=dated_on), HandClock(NOW))
    yield database
    database.dispose()


def seen(database: Database, *expressions: str, last_dumps: int = 30) -> list[InterestPreview]:
    clock = HandClock(NOW)
    archive = Archives(database, clock).current()
    return preview_interests(database, archive, expressions, clock, last_dumps)


def test_each_expression_is_shown_with_the_papers_it_finds_and_hides(filled: Database) -> None:
    graphs, hiding = seen(filled, "graph neural networks -recommendation", "-model")
    assert graphs.expression == "graph neural networks -recommendation"
    assert (graphs.found.total, graphs.found.dumps) == (65, 2)
    assert graphs.found.matched >= len(graphs.examples) > 0
    assert all("graph" in each.reason.sentence.lower() for each in graphs.examples)
    assert hiding.found.verdict is Verdict.ONLY_HIDES
    assert hiding.examples == ()
    assert all("model" in each.reason.sentence.lower() for each in hiding.hidden)


def test_only_the_last_dumps_count(filled: Database) -> None:
    (both,) = seen(filled, "learning")
    (last,) = seen(filled, "learning", last_dumps=1)
    assert last.found.dumps == 1
    assert last.found.total < both.found.total
    assert (last.found.a_week, both.found.a_week) == (None, 3.5 * both.found.matched)


def test_what_cannot_be_read_is_refused(filled: Database) -> None:
    with pytest.raises(ExpressionError):
        seen(filled, "fine", "a | | b")
