"""A PostgreSQL of a test's own, that can be crashed and started again."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from digest.store.engine import Database
from digest.store.schema import upgrade
from tests import postgres
from tests.waiting import eventually


class Cluster:
    """A server that is up until `crash`, and again from `start` on."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._number = 0
        self._restarted: subprocess.Popen[bytes] | None = None
        [data] = self._ask("SHOW data_directory")
        self._pid_file = Path(data) / "postmaster.pid"
        written = Path(f"/proc/{self._pid}/cmdline").read_bytes()
        self._command = [word.decode() for word in written.split(b"\0") if word]
        self._account = self._pid_file.stat()
        self._do("CREATE DATABASE migrated TEMPLATE template0")
        migrated = Database(f"{address}/migrated")
        upgrade(migrated)
        migrated.dispose()

    def new_database(self) -> str:
        """Return the address of an empty database of this version's schema."""
        self._number += 1
        name = f"fault_{self._number}"
        self._do(f"CREATE DATABASE {name} TEMPLATE migrated")
        return f"{self._address}/{name}"

    def crash(self) -> None:
        """End it as a crash would: at once, with nothing told to anybody and nothing put in order."""
        os.kill(self._pid, signal.SIGQUIT)
        if self._restarted is not None:
            self._restarted.wait()
        eventually(lambda: not self._is_up(), "PostgreSQL is down")

    def start(self) -> None:
        """Start it again, and wait until it has recovered."""
        account = self._account
        is_root = os.geteuid() == 0
        self._restarted = subprocess.Popen(
            self._command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=account.st_uid if is_root else None,
            group=account.st_gid if is_root else None,
            extra_groups=[] if is_root else None,
            cwd="/",
        )
        eventually(self._is_up, "PostgreSQL is up")

    def close(self) -> None:
        if self._restarted is not None:
            self._restarted.send_signal(signal.SIGINT)
            self._restarted.wait()

    @property
    def _pid(self) -> int:
        return int(self._pid_file.read_text().split()[0])

    def _is_up(self) -> bool:
        try:
            self._ask("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _ask(self, question: str) -> tuple[str, ...]:
        with self._connected() as connection:
            found = connection.execute(question).fetchone()
        assert found is not None
        return tuple(map(str, found))

    def _do(self, command: str) -> None:
        with self._connected() as connection:
            connection.execute(command)

    def _connected(self) -> "psycopg.Connection[tuple[object, ...]]":
        plain = self._address.replace("+psycopg", "")
        return psycopg.connect(f"{plain}/postgres", autocommit=True)


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """Give a cluster that nobody else uses, for as long as the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DIGEST_TEST_PG_URL", raising=False)
        with postgres.server() as address:
            cluster = Cluster(address)
            yield cluster
            cluster.close()
