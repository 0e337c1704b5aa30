"""A site on many hosts: PostgreSQL, a mail server, and Digest's processes as an operator runs them."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from digest.store.engine import Database
from tests import postgres
from tests.conftest import REPOSITORY
from tests.hosts.mail_sink import Ledger
from tests.hosts.network import Network
from tests.hosts.programs import Programs
from tests.waiting import eventually

DATABASE, MAIL = "db", "mail"
LEASE = 20.0
CONNECTIONS = 20  # of each worker
# A worker finds out that its database is gone well within its lease, as it does with the usual ones.
_PATIENCE = {
    "connect_timeout": 2,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 4000,
}


class Cluster:
    """The hosts of a site; `tell` says when what happened, in seconds since the first program.

    `database` is the way in for whoever looks on: PostgreSQL's socket, which no cable leads to.
    """

    def __init__(self, network: Network, programs: Programs, folder: Path) -> None:
        self.network = network
        self.programs = programs
        self.events: list[tuple[float, str]] = []
        self.mails = Ledger(folder / "mails")
        self.database = Database(f"postgresql+psycopg://digest@/digest?host={folder}")
        self._folder = folder
        self._server: list[str] = []
        self._account: dict[str, Any] = {}
        self._began = time.time()
        self._cpu_before = 0.0
        self._cpu_before = self.cpu()

    def now(self) -> float:
        return time.time()

    def tell(self, event: str) -> None:
        self.events.append((time.time() - self._began, event))

    def cpu(self) -> float:
        """Return the seconds that programs have used which have ended, their children's too."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime - self._cpu_before

    def story(self) -> list[str]:
        """Return what was told, a line an event."""
        return [f"{seconds:6.1f} s  {event}" for seconds, event in self.events]

    def make_database(self) -> None:
        """Make a cluster and an empty database, and start PostgreSQL on its host."""
        binaries = postgres.binaries_for(self._folder)
        self._account = postgres.account_for(self._folder)
        data = self._folder / "data"
        initdb = f"{binaries}/initdb --no-sync -A trust -U digest -E UTF8 --locale=C -D {data}"
        subprocess.run(initdb.split(), check=True, stdout=subprocess.DEVNULL, **self._account)
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.77.0.0/16 trust\n")
        options = {
            "listen_addresses": self.network.address(DATABASE),
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
            "max_connections": "100",
        }
        user, group = self._account["user"], self._account["group"]
        self._server = [
            *self.network.on(DATABASE),
            *("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"),
            *(f"{binaries}/postgres", "-D", str(data)),
            *(word for name, value in options.items() for word in ("-c", f"{name}={value}")),
        ]
        self.start_postgres()
        with psycopg.connect(self._socket("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE digest")

    def start_postgres(self) -> None:
        self.programs.start(DATABASE, self._server, os.environ, cwd="/")
        eventually(self._is_up, "PostgreSQL is up")

    def stop_postgres(self) -> None:
        """Stop it as `pg_ctl stop` does: fast, whoever is connected."""
        self.programs.end(DATABASE, signal.SIGINT)

    def start_mail(self) -> None:
        where = [self.network.address(MAIL), "25", str(self._folder / "mails")]
        command = [sys.executable, "-m", "tests.hosts.mail_sink", *where]
        self.programs.start(MAIL, [*self.network.on(MAIL), *command], os.environ, cwd=REPOSITORY)
        eventually((self._folder / "mails").exists, "the mail server is up")

    def start(self, host: str, what: str) -> None:
        """Start `digest worker`, or whatever, on a host."""
        self.programs.start(host, self._digest(host, what), self._variables(host))

    def run(self, host: str, *what: str) -> None:
        """Run a command of Digest on a host to its end."""
        self.programs.run(host, self._digest(host, *what), self._variables(host))

    def _digest(self, host: str, *words: str) -> list[str]:
        return [*self.network.on(host), sys.executable, "-m", "digest", *words]

    def _variables(self, host: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
        given = {
            "DATABASE_URL": f"postgresql://digest@{self.network.address(DATABASE)}/digest?"
            + "&".join(f"{name}={value}" for name, value in _PATIENCE.items()),
            "DATA_DIR": str(self._folder / host),
            "DUMPS_DIR": str(self._folder / "dumps"),
            "BASE_URL": "https://digest.example.org",
            "SECRET": "the-same-on-every-host-and-forty-letters",
            "MAIL": f"smtp://{self.network.address(MAIL)}",
            "MAIL_FROM": "digest@digest.example.org",
            "STARTTLS": "never",
            "EHLO_NAME": f"{host}.example.org",
            "LEASE": f"{LEASE:g}",
            "CONNECTIONS": str(CONNECTIONS),
        }
        return {
            **kept,
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONUNBUFFERED": "1",
            **{f"DIGEST_{name}": value for name, value in given.items()},
        }

    def _socket(self, name: str) -> str:
        return f"postgresql://digest@/{name}?host={self._folder}"

    def _is_up(self) -> bool:
        try:
            psycopg.connect(self._socket("postgres")).close()
        except psycopg.OperationalError:
            assert DATABASE not in self.programs.ended(), self.programs.log(DATABASE)
            return False
        return True


@contextmanager
def cluster(*hosts: str) -> Iterator[Cluster]:
    """Give hosts beside those of PostgreSQL and mail, which run; nothing is left of any of them."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="digest-hosts-", dir=postgres.in_memory()))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        network = stack.enter_context(Network([DATABASE, MAIL, *hosts]))
        programs = stack.enter_context(Programs(folder))
        made = Cluster(network, programs, folder)
        stack.callback(made.database.dispose)
        made.make_database()
        made.start_mail()
        yield made
