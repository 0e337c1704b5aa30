"""Which process does what: the ticks it looks at, the jobs it runs, and over which queue."""

from collections.abc import Callable
from dataclasses import dataclass

from digest.app import App
from digest.jobs.embedded import EmbeddedQueue
from digest.jobs.queue import Queue
from digest.jobs.registry import COMPOSE, DELIVER
from digest.jobs.schema import require_queue

_KEEPING = frozenset({"ingest", "harvest", "watch", "returns", "stock", "forget"})


@dataclass(frozen=True, slots=True)
class Role:
    """What a process is there for: the names of its ticks and of its jobs."""

    ticks: frozenset[str]
    jobs: frozenset[str]
    queue: Callable[[App], Queue]


def serving() -> Role:
    """Return the role of the one process that does everything."""
    jobs = frozenset({COMPOSE, DELIVER})
    return Role(_KEEPING | jobs, jobs, _in_this_process)


def working(app: App) -> Role:
    """Return the role of a worker: on PostgreSQL it runs every job, on SQLite it sends what is due."""
    if app.database.is_sqlite:
        return Role(frozenset({DELIVER}), frozenset({DELIVER}), _in_this_process)
    # It rings for itself as well: mail that waits goes out while no scheduler runs.
    return Role(frozenset({DELIVER}), frozenset({COMPOSE, DELIVER}), _in_the_database)


def scheduling(app: App) -> Role:
    """Return the role of a scheduler: on PostgreSQL it asks for jobs, on SQLite it composes itself."""
    if app.database.is_sqlite:
        return Role(_KEEPING | {COMPOSE}, frozenset({COMPOSE}), _in_this_process)
    return Role(_KEEPING | {COMPOSE, DELIVER, "sweep"}, frozenset(), _in_the_database)


def _in_this_process(_app: App) -> Queue:
    return EmbeddedQueue()


def _in_the_database(app: App) -> Queue:
    """Return the queue that PostgreSQL holds; raises StoreError if it has no tables for one."""
    from digest.jobs.distributed import DistributedQueue  # noqa: PLC0415  what only PostgreSQL needs

    require_queue(app.database)
    return DistributedQueue(app.database)
