"""A site over the example dumps, copied for each test."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest import jobs
from digest.app import App, build_app
from digest.config import Settings
from digest.model.subscribers import Subscriber
from digest.pipeline.archive import Archives
from digest.pipeline.ingest import ingest
from digest.pipeline.subscribe import enrol, subscribe
from digest.sources.dumps.text import read_dump
from digest.store.engine import Database
from digest.web import build_web
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.web.client import Client
from tests.web.day_by_day import Readers
from tests.web.everywhere import Lived, Place, at_place, live_a_day

NOW = datetime(2026, 3, 18, 6, 0, tzinfo=UTC)
BASE_URL = "https://digest.example.org"

Visit = Callable[..., Client]


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory: pytest.TempPathFactory, example_dumps: list[Path]) -> Path:
    """The data folder of a site that has taken in the example dumps and published them."""
    folder = tmp_path_factory.mktemp("filled")
    app = build_app(settings_in(folder), HandClock(NOW))
    jobs.migrate(app)
    for path in example_dumps:
        ingest(app.database, read_dump(path, today=NOW.date(), dated_on=NOW.date()), app.clock)
    jobs.publish_feeds(app)
    app.database.dispose()
    return folder


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOW)


@pytest.fixture
def app(filled_folder: Path, tmp_path: Path, clock: HandClock) -> Iterator[App]:
    shutil.copytree(filled_folder, tmp_path / "data")
    built = build_app(settings_in(tmp_path / "data"), clock)
    yield built
    built.database.dispose()


@pytest.fixture
def empty_app(migrated_sqlite: Path, tmp_path: Path, clock: HandClock) -> Iterator[App]:
    """A site on its first day, with nothing taken in and nothing published."""
    folder = tmp_path / "empty"
    folder.mkdir()
    shutil.copy(migrated_sqlite, folder / "digest.sqlite3")
    built = build_app(settings_in(folder), clock)
    yield built
    built.database.dispose()


@pytest.fixture
def client(app: App) -> Client:
    return Client(build_web(app), BASE_URL)


@pytest.fixture
def visit(app: App) -> Visit:
    """Return a client of the same site with other settings."""

    def built(**settings: str) -> Client:
        other = build_app(replace(app.settings, **settings), app.clock)
        return Client(build_web(other), other.settings.public_url)

    return built


@pytest.fixture
def ada(app: App) -> Subscriber:
    """A reader who has confirmed."""
    return enrol(app.registry, "ada@example.org", make_wishes("graph neural networks", "RAG"))


@pytest.fixture
def bob(app: App) -> Subscriber:
    """A reader who has yet to confirm."""
    return subscribe(app.registry, "bob@example.org", make_wishes("diffusion models"))


@pytest.fixture
def readers(database: Database, tmp_path: Path, clock: HandClock) -> Readers:
    """One reader, day by day, over both databases."""
    clock.advance(hours=1)
    built = build_app(settings_in(tmp_path), clock)
    built.database.dispose()
    return Readers(replace(built, database=database, archives=Archives(database, clock)), clock)


@pytest.fixture(scope="session")
def lived(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """A site after its first day, with readers, digests, sessions and operators."""
    folder = tmp_path_factory.mktemp("lived") / "data"
    shutil.copytree(filled_folder, folder)
    return live_a_day(settings_in(folder), HandClock(NOW))


@pytest.fixture
def place(lived: Lived, tmp_path: Path) -> Iterator[Place]:
    """That site, copied for a test, with the addresses of all its routes."""
    folder = tmp_path / "lived"
    shutil.copytree(lived.folder, folder)
    built = at_place(lived, folder, settings_in(folder))
    yield built
    built.app.database.dispose()


def settings_in(folder: Path) -> Settings:
    return Settings(
        data_dir=str(folder),
        base_url=BASE_URL,
        mail=f"maildir:{folder / 'mail'}",
        secret="a secret of forty characters, more or less",  # noqa: S106  not one
    )
