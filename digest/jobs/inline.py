"""A queue without threads: jobs run where they are asked for, one after another."""

from collections.abc import Iterable

from digest.jobs.queue import Job, Kinds, run_logged
from digest.store.engine import Connection, after_commit


class InlineQueue:
    """Runs jobs in the thread that commits them; for tests, and for programs that end.

    What jobs ask for themselves runs after them. Before `start` and after `stop` jobs wait.
    """

    def __init__(self) -> None:
        self._waiting: dict[Job, None] = {}
        self._kinds: Kinds = {}
        self._is_running = False

    def enqueue(self, jobs: Iterable[Job], connection: Connection | None = None) -> None:
        """Have jobs run as soon as the transaction is committed."""
        found = list(jobs)
        after_commit(connection, lambda: self._take(found))

    def start(self, kinds: Kinds) -> None:
        """Run what waits, and from now on what comes."""
        self._kinds = kinds
        self._take([])

    def stop(self) -> None:
        """Run nothing more."""
        self._kinds = {}

    def sweep(self) -> int:
        """Return 0: nobody else has anything in hand."""
        return 0

    def _take(self, jobs: list[Job]) -> None:
        self._waiting.update(dict.fromkeys(jobs))
        if self._is_running:
            return
        self._is_running = True
        try:
            while job := next((each for each in self._waiting if each.name in self._kinds), None):
                del self._waiting[job]
                run_logged(self._kinds, job)
        finally:
            self._is_running = False
