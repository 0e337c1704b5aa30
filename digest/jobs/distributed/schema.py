"""The tables of the queue: procrastinate's own SQL, and a record of which of it was applied.

Like our own migrations it runs beside the code of the release before. What procrastinate has marked
"post", because its older code would miss it, waits for the first upgrade of a later release of it.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from procrastinate.schema import SchemaManager

from digest.errors import StoreError
from digest.store.engine import Connection, Database

_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '10s'"
_RECORD = """
CREATE TABLE IF NOT EXISTS procrastinate_applied (
    name text PRIMARY KEY,
    release text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""
_APPLIED = "SELECT name, release FROM procrastinate_applied"
_ADD = "INSERT INTO procrastinate_applied (name, release) VALUES (%s, %s)"
_HAS_JOBS = "SELECT to_regclass('procrastinate_jobs') IS NOT NULL"
_HAS_RECORD = "SELECT to_regclass('procrastinate_applied') IS NOT NULL"


def upgrade(database: Database) -> list[str]:
    """Apply what is missing, in one transaction, one process at a time; return its names.

    Raises StoreError for tables of a queue that somebody else made: of which version, nobody knows.
    """
    names, release = _names(), version("procrastinate")
    with database.migrating() as connection, connection.begin():
        driver = _driver(connection)
        driver.execute(_LOCK_TIMEOUT)
        is_there = _is(driver, _HAS_JOBS)
        if is_there and not _is(driver, _HAS_RECORD):
            raise StoreError(
                "the database has tables of procrastinate that are not Digest's: "
                "give Digest a database of its own, or drop them"
            )
        driver.execute(_RECORD)
        if is_there:
            missing = to_apply(names, dict(driver.execute(_APPLIED).fetchall()), release)
            for name in missing:
                driver.execute((_folder() / name).read_text(encoding="utf-8"))
        else:
            missing = list(names)
            driver.execute(SchemaManager.get_schema())
        for name in missing:
            driver.execute(_ADD, (name, release))
    return missing


def to_apply(names: Sequence[str], applied: Mapping[str, str], release: str) -> list[str]:
    """Return which of procrastinate's migrations an upgrade to `release` of it applies, in order.

    `applied` says of each that was, which release applied it.
    """
    missing = [name for name in names if name not in applied]
    fresh = {name for name in names if applied.get(name, release) == release}
    begun = {_step(name) for name in fresh if not _is_post(name)}
    return [name for name in missing if not (_is_post(name) and _step(name) in begun)]


def why_unfit(database: Database) -> str:
    """Return what is wrong with the tables of the queue and what to do, "" if nothing is."""
    with database.reading() as connection:
        driver = _driver(connection)
        applied: dict[str, str] = (
            dict(driver.execute(_APPLIED).fetchall()) if _is(driver, _HAS_RECORD) else {}
        )
    names = _names()
    if not applied:
        return "the database has no queue of jobs yet: run `digest db upgrade`"
    if any(name not in applied and not _is_post(name) for name in names):
        return "the queue of jobs is of an older procrastinate: run `digest db upgrade`"
    # Beside the others this one may run on: it is restarted while a newer release is rolled out.
    if any(_is_post(name) for name in applied.keys() - set(names)):
        return "the queue of jobs is of a newer procrastinate: install that one"
    return ""


def _names() -> list[str]:
    return sorted(path.name for path in _folder().glob("*.sql"))


def _folder() -> Path:
    return Path(SchemaManager.get_migrations_path())


def _is_post(name: str) -> bool:
    return "_post_" in name


def _step(name: str) -> str:
    """Return the release that a migration came with, as its name begins."""
    return name.partition("_")[0]


def _is(driver: Any, question: str) -> bool:  # noqa: ANN401  psycopg's connection
    return bool(driver.execute(question).fetchone()[0])


def _driver(connection: Connection) -> Any:  # noqa: ANN401  as above
    return connection.connection.driver_connection
