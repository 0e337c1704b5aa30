"""How many sign up, and how many of them mean it: far more than ever confirm is an attack."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from digest.clock import Clock, steady
from digest.store.engine import Database
from digest.store.sign_ups import count_recent

logger = logging.getLogger(__name__)

_LATELY = timedelta(hours=1)
# A lecture that signs up at once confirms within the hour; fifty addresses that never do are a list.
_BOUND = 50
_RATIO = 4
_TRUSTED = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class SignUps:
    """Who came in the last hour: how many have yet to confirm, how many have."""

    unconfirmed: int
    confirmed: int

    @property
    def is_attack(self) -> bool:
        """Tell whether so many do not confirm that somebody else must have written them down."""
        return self.unconfirmed >= _BOUND and self.unconfirmed > _RATIO * self.confirmed


class Watch:
    """Knows whether the site is under attack; asks the database twice a minute at most."""

    def __init__(self, database: Database, clock: Clock, now: Callable[[], float] = steady) -> None:
        self._database = database
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._seen = SignUps(0, 0)
        self._until = float("-inf")

    def sign_ups(self) -> SignUps:
        """Return who came in the last hour, as it was half a minute ago at most."""
        with self._lock:
            if self._now() >= self._until:
                seen = recent_sign_ups(self._database, self._clock)
                self._tell(seen)
                self._seen, self._until = seen, self._now() + _TRUSTED
            return self._seen

    def _tell(self, seen: SignUps) -> None:
        if seen.is_attack and not self._seen.is_attack:
            logger.warning(
                "%d sign-ups of the last hour are not confirmed, %d are: limits are stricter until"
                " that changes",
                seen.unconfirmed,
                seen.confirmed,
            )
        elif self._seen.is_attack and not seen.is_attack:
            logger.warning("sign-ups are as usual again, and so are their limits")


def recent_sign_ups(database: Database, clock: Clock) -> SignUps:
    """Return who came in the last hour."""
    with database.reading() as connection:
        return SignUps(*count_recent(connection, clock() - _LATELY))
