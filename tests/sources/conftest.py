"""A service that one test after the other tells what to answer."""

from collections.abc import Iterator

import pytest

from tests.sources.service import Reply, Service, serving


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(Reply("[]")) as running:
        yield running
