"""Token buckets in this process: how often somebody may have something, counted without a database.

With several processes each counts its own.
"""

import threading
from collections.abc import Callable, Hashable
from datetime import timedelta

from digest.clock import steady
from digest.errors import TooManyError

_HELD = 10_000


class Buckets:
    """At most `most` at once, and as many again in `span` seconds, by any key; safe among threads.

    Keys that nobody used for a span or two are forgotten, and of very many the oldest.
    """

    def __init__(self, most: float, span: float, now: Callable[[], float] = steady) -> None:
        self._most = most
        self._span = span
        self._now = now
        self._lock = threading.Lock()
        self._young: dict[Hashable, tuple[float, float]] = {}
        self._old: dict[Hashable, tuple[float, float]] = {}
        self._since = now()

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def take(self, key: Hashable, cost: float = 1.0) -> float:
        """Count one use; return 0, or in how many seconds there may be another."""
        now = self._now()
        with self._lock:
            self._turn(now)
            tokens, at = self._young.get(key) or self._old.get(key) or (self._most, now)
            tokens = min(self._most, tokens + (now - at) * self._most / self._span)
            is_there = tokens >= cost
            self._young[key] = (tokens - cost if is_there else tokens, now)
        return 0.0 if is_there else (cost - tokens) * self._span / self._most

    def check(self, key: Hashable, cost: float = 1.0) -> None:
        """Count one use; raises TooManyError."""
        if wait := self.take(key, cost):
            raise TooManyError(timedelta(seconds=wait))

    def _turn(self, now: float) -> None:
        """Forget those that nobody touched for as long as a bucket takes to fill."""
        if now - self._since > self._span or len(self._young) >= _HELD:
            self._young, self._old = {}, self._young
            self._since = now
