"""What a job is, and what every queue of jobs promises.

A job carries a name and a range, never a payload: what it is about stands in the tables. Any may
run twice, be lost, or come too late, and only costs a look.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from digest.model.partitions import IdRange
from digest.store.engine import Connection

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to look after, by its name: within a range of ids, or wherever it is due."""

    name: str
    within: IdRange | None = None

    def __str__(self) -> str:
        """Return what logs call it; of two jobs that are the same, the same."""
        return f"{self.name} {self.within.first}-{self.within.last}" if self.within else self.name


# What the names of jobs stand for. Jobs of one name run one after another in a process, those of
# different names beside each other: a long one of one kind keeps none of another waiting.
Kinds = Mapping[str, Callable[[Job], object]]


class Queue(Protocol):
    """Runs jobs, in no order that is promised, each at least once."""

    def enqueue(self, jobs: Iterable[Job], connection: Connection | None = None) -> None:
        """Have jobs run once the transaction of `connection` is committed; at once without one.

        Of a transaction that is rolled back none runs. A job that waits already is not queued twice.
        """

    def start(self, kinds: Kinds) -> None:
        """Run the jobs of these kinds until `stop`; jobs of other names are left alone.

        What flies out of a job is logged, and stops no other one.
        """

    def stop(self) -> None:
        """Begin nothing new, and wait for what runs. Safe to call twice."""

    def sweep(self) -> int:
        """Give back what workers had in hand that are gone; return how many jobs."""


def run_logged(kinds: Kinds, job: Job) -> None:
    """Run a job of one of the kinds, logging what flies out of it."""
    try:
        kinds[job.name](job)
    except Exception:
        logger.exception("%s failed; it is tried again when somebody looks what is due", job)
