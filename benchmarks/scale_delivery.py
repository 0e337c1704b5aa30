"""Delivering for benchmarks/scale.py: the real `digest worker` processes, and Postfix's smtp-sink.

A worker's processor time is that of its whole life, its start among it; seconds are those from the
first mail that was settled to the last, as the ledger has them.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from benchmarks.delivery_peers import smtp_sink
from benchmarks.scale_meter import Taken, cpu_of_family, peak
from digest.delivery.smtp import SmtpSettings, SmtpTransport, Tls
from digest.delivery.throttle import MOST_AT_ONCE
from digest.model.deliveries import Throttle
from digest.store.engine import Database
from digest.store.throttles import save_throttles

_GROUPS = text("SELECT DISTINCT domain_group FROM deliveries")
_LEFT = text("SELECT count(*) FROM deliveries WHERE state IN ('ready', 'leased', 'inflight')")
_ENDS = text(
    "SELECT count(*), min(settled_at), max(settled_at) FROM deliveries WHERE state = 'accepted'"
)
_LOOK_EVERY = 1.0
_PATIENCE = 120.0  # seconds in which not one mail goes out


def deliver(url: str, server: int | None, folder: Path, workers: int) -> Taken:
    """Send all mails that are due, by so many workers; return what that took of these."""
    database = Database(url)
    with ExitStack() as stack:
        port = stack.enter_context(smtp_sink())
        _warm_up(database, port)
        before = cpu_of_family(server) if server else 0.0
        log = stack.enter_context((folder / "workers.log").open("w"))
        environment = _environment(url, folder, port)
        crew = [
            stack.enter_context(_process("worker", environment, log.fileno()))
            for _ in range(workers)
        ]
        if not database.is_sqlite:  # whoever sends is told by the queue, and somebody has to ask
            stack.enter_context(_process("scheduler", environment, log.fileno()))
        _wait(database, crew, folder / "workers.log")
        most = max(peak(each.pid) for each in crew)
        cpu = sum(_stop(each) for each in crew)
        server_cpu = cpu_of_family(server) - before if server else 0.0
    with database.reading() as connection:
        sent, first, last = connection.execute(_ENDS).one()
    database.dispose()
    seconds = (_moment(last) - _moment(first)).total_seconds()
    return Taken(seconds, cpu, server_cpu, most, {"sent": sent})


def _warm_up(database: Database, port: int) -> None:
    """Let every domain group have the most connections: a site that has sent for a while."""
    name = SmtpTransport(SmtpSettings("127.0.0.1", port, tls=Tls.NEVER)).name
    with database.writing() as connection:
        groups = list(connection.execute(_GROUPS).scalars())
        throttles = {group: Throttle(concurrency=MOST_AT_ONCE) for group in groups}
        save_throttles(connection, name, throttles, datetime.now(UTC))


def _environment(url: str, folder: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    return {
        **kept,
        "DIGEST_DATABASE_URL": url.replace("+psycopg", ""),
        "DIGEST_DATA_DIR": str(folder / "data"),
        "DIGEST_DUMPS_DIR": str(folder / "dumps"),
        "DIGEST_SECRET": "a secret of the benchmark's alone",
        "DIGEST_MAIL": f"smtp://127.0.0.1:{port}",
        "DIGEST_MAIL_FROM": "digest@digest.example.org",
        "DIGEST_STARTTLS": "never",
        "DIGEST_EHLO_NAME": "localhost",
    }


@contextmanager
def _process(
    command: str, environment: dict[str, str], log: int
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", command], env=environment, stdout=log, stderr=log
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> float:
    """End a process, and return what processor time it has used."""
    process.send_signal(signal.SIGTERM)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


def _wait(database: Database, crew: list["subprocess.Popen[bytes]"], log: Path) -> None:
    """Return once nothing is left to send; raise RuntimeError if nobody sends any more."""
    left, since = -1, time.monotonic()
    while left:
        time.sleep(_LOOK_EVERY)
        with database.reading() as connection:
            before, left = left, int(connection.execute(_LEFT).scalar_one())
        since = time.monotonic() if left != before else since
        has_ended = any(not Path(f"/proc/{each.pid}/status").exists() for each in crew)
        if has_ended or time.monotonic() - since > _PATIENCE:
            raise RuntimeError(f"{left} mails are left, and nobody sends:\n{log.read_text()}")


def _moment(value: str | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
