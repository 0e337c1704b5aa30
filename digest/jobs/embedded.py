"""A queue in this process: a thread for each kind of job."""

import threading
from collections.abc import Iterable

from digest.jobs.queue import Job, Kinds, run_logged
from digest.store.engine import Connection, after_commit


class EmbeddedQueue:
    """Runs jobs in threads of this process; what waits when it ends is found in the tables again."""

    def __init__(self) -> None:
        self._waiting: dict[Job, None] = {}
        self._changed = threading.Condition()
        self._is_stopping = False
        self._threads: list[threading.Thread] = []

    def enqueue(self, jobs: Iterable[Job], connection: Connection | None = None) -> None:
        """Have jobs run as soon as the transaction is committed."""
        found = list(jobs)
        after_commit(connection, lambda: self._add(found))

    def start(self, kinds: Kinds) -> None:
        """Run what waits, and from now on what comes."""
        for name in kinds:
            thread = threading.Thread(target=self._run, args=(name, kinds), name=f"{name} jobs")
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Begin nothing new, and wait for what runs."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        while self._threads:
            self._threads.pop().join()

    def sweep(self) -> int:
        """Return 0: what a thread had in hand ends with the process."""
        return 0

    def _add(self, jobs: list[Job]) -> None:
        with self._changed:
            self._waiting.update(dict.fromkeys(jobs))
            self._changed.notify_all()

    def _run(self, name: str, kinds: Kinds) -> None:
        while job := self._next(name):
            run_logged(kinds, job)

    def _next(self, name: str) -> Job | None:
        """Return the job of a name that has waited longest, once there is one; None at the end."""
        with self._changed:
            while not self._is_stopping:
                job = next((each for each in self._waiting if each.name == name), None)
                if job:
                    del self._waiting[job]
                    return job
                self._changed.wait()
        return None
