"""Disks that run out of space, and disks that lose their power."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import text

from digest.store.engine import Database


class Disk(Protocol):
    """Where a database is."""

    database: Database

    def fill(self) -> None:
        """Leave no space on it. Safe to call twice."""

    def free(self) -> None:
        """Give the space back."""


class SmallDisk:
    """A file system in memory with a database of SQLite on it."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.database = database
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
            while ballast.write(bytes(4096)):
                pass

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


class ToldFull:
    """A PostgreSQL that refuses to write mails with what it says when a disk is full."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._do(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
            " RAISE SQLSTATE '53100' USING MESSAGE = 'could not extend file: No space left'; END$$"
        )

    def fill(self) -> None:
        self.free()
        self._do(
            "CREATE TRIGGER is_full BEFORE INSERT OR UPDATE ON deliveries"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
        )

    def free(self) -> None:
        self._do("DROP TRIGGER IF EXISTS is_full ON deliveries")

    def _do(self, command: str) -> None:
        with self.database.engine.begin() as connection:
            connection.execute(text(command))


@contextmanager
def mounted(folder: Path, *how: str) -> Iterator[Path]:
    """Give a folder with a file system of its own mounted; skips where that is not allowed."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a file system of its own takes root, to mount it")
    folder.mkdir()
    done = subprocess.run(["mount", *how, folder], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def is_full(folder: Path) -> bool:
    """Tell whether not a byte more can be written."""
    probe = folder / "probe"
    try:
        probe.write_bytes(b"x")
    except OSError as error:
        return error.errno == errno.ENOSPC
    finally:
        with suppress(OSError):
            probe.unlink()
    return False
