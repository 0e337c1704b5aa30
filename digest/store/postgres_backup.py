"""A PostgreSQL database in a file, by PostgreSQL's own pg_dump and pg_restore."""

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL

from digest.errors import BackupError
from digest.store.engine import Database
from digest.store.proving import is_empty

_BEGINS_WITH = b"PGDMP"
_OWN_EYES = 0o600


def is_dump(path: Path) -> bool:
    """Tell whether a file is what pg_dump writes here."""
    with path.open("rb") as file:
        return file.read(len(_BEGINS_WITH)) == _BEGINS_WITH


def dump_command(url: URL, target: str) -> list[str]:
    """Return the command that writes a database to a file, without its password."""
    return [
        "pg_dump",
        "--format=custom",
        "--no-owner",
        f"--file={target}",
        f"--dbname={_bare(url)}",
    ]


def restore_command(url: URL, source: str) -> list[str]:
    """Return the command that reads a database from a file, whole or not at all."""
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    return ["pg_restore", *options, f"--dbname={_bare(url)}", source]


def dump_database(database: Database, target: Path) -> None:
    """Write a database to a file that is there whole or not at all; raises BackupError."""
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=_OWN_EYES)
    try:
        _run(dump_command(database.url, str(draft)), database.url)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def restore_database(database: Database, source: Path) -> None:
    """Read a database from a file into one that is empty; raises BackupError."""
    if not is_empty(database):
        message = (
            "the database of DIGEST_DATABASE_URL is not empty: make a new one with `createdb`, and "
            "name that"
        )
        raise BackupError(message)
    _run(restore_command(database.url, str(source)), database.url)


def _run(command: list[str], url: URL) -> None:
    program = _found(command[0])
    if program is None:
        shown = " ".join(command)
        message = f"{command[0]} is not on this machine: run this where it is: {shown}"
        raise BackupError(message)
    # A password on a command line can be read by everybody on the machine.
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    ran = subprocess.run(  # noqa: S603  a program of PostgreSQL's, no shell
        [program, *command[1:]],
        env={**os.environ, **password},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise BackupError(f"{command[0]}: {ran.stderr.strip() or 'ended without a word'}")


def _found(program: str) -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return shutil.which(program) or (str(installed[-1]) if installed else None)


def _bare(url: URL) -> str:
    """Return an address as PostgreSQL's programs take it, without its password."""
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string(hide_password=False)
