"""One database, either kind, with transactions that do not lose updates."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection as Connection  # noqa: PLC0414  what the pipeline passes on
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from digest.clock import steady
from digest.errors import StoreAwayError, StoreError

logger = logging.getLogger(__name__)

T = TypeVar("T")

# A PostgreSQL whose host goes without a word is found out within a minute; what the address says goes
# first. All in seconds, but for the last, in milliseconds.
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# And the other way round, or what a host held that goes in the midst of a transaction would be locked
# for everybody else, for two hours where the server's system has the usual settings.
_PATIENCE_OF_SERVER = {
    "tcp_keepalives_idle": "keepalives_idle",
    "tcp_keepalives_interval": "keepalives_interval",
    "tcp_keepalives_count": "keepalives_count",
    "tcp_user_timeout": "tcp_user_timeout",
}
_PAUSE = 1.0  # seconds between two tries to be the one that migrates
# A standby that is not promoted yet, or a host that has run out of disk, lets nobody write.
_READ_ONLY = "25006"
# Any number that others on the same server are unlikely to use as an advisory lock.
_INGEST_LOCK = 0x0D16E57
_AFTERWARDS = "digest_afterwards"
_MIGRATION_LOCK = 0x0D16E58
_TRY_TO_MIGRATE = text("SELECT pg_try_advisory_lock(:key)")
# Statements before it take milliseconds: who waits longer waits for a backup, say, or for a person.
BRIEFLY = text("SET lock_timeout = '2s'")


class Database:
    """Where everything is kept.

    SQLite begins writers with BEGIN IMMEDIATE, since a read that turns into a write loses updates
    or fails however long it waits (measured: 436 of 800 lost with the default); WAL lets readers
    go on meanwhile.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine: Engine = create_engine(
            self.url,
            pool_pre_ping=not self.is_sqlite,
            connect_args={} if self.is_sqlite else self._patience(),
            hide_parameters=True,  # an error's text must not hold addresses and keywords
        )
        self._asking: Engine
        if self.is_sqlite:
            # Connections of their own: whoever asks waits for nobody's transaction to end.
            self._asking = create_engine(self.url, hide_parameters=True)
            event.listen(self._asking, "connect", _prepare_to_ask)
        else:
            self._asking = self.engine.execution_options(isolation_level="AUTOCOMMIT")
            event.listen(self.engine, "connect", _asking_for_patience(self.url.query))
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    def _patience(self) -> dict[str, int]:
        return {name: n for name, n in _PATIENCE.items() if name not in self.url.query}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one state of the database and may not change it."""
        options: dict[str, Any] = (
            {"digest_read_only": True}
            if self.is_sqlite
            else {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
        )
        with (
            self.engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """Give a connection for a single question: one statement sees one state by itself.

        Without BEGIN and COMMIT that is half the work on SQLite, and two round trips fewer elsewhere.
        Raises StoreAwayError, on SQLite at once, if nothing can be read just now.
        """
        with told_if_away(), self._asking.connect() as connection:
            yield connection

    @property
    def answers_at_once(self) -> bool:
        """Whether a question of a few rows by their keys is answered before a thread could begin.

        A file's is; a reader of a write-ahead log waits for no writer.
        """
        return self.is_sqlite

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose work is kept whole when the block ends, or not at all."""
        with self.engine.begin() as connection:
            connection.info.pop(_AFTERWARDS, None)  # of a transaction that was rolled back
            yield connection
            afterwards = connection.info.pop(_AFTERWARDS, ())
        for call in afterwards:
            call()

    @contextmanager
    def ingesting(self) -> Iterator[Connection]:
        """Give a writing connection that at most one process has at a time, on any host."""
        with self.writing() as connection:
            if not self.is_sqlite:
                connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": _INGEST_LOCK}
                )
            yield connection

    @contextmanager
    def migrating(self, patience: float = 300.0) -> Iterator[Connection]:
        """Give a connection for migrations, which at most one process has at a time.

        On PostgreSQL each of them is a transaction of its own, and waits no longer than some
        seconds for a lock: everybody who comes later would wait behind it. On SQLite it is one
        writing transaction. Raises StoreError if another process migrates for longer than `patience`.
        """
        if self.is_sqlite:
            with self.writing() as connection:
                yield connection
            return
        with self.engine.connect() as connection:
            give_up_at = steady() + patience
            # Asked again and again: who waits within a statement holds up indexes that are built
            # CONCURRENTLY, and they this.
            while not connection.execute(_TRY_TO_MIGRATE, {"key": _MIGRATION_LOCK}).scalar():
                connection.rollback()
                if steady() > give_up_at:
                    message = (
                        "another process has been migrating the database for minutes: see it end"
                    )
                    raise StoreError(message)
                time.sleep(_PAUSE)
            try:
                connection.execute(BRIEFLY)
                connection.commit()
                yield connection
            finally:
                connection.invalidate()  # closed: what it held, and was told, goes with it

    def try_write(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` returns in a transaction, or raise StoreAwayError to be tried again."""
        with told_if_away(), self.writing() as connection:
            return work(connection)

    def try_read(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` reads, or raise StoreAwayError to be tried again."""
        with told_if_away(), self.reading() as connection:
            return work(connection)

    @property
    def libpq(self) -> tuple[str, dict[str, Any]]:
        """Return the address of a PostgreSQL as its own library reads it, and our patience with it."""
        address = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        return address, dict(self._patience())

    def dispose(self) -> None:
        """Close all connections."""
        self._asking.dispose()
        self.engine.dispose()


def after_commit(connection: Connection | None, call: Callable[[], object]) -> None:
    """Have something called once the transaction of `writing` is committed; at once without one."""
    if connection is None:
        call()
    else:
        connection.info.setdefault(_AFTERWARDS, []).append(call)


@contextmanager
def told_if_away() -> Iterator[None]:
    """Have what is done with a database raise StoreAwayError if it is away, to be tried again."""
    try:
        yield
    except DBAPIError as error:
        is_away = isinstance(error, (OperationalError, InterfaceError))
        if is_away or getattr(error.orig, "sqlstate", None) == _READ_ONLY:
            raise StoreAwayError(str(error.orig).strip()) from error
        raise


def _asking_for_patience(
    address: Mapping[str, object],
) -> Callable[[DBAPIConnection, ConnectionPoolEntry], None]:
    """Return what has a server look after us as we, by what an address says, do after it.

    Not by the address's `options`, which a pool before the server may refuse.
    """
    asked = {**_PATIENCE, **address}
    values = [(theirs, str(asked[ours])) for theirs, ours in _PATIENCE_OF_SERVER.items()]
    words = [word for pair in values for word in pair]
    question = "SELECT " + ", ".join("set_config(%s, %s, false)" for _ in values)

    def ask(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.autocommit = True  # otherwise the question would begin a transaction
        cursor = connection.cursor()
        cursor.execute(question, words)
        cursor.close()
        connection.autocommit = False

    return ask


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.execute("PRAGMA busy_timeout = 30000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _prepare_to_ask(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
    _prepare_sqlite(connection, entry)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA busy_timeout = 0")


def _begin_sqlite(connection: Connection) -> None:
    is_read_only = connection.get_execution_options().get("digest_read_only")
    connection.exec_driver_sql("BEGIN" if is_read_only else "BEGIN IMMEDIATE")
