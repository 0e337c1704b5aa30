"""A site with a list of readers, over both databases."""

from collections.abc import Callable, Sequence

import pytest

from digest.model.papers import PaperRecord
from digest.pipeline.ingest import IngestReport, ingest
from digest.pipeline.subscribe import Registry
from digest.sources.base import Page
from digest.store.engine import Database
from digest.tokens import Tokens
from tests.conftest import HandClock
from tests.factories import make_dump

Take = Callable[[str, Sequence[PaperRecord]], IngestReport]


@pytest.fixture
def registry(database: Database, clock: HandClock) -> Registry:
    return Registry(database, Tokens(["a secret"]), "digest.example.org", clock)


@pytest.fixture
def take(database: Database, clock: HandClock) -> Take:
    """Ingest records as a dump of the given name."""

    def take_in(name: str, records: Sequence[PaperRecord]) -> IngestReport:
        return ingest(database, Page(make_dump(name), iter(records)), clock)

    return take_in
