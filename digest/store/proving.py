"""What a simulation asks of a database: to be empty before, and to stand still for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from digest.errors import StoreError
from digest.store.engine import Database


def is_empty(database: Database) -> bool:
    """Tell whether a database has no table yet, ours or anybody's.

    Raises StoreError if it cannot be reached.
    """
    try:
        with database.reading() as connection:
            return not inspect(connection).get_table_names()
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        message = f"the database cannot be reached ({reason})"
        raise StoreError(message) from error


@contextmanager
def held(database: Database) -> Iterator[None]:
    """Keep everybody else from changing mails while the block runs; looking goes on."""
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("LOCK TABLE deliveries IN SHARE ROW EXCLUSIVE MODE"))
        yield
