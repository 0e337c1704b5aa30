"""What most of the store's suites need: a reader, and papers to talk of."""

import pytest

from digest.model.papers import NewPaper, Signature
from digest.store import dumps, papers, subscribers
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.factories import make_address, make_dump, make_wishes, numbered


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
