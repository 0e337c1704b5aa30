"""The processes that stay, started for real: one that does all, and the three of the Procfile."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.delivery.sink import Received, Rule, Sink, Step
from digest.jobs.schema import upgrade_queue
from digest.model.deliveries import DeliveryState
from digest.pipeline.ingest import ingest
from digest.pipeline.subscribe import Registry, enrol
from digest.sources.base import Page
from digest.store.deliveries import count_deliveries
from digest.store.engine import Database
from digest.tokens import Tokens
from tests.conftest import REPOSITORY, close_database, open_database
from tests.factories import make_dump, make_wishes, numbered
from tests.ports import free_port
from tests.waiting import eventually

pytestmark = pytest.mark.slow

SECRET = "a secret that all hosts share"  # noqa: S105  of these tests


@contextmanager
def running(
    command: list[str], environment: dict[str, str], folder: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    log = folder / "log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    except BaseException:
        sys.stderr.write(log.read_text())
        raise
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def fetch(url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
    data = urllib.parse.urlencode(form).encode() if form else None
    headers = {"Sec-Fetch-Site": "same-origin"} if form else {}
    request = urllib.request.Request(url, data, headers)  # noqa: S310  our own server
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  the same
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def variables(folder: Path, port: int, sink: Sink, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    bin_folder = str(Path(sys.executable).parent)
    return {
        **kept,
        "PATH": f"{bin_folder}{os.pathsep}{kept['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
        "DIGEST_DATA_DIR": str(folder / "data"),
        "DIGEST_DUMPS_DIR": str(folder / "dumps"),
        "DIGEST_BASE_URL": f"http://127.0.0.1:{port}",
        "DIGEST_PORT": str(port),
        "DIGEST_MAIL": f"smtp://127.0.0.1:{sink.port}",
        "DIGEST_STARTTLS": "never",
        **more,
    }


def drop(dump: Path, folder: Path) -> None:
    """Save a dump into the watched folder, as long ago as makes it settled."""
    folder.mkdir(exist_ok=True)
    path = folder / dump.name
    shutil.copy(dump, path)
    os.utime(path, (time.time() - 60, time.time() - 60))


def ask_for_papers(base: str, form: dict[str, str]) -> tuple[int, str]:
    """Send the form as whoever left its page open for days: it is shown once more, and sent again."""
    _, page = fetch(f"{base}/subscribe", form)
    shown = re.search(r'name="shown" value="([^"]+)"', page)
    return fetch(f"{base}/subscribe", {**form, "shown": shown[1]}) if shown else (0, page)


def mails_to(address: str, sink: Sink) -> list[Received]:
    return [mail for mail in list(sink.mails) if mail.recipient == address]


def walk(base: str, folder: Path, dump: Path, sink: Sink) -> None:
    """Do what an operator and a reader do: save a dump, see it in the feed, subscribe, get mail."""
    eventually(lambda: fetch(f"{base}/health")[0] == 200, "a healthy answer")
    drop(dump, folder / "dumps")
    feed = f"{base}/feeds/trending.atom"
    eventually(lambda: "<entry>" in fetch(feed)[1], "papers in the feed")
    form = {"address": "ada@example.org", "keywords": "graph neural networks"}
    status, page = ask_for_papers(base, form)
    assert status == 200, page
    eventually(lambda: bool(mails_to("ada@example.org", sink)), "a mail")
    [mail] = mails_to("ada@example.org", sink)
    assert f"{base}/confirm/" in mail.message.decode().replace("=\r\n", "").replace("=3D", "=")


def test_serve_does_everything_and_stops_when_asked(
    tmp_path: Path, example_dumps: list[Path]
) -> None:
    port = free_port()
    with Sink() as sink:
        environment = variables(tmp_path, port, sink)
        command = [sys.executable, "-m", "digest", "serve"]
        with running(command, environment, tmp_path) as process:
            walk(f"http://127.0.0.1:{port}", tmp_path, example_dumps[0], sink)
            process.terminate()
            assert process.wait(timeout=30) == 0


def test_a_process_that_is_stopped_while_it_begins_stops(tmp_path: Path) -> None:
    with Sink() as sink:
        environment = variables(tmp_path, free_port(), sink, DIGEST_COMPILED="off")
        command = [sys.executable, "-m", "digest", "serve"]
        with running(command, environment, tmp_path) as process:
            eventually(lambda: "Digest is at" in (tmp_path / "log").read_text(), "a first word")
            process.terminate()
            assert process.wait(timeout=30) == 0


def test_a_mail_that_is_going_out_is_settled_before_the_process_ends(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    form = {"address": "ada@example.org", "keywords": "graph neural networks"}
    with Sink(Rule(Step.END, delay=2)) as sink:
        environment = variables(tmp_path, port, sink)
        with running([sys.executable, "-m", "digest", "serve"], environment, tmp_path) as process:
            eventually(lambda: fetch(f"{url}/health")[0] == 200, "a healthy answer")
            ask_for_papers(url, form)
            eventually(lambda: "DATA" in sink.commands, "a mail on its way")
            process.terminate()
            assert process.wait(timeout=30) == 0
    database = Database(f"sqlite:///{tmp_path / 'data' / 'digest.sqlite3'}")
    with database.reading() as connection:
        assert count_deliveries(connection) == {DeliveryState.ACCEPTED: 1}
    database.dispose()


@pytest.fixture
def postgres_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = open_database(request, tmp_path, "postgresql")
    yield database
    close_database(database)


def has_a_reader_who_is_due(database: Database, address: str) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=2)
    registry = Registry(database, Tokens([SECRET]), "127.0.0.1", lambda: long_ago)
    enrol(registry, address, make_wishes("graph neural networks"))
    titles = ["Graph Neural Networks for Roads", "Graph Neural Networks Forget"]
    ingest(database, Page(make_dump(), iter(numbered(titles))), lambda: long_ago)


def test_the_processes_of_the_procfile_share_the_work_on_postgresql(
    tmp_path: Path, example_dumps: list[Path], postgres_database: Database
) -> None:
    port = free_port()
    address = postgres_database.url.render_as_string(hide_password=False)
    upgrade_queue(postgres_database)
    has_a_reader_who_is_due(postgres_database, "bob@example.org")
    with Sink() as sink:
        environment = variables(
            tmp_path,
            port,
            sink,
            DIGEST_DATABASE_URL=address.replace("+psycopg", ""),
            DIGEST_SECRET=SECRET,
            DIGEST_COMPILED="off",
        )
        honcho = str(Path(sys.executable).parent / "honcho")
        command = [honcho, "--no-colour", "-f", str(REPOSITORY / "Procfile")]
        command += ["-d", str(tmp_path), "start", "-p", str(port)]
        with running(command, environment, tmp_path) as process:
            eventually(lambda: bool(mails_to("bob@example.org", sink)), "a digest")
            walk(f"http://127.0.0.1:{port}", tmp_path, example_dumps[0], sink)
            process.terminate()
            process.wait(timeout=30)
        assert len(mails_to("bob@example.org", sink)) == 1
    log = (tmp_path / "log").read_text()
    assert log.count("stopped (rc=0)") == 3, log
