"""What most of the store's suites need: a reader, and papers to talk of."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.model.papers import NewPaper, Signature
from digest.store import dumps, papers, subscribers
from digest.store.engine import Database
from tests.conftest import HandClock, open_database
from tests.factories import make_address, make_dump, make_wishes, numbered
from tests.store.ledger import Ledger


@pytest.fixture
def reader(database: Database, clock: HandClock) -> int:
    """The id of Ada, who has yet to confirm."""
    with database.writing() as connection:
        return subscribers.add_subscriber(connection, make_address(), make_wishes(), clock())


@pytest.fixture
def stored(database: Database, clock: HandClock) -> list[int]:
    """The ids of sixty papers of one dump."""
    new = [
        NewPaper(f"paper-{each.position}", each, Signature(each.title, (each.position,)))
        for each in numbered(f"Paper {n}" for n in range(60))
    ]
    with database.ingesting() as connection:
        dump_id = dumps.add_dump(connection, make_dump(), clock())
        assert dump_id is not None
        return papers.add_papers(connection, new, dump_id, clock())


@pytest.fixture
def ledger(database: Database, clock: HandClock) -> Ledger:
    return Ledger(database, clock)


@pytest.fixture
def postgres_ledger(
    request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock
) -> Iterator[Ledger]:
    """A ledger that two transactions can write to at once."""
    database = open_database(request, tmp_path, "postgresql")
    yield Ledger(database, clock)
    database.dispose()


@pytest.fixture
def sqlite_ledger(sqlite_database: Database, clock: HandClock) -> Ledger:
    return Ledger(sqlite_database, clock)
