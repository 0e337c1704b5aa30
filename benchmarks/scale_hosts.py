"""Databases for benchmarks/scale.py: made, copied, measured and dropped on either kind of host."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine, make_url, text

from benchmarks.scale_meter import parent_of
from tests import postgres

KINDS = ("sqlite", "postgresql")
_SIZES_SQLITE = """
    SELECT coalesce(m.tbl_name, s.name), sum(s.pgsize)
    FROM dbstat s LEFT JOIN sqlite_master m ON m.name = s.name GROUP BY 1
"""
_SIZES_POSTGRES = """
    SELECT relname, pg_total_relation_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


class Host(Protocol):
    """Where databases are, all by a name; `process` is the first of a server's, if there is one."""

    kind: str
    process: int | None

    def make(self, name: str) -> str:
        """Make an empty database and return its address."""
        ...

    def copy(self, name: str, new: str) -> str:
        """Make a database like another, which nobody may have open; return its address."""
        ...

    def drop(self, name: str) -> None:
        """Remove a database."""
        ...

    def tidy(self, name: str) -> None:
        """Do what the host does by itself in the hours after much was written."""
        ...

    def sizes(self, name: str) -> dict[str, int]:
        """Return the bytes of each table with its indexes."""
        ...


@contextmanager
def open_host(kind: str, folder: Path) -> Iterator[Host]:
    """Give a host, started for it where that takes a server."""
    if kind == "sqlite":
        yield SqliteHost(folder)
        return
    with postgres.server() as address:
        host = PostgresHost(address)
        try:
            yield host
        finally:
            host.close()


class SqliteHost:
    """A folder of files."""

    kind = "sqlite"
    process: int | None = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, name: str) -> str:
        """Return the address of a file that is not there yet."""
        return f"sqlite:///{self._path(name)}"

    def copy(self, name: str, new: str) -> str:
        """Copy the file."""
        shutil.copy(self._path(name), self._path(new))
        return self.make(new)

    def drop(self, name: str) -> None:
        """Delete the file and what lies beside it."""
        for path in self._folder.glob(f"{name}.sqlite3*"):
            path.unlink()

    def tidy(self, name: str) -> None:
        """Do nothing: nor does SQLite."""

    def sizes(self, name: str) -> dict[str, int]:
        """Return the bytes of the pages of each table and its indexes."""
        with sqlite3.connect(self._path(name)) as connection:
            return dict(connection.execute(_SIZES_SQLITE).fetchall())

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.sqlite3"


class PostgresHost:
    """A server on this machine."""

    kind = "postgresql"

    def __init__(self, address: str) -> None:
        self._address = address
        self._engine = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
        with self._engine.connect() as connection:
            backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            self.process: int | None = parent_of(backend)

    def make(self, name: str) -> str:
        """Create a database of nothing."""
        self._say(f"CREATE DATABASE {name} TEMPLATE template0")
        return f"{self._address}/{name}"

    def copy(self, name: str, new: str) -> str:
        """Create a database of another."""
        self._say(f"CREATE DATABASE {new} TEMPLATE {name}")
        return f"{self._address}/{new}"

    def drop(self, name: str) -> None:
        """Drop the database, whoever has it open."""
        self._say(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def tidy(self, name: str) -> None:
        """Do what autovacuum does, now and not while something is measured."""
        engine = create_engine(f"{self._address}/{name}", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))
        engine.dispose()

    def sizes(self, name: str) -> dict[str, int]:
        """Return the bytes of each table, its indexes and what lies beside it."""
        engine = create_engine(make_url(f"{self._address}/{name}"))
        with engine.connect() as connection:
            found = {row[0]: int(row[1]) for row in connection.execute(text(_SIZES_POSTGRES))}
        engine.dispose()
        return found

    def close(self) -> None:
        """Close the connection to the server."""
        self._engine.dispose()

    def _say(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))
