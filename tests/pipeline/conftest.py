"""A site with a list of readers, over both databases."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from digest.delivery.sink import Sink
from digest.model.papers import PaperRecord
from digest.pipeline.ingest import IngestReport, ingest
from digest.pipeline.subscribe import Registry
from digest.rendering.email import MailRenderer
from digest.rendering.links import Links
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


@pytest.fixture(scope="session")
def renderer() -> MailRenderer:
    return MailRenderer(Links("http://digest.example.org", Tokens(["a secret"])), "Digest")


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running
