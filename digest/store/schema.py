"""Bring a database to the schema this version needs, and tell whether it is there."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from digest.errors import StoreError
from digest.resources import resource_folder
from digest.store.engine import Database
from digest.store.search import INDEX


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply every migration that is missing.

    Each is one transaction; killed half way, the next call goes on where this one stopped. Two
    processes at once take turns.
    """
    config = _config()
    with database.ingesting() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


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
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def is_of_the_model(
    _object: object, name: str | None, _type: str, _is_reflected: object, _compared: object
) -> bool:
    """Tell alembic whether the models know of something: not of what one kind of database has alone.

    In SQLite that is the virtual table of the search and the tables it keeps itself in.
    """
    return not (name or "").startswith(INDEX)


def why_unfit(database: Database) -> str:
    """Return what is wrong with the database's schema and what to do, "" if it is this version's.

    Raises StoreError if it cannot be reached.
    """
    current, scripts = current_revision(database), ScriptDirectory.from_config(_config())
    head = scripts.get_current_head()
    if current == head:
        return ""
    is_ours = current is None or any(each.revision == current for each in scripts.walk_revisions())
    remedy = (
        "run `digest db upgrade`"
        if is_ours
        else "a newer version has upgraded it: install that one, or restore a backup from before"
    )
    return f"the database is at {current or 'nothing'}, this version needs {head}: {remedy}"


def require_current(database: Database) -> None:
    """Raise StoreError unless the database has this version's schema."""
    if problem := why_unfit(database):
        raise StoreError(problem)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource_folder("migrations")).replace("%", "%%"))
    return config
