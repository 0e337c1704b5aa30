"""The real program, in a process of its own, with a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import digest
from digest.delivery.sink import Sink
from digest.model.deliveries import Delivery, DeliveryState
from digest.model.subscribers import Subscriber
from digest.pipeline.ingest import ingest
from digest.pipeline.subscribe import Registry, enrol
from digest.sources.base import Page
from digest.store.deliveries import count_deliveries, find_deliveries
from digest.store.engine import Database
from digest.tokens import Tokens
from tests.conftest import open_database
from tests.factories import make_dump, make_wishes, numbered

SECRET = "a secret of the tests"  # noqa: S105  theirs alone

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    return {
        **kept,
        "DIGEST_DATA_DIR": str(tmp_path / "data"),
        "DIGEST_DUMPS_DIR": str(tmp_path / "dumps"),
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Run `digest` with some words and changed variables; return how it ended."""

    def run_digest(*words: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "digest", *words],
            cwd=tmp_path,
            env={**environment, **changes, "PYTHONPATH": str(Path(__file__).parents[2])},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run_digest


@dataclass(frozen=True)
class Operator:
    """Somebody at the command line, in this process, with a database and a mail server."""

    database: Database
    sink: Sink
    environment: dict[str, str]

    def says(self, *words: str, answer: str | None = None, **changes: str) -> Result:
        """Run `digest` with some words; an error of ours is in the result."""
        runner = CliRunner(env={**self.environment, **changes})
        return runner.invoke(digest, list(words), input=answer)

    def has_readers(self, *addresses: str, papers: bool = True) -> list[Subscriber]:
        """Let readers be due for a digest now, of two papers that are new."""
        long_ago = datetime.now(UTC) - timedelta(days=2)
        registry = Registry(self.database, Tokens([SECRET]), "127.0.0.1", lambda: long_ago)
        found = [enrol(registry, each, make_wishes("graph neural networks")) for each in addresses]
        if papers:
            titles = ["Graph Neural Networks for Roads", "Graph Neural Networks Forget"]
            ingest(self.database, Page(make_dump(), iter(numbered(titles))), lambda: long_ago)
        return found

    def mails(self) -> list[Delivery]:
        with self.database.reading() as connection:
            return find_deliveries(connection)

    def states(self) -> dict[DeliveryState, int]:
        with self.database.reading() as connection:
            return count_deliveries(connection)


@pytest.fixture
def kind() -> str:
    """The database of an operator; where its statements matter, `on_both` says so."""
    return "sqlite"


on_both = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


@pytest.fixture
def operator(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, environment: dict[str, str]
) -> Iterator[Operator]:
    """An operator of an empty site."""
    database = open_database(request, tmp_path, kind)
    address = database.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with Sink() as sink:
        changes = {
            "DIGEST_DATABASE_URL": address,
            "DIGEST_SECRET": SECRET,
            "DIGEST_MAIL": f"smtp://127.0.0.1:{sink.port}",
            "DIGEST_STARTTLS": "never",
            "DIGEST_COMPILED": "off",
            "DIGEST_EHLO_NAME": "localhost",
        }
        yield Operator(database, sink, {**environment, **changes})
    database.dispose()
