"""Enqueueing jobs in PostgreSQL, and running them."""

import json
from collections.abc import Iterable

from digest.jobs.distributed.sweep import sweep
from digest.jobs.distributed.worker import Crew, Pace
from digest.jobs.queue import Job, Kinds
from digest.store.engine import Connection, Database

# Not procrastinate's own `defer`: it raises for a job that waits already, which would end the
# transaction of what the job is about, and a thousand ranges would be asked for one by one.
_ENQUEUE = """
INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, args)
SELECT name, name, lock, args::jsonb
FROM unnest(%(names)s::text[], %(locks)s::text[], %(args)s::text[]) AS job (name, lock, args)
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
"""


class DistributedQueue:
    """Jobs wait in the database; each kind of job is a queue that workers listen to."""

    def __init__(self, database: Database, pace: Pace | None = None) -> None:
        self._database = database
        self._pace = pace or Pace()
        self._crew: Crew | None = None

    def enqueue(self, jobs: Iterable[Job], connection: Connection | None = None) -> None:
        """Have jobs run by any worker once the transaction is committed."""
        # In the same order by everybody: who waits for another's job waits for nobody who waits.
        found = sorted(set(jobs), key=str)
        if not found:
            return
        values = {
            "names": [job.name for job in found],
            "locks": [str(job) for job in found],
            "args": [json.dumps(_arguments(job)) for job in found],
        }
        if connection is not None:
            connection.exec_driver_sql(_ENQUEUE, values)
            return
        with self._database.writing() as own:
            own.exec_driver_sql(_ENQUEUE, values)

    def start(self, kinds: Kinds) -> None:
        """Run what waits and what comes, one job of each kind at a time."""
        if kinds:
            self._crew = Crew(self._database.libpq, kinds, self._pace)
            self._crew.start()

    def stop(self) -> None:
        """Begin nothing new, and wait for what runs; the rest waits for other workers."""
        if self._crew:
            self._crew.stop()
            self._crew = None

    def sweep(self) -> int:
        """Give back what workers had in hand that have not been heard of."""
        return sweep(self._database.libpq, self._pace.stalled)


def _arguments(job: Job) -> dict[str, int]:
    return {"first": job.within.first, "last": job.within.last} if job.within else {}
