"""Queues of every kind, in databases of every kind."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from digest.jobs.distributed import DistributedQueue, Pace
from digest.jobs.distributed import schema as queue_schema
from digest.jobs.embedded import EmbeddedQueue
from digest.jobs.inline import InlineQueue
from digest.jobs.queue import Job, Kinds, Queue
from digest.store.engine import Database
from tests.conftest import close_database, open_database

# Everything is noticed soon, so that a test need not wait.
FAST = Pace(heartbeat=0.1, stalled=0.6, look=0.1, pause=0.05)


@dataclass
class Diary:
    """What jobs write into when they run; `doing` is done meanwhile."""

    jobs: list[Job] = field(default_factory=list)
    doing: Callable[[Job], object] = lambda _job: None
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def write(self, job: Job) -> None:
        self.doing(job)
        self.note(job)

    def note(self, job: Job) -> None:
        with self._changed:
            self.jobs.append(job)
            self._changed.notify_all()

    def kinds(self, *names: str) -> Kinds:
        return dict.fromkeys(names, self.write)

    def wait_for(self, job: Job, times: int = 1, within: float = 20) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self.jobs.count(job) >= times, within):
                pytest.fail(f"{job} did not run {times} times within {within} s: {self.jobs}")


@dataclass
class Office:
    """A database and what makes queues over it."""

    database: Database
    open_queue: Callable[[], Queue]


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def queueing_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A PostgreSQL that has the tables of the queue."""
    database = open_database(request, tmp_path, "postgresql")
    queue_schema.upgrade(database)
    yield database
    close_database(database)


THREADED = ["embedded-sqlite", "embedded-postgresql", "distributed-postgresql"]


@pytest.fixture(params=["inline-sqlite", *THREADED])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    engine, _, kind = request.param.partition("-")
    database = open_database(request, tmp_path, kind)
    if engine == "distributed":
        queue_schema.upgrade(database)
    makers: dict[str, Callable[[], Queue]] = {
        "inline": InlineQueue,
        "embedded": EmbeddedQueue,
        "distributed": lambda: DistributedQueue(database, FAST),
    }
    yield Office(database, makers[engine])
    close_database(database)


@pytest.fixture
def queue(office: Office) -> Iterator[Queue]:
    opened = office.open_queue()
    yield opened
    opened.stop()
