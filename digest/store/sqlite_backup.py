"""A SQLite database in a file, copied while everything goes on, and put back.

The copy is of one moment: a transaction that only reads is held open meanwhile, so writers wait for
nothing and the copy never begins anew. What is beside a database, as the key that signs links, goes
along in a table of its own, which is taken out again before anybody works with what is put back.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from digest.errors import BackupError

_BEGINS_WITH = b"SQLite format 3\0"
_PAGES = 2048  # 8 MB at a time
_OWN_EYES = 0o600  # readers' addresses, and the key

Advance = Callable[[int], object]


def is_sqlite(path: Path) -> bool:
    """Tell whether a file is a SQLite database."""
    with path.open("rb") as file:
        return file.read(len(_BEGINS_WITH)) == _BEGINS_WITH


def copy_database(
    source: Path, target: Path, beside: Mapping[str, str], advance: Advance = lambda _count: None
) -> None:
    """Copy a database, and texts by name beside it, to a file that is there whole or not at all.

    `advance` hears how many bytes more are copied. A file of this name is replaced. Raises
    BackupError, as where a disk is full.
    """
    with _draft(target) as draft:
        try:
            _copy(source, draft, advance)
            _put_beside(draft, beside)
        except sqlite3.DatabaseError as error:
            raise BackupError(f"{source} cannot be copied to {target} ({error})") from error


@contextmanager
def put_back(
    backup: Path, target: Path, advance: Advance = lambda _count: None
) -> Iterator[tuple[Path, dict[str, str]]]:
    """Give a copy of a backup, with what is beside it, to be made ready; then it is at `target`.

    If making ready fails, nothing has changed. Raises BackupError for a file that is no backup, or
    a damaged one.
    """
    with _draft(target) as draft:
        try:
            _copy(backup, draft, advance)
            with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
                told = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if told != "ok":
                    raise BackupError(f"{backup} is damaged ({told}): take another")
                beside = _take_out(connection)
        except sqlite3.OperationalError as error:
            raise BackupError(f"{backup} cannot be copied to {target} ({error})") from error
        except sqlite3.DatabaseError as error:
            raise BackupError(f"{backup} cannot be read as a database ({error})") from error
        yield draft, beside
        with closing(sqlite3.connect(draft)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        for ending in ("-wal", "-shm"):
            target.with_name(target.name + ending).unlink(missing_ok=True)


def set_aside(path: Path, name: str) -> Path:
    """Rename a database that nobody has open; return where it is now.

    Raises BackupError if a process has it open.
    """
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
        try:
            # Nothing of it is in a log of its own then; refused while anybody else is there.
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            message = f"{path} is in use ({error}): stop every process of Digest first"
            raise BackupError(message) from error
        except sqlite3.DatabaseError:
            pass  # too damaged to be asked, and perhaps why it is replaced
    aside = path.with_name(name)
    path.rename(aside)
    return aside


def _copy(source: Path, draft: Path, advance: Advance) -> None:
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reading,
        closing(sqlite3.connect(draft)) as writing,
    ):
        reading.isolation_level = None
        reading.execute("PRAGMA busy_timeout = 30000")
        [size] = reading.execute("PRAGMA page_size").fetchone()
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        done = 0

        def tell(_status: int, left: int, total: int) -> None:
            nonlocal done
            advance((total - left - done) * size)
            done = total - left

        reading.backup(writing, pages=_PAGES, progress=tell, sleep=0)


def _put_beside(draft: Path, beside: Mapping[str, str]) -> None:
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("DROP TABLE IF EXISTS beside")
        connection.execute("CREATE TABLE beside (name TEXT PRIMARY KEY, told TEXT NOT NULL)")
        connection.executemany("INSERT INTO beside VALUES (?, ?)", beside.items())
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = DELETE")  # one file, nothing next to it


def _take_out(connection: sqlite3.Connection) -> dict[str, str]:
    known = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    if "alembic_version" not in known:
        raise BackupError("this is a database, but none of Digest's")
    beside = {}
    if "beside" in known:
        beside = dict(connection.execute("SELECT name, told FROM beside").fetchall())
        connection.execute("DROP TABLE beside")
    return beside


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """Give a name beside `target` that takes its place if the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=_OWN_EYES)
    try:
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        for ending in ("", "-journal", "-wal", "-shm"):
            draft.with_name(draft.name + ending).unlink(missing_ok=True)
