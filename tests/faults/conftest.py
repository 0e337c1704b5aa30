"""A site and a mail server for every test of the suite."""

from collections.abc import Iterator

import pytest

from digest.delivery.sink import Sink
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.faults.site import Site


@pytest.fixture
def site(database: Database, clock: HandClock) -> Site:
    return Site(database, clock)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running
