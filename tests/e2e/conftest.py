"""A browser for the tests of a file, and a site for each."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import chromium
from tests.e2e.place import Place, fill, opened
from tests.e2e.visiting import PATIENCE


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def listening() -> Iterator[socket.socket]:
    """The port of all sites, one after the other: what is published names it."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


@pytest.fixture(scope="session")
def filled(
    tmp_path_factory: pytest.TempPathFactory, listening: socket.socket, example_dumps: list[Path]
) -> Path:
    """The folder of a site that has taken in the example dumps, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    fill(folder, listening.getsockname()[1], example_dumps)
    return folder


@pytest.fixture
def place(tmp_path: Path, filled: Path, listening: socket.socket) -> Iterator[Place]:
    shutil.copytree(filled, tmp_path / "data")
    with opened(tmp_path / "data", listening) as built:
        yield built


@pytest.fixture
def empty_place(tmp_path: Path, listening: socket.socket) -> Iterator[Place]:
    """A site on its first day: nothing was taken in yet."""
    fill(tmp_path, listening.getsockname()[1], [])
    with opened(tmp_path, listening) as built:
        yield built
