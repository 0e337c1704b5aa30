"""Whose turn it is to ask a source: short, and prolonged for as long as it is being asked."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

from digest.clock import Clock
from digest.errors import StoreAwayError
from digest.store.engine import Database
from digest.store.sources import prolong_turn

logger = logging.getLogger(__name__)

# So long a source waits for one who was killed while asking it.
TURN = timedelta(seconds=90)
_BEAT = 20.0  # seconds


@contextmanager
def keeping_turn(
    database: Database, name: str, claimed: datetime, clock: Clock, beat: float = _BEAT
) -> Iterator[None]:
    """Prolong a turn that was taken at a moment until the block ends, or it is somebody else's.

    However slow a service is, and however many wait to ask its host, it is asked by one at a time.
    """
    ended = Event()

    def prolong() -> None:
        until = claimed + TURN
        while not ended.wait(beat):
            following = clock() + TURN
            try:
                is_ours = database.try_write(
                    lambda connection, old=until, new=following: prolong_turn(  # type: ignore[misc]
                        connection, name, claimed, old, new
                    )
                )
            except StoreAwayError:
                continue  # it is tried again before the turn is over
            except Exception:
                logger.exception("%s: whoever asks it cannot keep its turn", name)
                return
            if not is_ours:
                return
            until = following

    thread = Thread(target=prolong, name="turn", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
