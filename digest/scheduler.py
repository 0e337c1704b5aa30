"""The timetable as data, and APScheduler ringing the doorbell.

The database decides what is due; a tick only looks, and asks for jobs. So restarts, two schedulers
at once and clock changes are harmless, and APScheduler keeps nothing: its own store has no locking
(two schedulers on one store ran 8 of 11 jobs twice), and its cron fires twice in autumn.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from digest.app import App
from digest.clock import utc_now
from digest.errors import StoreAwayError
from digest.jobs import (
    DumpsFolder,
    Harvesting,
    Returning,
    forget,
    kinds_of_jobs,
    ring_compose,
    ring_deliver,
    stocktake,
)
from digest.jobs.queue import Queue
from digest.jobs.roles import Role
from digest.store.engine import told_if_away

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """Something to look at every so many seconds."""

    name: str
    every: float
    work: Callable[[], object]


def timetable(
    app: App,
    queue: Queue,
    harvesting: Harvesting,
    returning: Returning,
    is_stopping: Callable[[], bool],
) -> list[Tick]:
    """Return everything that recurs, in the order of the flow."""
    folder = DumpsFolder(app, is_stopping=is_stopping, judge=harvesting.judge)
    return [
        Tick("ingest", 10, folder.take_new),
        Tick("harvest", 10, harvesting.look),
        # Sources are judged when anything came; this is for what is sent, and for the hour.
        Tick("watch", 60, harvesting.watch),
        Tick("compose", 10, lambda: ring_compose(app, queue)),
        # Whoever composes rings too; this is for what else is planned, retries, and lost jobs.
        Tick("deliver", 3, lambda: ring_deliver(queue)),
        Tick("sweep", 5, queue.sweep),
        Tick("returns", 30, returning.collect),
        # Looks every ten minutes, counts every hour.
        Tick("stock", 600, lambda: stocktake(app)),
        Tick("forget", 3600, lambda: forget(app, is_stopping)),
    ]


class Scheduler:
    """What a process of some role has running until it is stopped.

    Ticks run in threads, each at most once at a time; jobs where the queue runs them. Raises
    StoreError if the database has no tables for the queue of the role.
    """

    def __init__(self, app: App, role: Role) -> None:
        self._stopping = threading.Event()
        self._harvesting = Harvesting(app, self._stopping)
        self._returning = Returning(app)
        self._queue = role.queue(app)
        kinds = kinds_of_jobs(app, self._queue, self._stopping.is_set)
        self._kinds = {name: work for name, work in kinds.items() if name in role.jobs}
        self._ticks = [
            tick
            for tick in timetable(
                app, self._queue, self._harvesting, self._returning, self._stopping.is_set
            )
            if tick.name in role.ticks
        ]
        self._scheduler = _Clockwork(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(max_workers=max(1, len(self._ticks)))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Look at everything once, at once, and from then on by the timetable."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._queue.start(self._kinds)
        for tick in self._ticks:
            self._scheduler.add_job(
                _guarded(tick),
                "interval",
                seconds=tick.every,
                name=tick.name,
                next_run_time=utc_now(),
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Begin nothing new, and wait for what runs: a mail that is going out is settled."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.pause()
            self._scheduler.shutdown(wait=True)
        self._harvesting.close()
        self._queue.stop()
        self._returning.close()


class _Clockwork(BackgroundScheduler):  # type: ignore[misc]  # it has no types
    """Rings on when the machine's clock is set back: APScheduler would wait until it is there again."""

    def _process_jobs(self) -> float | None:
        now = utc_now()
        for job in self.get_jobs():
            if job.next_run_time > now + job.trigger.interval:
                job.modify(next_run_time=now)
        wait: float | None = super()._process_jobs()
        return wait


def _guarded(tick: Tick) -> Callable[[], None]:
    """Return the tick's work, logging what flies out of it: the next tick looks again."""

    def work() -> None:
        try:
            with told_if_away():
                tick.work()
        except StoreAwayError as error:  # for hours, maybe: a line a tick is enough
            logger.warning("no %s, it is tried again in %s s: %s", tick.name, tick.every, error)
        except Exception:
            logger.exception("%s failed; it is tried again in %s s", tick.name, tick.every)

    return work
