"""Erase a reader: what is kept about them goes in one transaction, whatever is on its way."""

import time

from digest.errors import StoreAwayError
from digest.store.engine import Database
from digest.store.erasing import erase_reader

_TRIES = 3
_PAUSE = 0.2  # seconds


def erase(database: Database, subscriber_id: int) -> bool:
    """Delete all that is kept about a reader; return False if there is nothing. Idempotent.

    A mail that is on the wire may still arrive; how that ended is then written down nowhere. Raises
    StoreAwayError if the database cannot be written.
    """
    for left in reversed(range(_TRIES)):
        try:
            return database.try_write(lambda connection: erase_reader(connection, subscriber_id))
        except StoreAwayError:  # a worker that settles their mails may have locked the same rows
            if not left:
                raise
            time.sleep(_PAUSE)
    return False
