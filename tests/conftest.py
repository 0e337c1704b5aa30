"""Fixtures for everybody: databases of both kinds, a clock in the hand, the real dumps."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from digest.store.engine import Database
from digest.store.schema import upgrade
from tests import postgres
from tests.statements import share_statements

REPOSITORY = Path(__file__).resolve().parent.parent

share_statements("sqlite://")
# What tests write is thrown away, so it need not wait for a disk where there is room in memory;
# where disks are played, those are mounted.
if (memory := postgres.in_memory()) and not os.statvfs(memory).f_flag & os.ST_NOEXEC:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


START = datetime(2026, 3, 18, 6, 0, tzinfo=UTC)


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START)


@pytest.fixture(scope="session")
def real_dumps() -> list[Path]:
    """The three real dumps, which are not part of the project."""
    found = sorted((REPOSITORY.parent / "shared" / "dumps").glob("*.txt"))
    if not found:
        pytest.skip("the real dumps are not beside this checkout")
    return found


@pytest.fixture(scope="session")
def example_dumps() -> list[Path]:
    return sorted((REPOSITORY / "examples" / "dumps").glob("*.txt"))


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite3"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.dispose()  # the last connection to close takes the write-ahead log with it
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    if os.environ.get("DIGEST_TEST_PG") == "off":
        if os.environ.get("CI"):
            pytest.fail("CI tests PostgreSQL: unset DIGEST_TEST_PG")
        pytest.skip("PostgreSQL is left out, as DIGEST_TEST_PG=off says")
    with postgres.server() as address:
        share_statements(f"{address}/postgres")
        yield address


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """The address of a server with a migrated database called `migrated_<process>`."""
    name = f"migrated_{os.getpid()}"
    _create(postgres_server, name, "template0")
    database = Database(f"{postgres_server}/{name}")
    upgrade(database)
    database.dispose()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of this version's schema: the contract suites run over both kinds."""
    opened = open_database(request, tmp_path, request.param)
    yield opened
    close_database(opened)


@pytest.fixture
def sqlite_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database, for what does not depend on the kind."""
    opened = open_database(request, tmp_path, "sqlite")
    yield opened
    opened.dispose()


def open_database(request: pytest.FixtureRequest, folder: Path, kind: str) -> Database:
    if kind == "sqlite":
        path = folder / "digest.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return Database(f"sqlite:///{path}")
    address = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("migrated_postgres")
    name = f"test_{os.getpid()}_{next(_numbers)}"
    _create(address, name, template)
    return Database(f"{address}/{name}")


def empty_postgres(request: pytest.FixtureRequest) -> str:
    """Return the address of a new database without any table."""
    address = request.getfixturevalue("postgres_server")
    name = f"test_{os.getpid()}_{next(_numbers)}"
    _create(address, name, "template0")
    return f"{address}/{name}"


def close_database(database: Database) -> None:
    """Close a test's database; of a server's, thousands would take room and time in the end."""
    database.dispose()
    if not database.is_sqlite:
        address, _, name = database.url.render_as_string(hide_password=False).rpartition("/")
        _say(address, f"DROP DATABASE {name} WITH (FORCE)")


def _count() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


_numbers = _count()


def _create(address: str, name: str, template: str) -> None:
    _say(address, f"CREATE DATABASE {name} TEMPLATE {template}")


def _say(address: str, statement: str) -> None:
    with _server(address).connect() as connection:
        connection.execute(text(statement))


@cache
def _server(address: str) -> Engine:
    """Return an engine that is kept: connecting anew costs as much as a database does."""
    return create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
