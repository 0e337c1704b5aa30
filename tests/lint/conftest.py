"""One site, one browser and one set of linters for all that is looked at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.lint.site import Site, open_site
from tests.lint.tools import node_modules


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("lint")) as opened:
        yield opened


@pytest.fixture(scope="session")
def npm_packages() -> Path:
    """The folder of the linters that come from npm."""
    return node_modules()


@pytest.fixture(scope="module")  # its event loop runs in this thread, where others need their own
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened
