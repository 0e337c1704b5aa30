"""Which jobs there are, what each does, and who asks for them."""

import time
from collections.abc import Callable

from digest.app import App
from digest.jobs.queue import Job, Kinds, Queue
from digest.jobs.work import Composing, deliver
from digest.model.partitions import CHUNK
from digest.store.due import due_ranges
from digest.store.engine import Connection

COMPOSE = "compose"
DELIVER = "deliver"

# Seconds after which a round of sending makes room for another: somebody else may take it up.
_ROUND = 300.0


def ring_compose(app: App, queue: Queue) -> int:
    """Ask for a job for every range of readers that somebody is due in; return how many there are."""
    with app.database.reading() as connection:
        ranges = due_ranges(connection, app.clock(), CHUNK)
    if ranges:
        queue.enqueue(Job(COMPOSE, each) for each in ranges)
    return len(ranges)


def ring_deliver(queue: Queue, connection: Connection | None = None) -> None:
    """Ask for somebody to send what is due."""
    queue.enqueue([Job(DELIVER)], connection)


def kinds_of_jobs(
    app: App, queue: Queue, is_stopping: Callable[[], bool], a_round: float = _ROUND
) -> Kinds:
    """Return what every job does; what it leaves to do when `is_stopping` is found by the next look.

    The mails of a chunk are asked for in the transaction that plans them.
    """
    composing = Composing(app)

    def compose_range(job: Job) -> None:
        composing.compose_due(
            job.within, is_stopping, lambda connection: ring_deliver(queue, connection)
        )

    def deliver_round(_job: Job) -> None:
        ends_at = time.monotonic() + a_round
        deliver(app, is_stopping=lambda: is_stopping() or time.monotonic() > ends_at)
        if time.monotonic() > ends_at and not is_stopping():
            ring_deliver(queue)

    return {COMPOSE: compose_range, DELIVER: deliver_round}
