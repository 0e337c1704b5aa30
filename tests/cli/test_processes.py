"""The processes that stay, started for real: one that does all, and the three of the Procfile."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.model.deliveries import DeliveryState
from digest.store.deliveries import count_deliveries
from digest.store.engine import Database
from digest.store.schema import upgrade
from tests.conftest import REPOSITORY, open_database
from tests.postgres import process_wait

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: list[str], environment: dict[str, str], folder: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    log = folder / "log"
    with log.open("wb") as output:
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


def eventually(look: Callable[[], bool], what: str, within: float = 60) -> None:
    """Look again and again until it is so; another program gives no better signal."""
    deadline = time.monotonic() + within
    while not look():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} not within {within} s")
        process_wait(0.1)


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


def walk(base: str, folder: Path, dump: Path, sink: Sink) -> None:
    """Do what an operator and a reader do: save a dump, see it in the feed, subscribe, get mail."""
    eventually(lambda: fetch(f"{base}/health")[0] == 200, "a healthy answer")
    drop(dump, folder / "dumps")
    feed = f"{base}/feeds/trending.atom"
    eventually(lambda: "<entry>" in fetch(feed)[1], "papers in the feed")
    form = {"address": "ada@example.org", "keywords": "graph neural networks"}
    status, page = ask_for_papers(base, form)
    assert status == 200, page
    [mail] = sink.wait_for(1, within=60)[:1]
    assert mail.recipient == "ada@example.org"
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
    upgrade(database)
    yield database
    database.dispose()


def test_the_processes_of_the_procfile_share_the_work_on_postgresql(
    tmp_path: Path, example_dumps: list[Path], postgres_database: Database
) -> None:
    port = free_port()
    address = postgres_database.url.render_as_string(hide_password=False)
    with Sink() as sink:
        environment = variables(
            tmp_path,
            port,
            sink,
            DIGEST_DATABASE_URL=address.replace("+psycopg", ""),
            DIGEST_SECRET="a secret that all hosts share",  # noqa: S106  of this test
        )
        honcho = str(Path(sys.executable).parent / "honcho")
        command = [honcho, "-f", str(REPOSITORY / "Procfile"), "start", "-p", str(port)]
        with running([*command, "-d", str(tmp_path)], environment, tmp_path) as process:
            walk(f"http://127.0.0.1:{port}", tmp_path, example_dumps[0], sink)
            process.terminate()
            process.wait(timeout=30)
