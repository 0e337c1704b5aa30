"""Bring a database to the schema this version needs, and tell whether it is there."""

import logging
import time
from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from digest.clock import steady
from digest.errors import StoreError
from digest.resources import resource_folder
from digest.store.engine import Database
from digest.store.fitting import may_run_beside
from digest.store.search import INDEX

logger = logging.getLogger(__name__)

# A lock that did not come in time, and two that waited for each other.
_IN_THE_WAY = frozenset({"55P03", "40P01"})
_PAUSE = 3.0  # seconds in which those who waited behind a migration go first


def upgrade(database: Database, revision: str = "head", patience: float = 300.0) -> None:
    """Apply every migration that is missing, while everything runs.

    On PostgreSQL each is one transaction; killed half way, the next call goes on where this one
    stopped. One that does not get its lock within two seconds steps back and is tried again, since
    the whole site would wait behind it. Two processes at once take turns. A database that a newer
    version has upgraded, beside which this one may run, stays as it is. Raises StoreError after
    `patience` seconds, or if a newer version has upgraded it beyond this one.
    """
    if _is_newer(current_revision(database)):
        require_current(database)
        return
    give_up_at = steady() + patience
    while True:
        try:
            with database.migrating(patience) as connection:
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, revision)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _IN_THE_WAY:
                raise
            if steady() > give_up_at:
                raise StoreError(_HELD_UP.format(minutes=patience / 60)) from error
            logger.warning("a migration waits for a lock that somebody holds; it is tried again")
            time.sleep(min(_PAUSE, patience))
        else:
            return


def current_revision(database: Database) -> str | None:
    """Return the newest migration applied, None for an empty database.

    Raises StoreError if the database cannot be reached: every command asks this first.
    """
    try:
        with database.reading() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        message = f"the database cannot be reached ({reason}): see DIGEST_DATABASE_URL"
        raise StoreError(message) from error


def head_revision() -> str:
    """Return the migration this version of the code needs."""
    return _revisions()[0]


def is_of_the_model(
    _object: object, name: str | None, _type: str, _is_reflected: object, _compared: object
) -> bool:
    """Tell alembic whether the models know of something: not of what one kind of database has alone.

    In SQLite that is the virtual table of the search and the tables it keeps itself in, in PostgreSQL
    the queue of jobs, which has migrations of its own.
    """
    return not (name or "").startswith((INDEX, "procrastinate_"))


def why_unfit(database: Database) -> str:
    """Return why this version cannot run beside the database's schema and what to do, "" if it can.

    It can beside its own, and beside a newer one that says so (`oldest_code` of its migrations).
    Raises StoreError if the database cannot be reached.
    """
    current, head = current_revision(database), head_revision()
    if current == head:
        return ""
    remedy = "run `digest db upgrade`"
    if _is_newer(current):
        with database.reading() as connection:
            if may_run_beside(connection, head):
                return ""
        remedy = (
            "a newer version has upgraded it: install that one, or restore a backup from before"
        )
    return f"the database is at {current or 'nothing'}, this version needs {head}: {remedy}"


def require_current(database: Database) -> None:
    """Raise StoreError unless this version can run beside the database's schema."""
    if problem := why_unfit(database):
        raise StoreError(problem)


def _is_newer(revision: str | None) -> bool:
    return revision is not None and revision not in _revisions()


@cache
def _revisions() -> tuple[str, ...]:
    """Return all migrations of this program, newest first: its files stay as they are while it runs."""
    scripts = ScriptDirectory.from_config(_config())
    return tuple(each.revision for each in scripts.walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource_folder("migrations")).replace("%", "%%"))
    return config


_HELD_UP = (
    "a migration did not get its lock in {minutes:.0f} minutes, because something holds a table for "
    "long (pg_stat_activity shows what): nothing of it is done; run `digest db upgrade` again"
)
