"""The timetable as data, and APScheduler ringing the doorbell.

The database decides what is due; a tick only looks. So restarts, two schedulers at once and clock
changes are harmless, and APScheduler keeps nothing: its own store has no locking (two schedulers
on one store ran 8 of 11 jobs twice), and its cron fires twice in autumn.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from digest.app import App
from digest.clock import utc_now
from digest.jobs import Composing, DumpsFolder, Returning, deliver, forget, stocktake

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """Something to look at every so many seconds."""

    name: str
    every: float
    work: Callable[[], object]


def timetable(app: App, returning: Returning, is_stopping: Callable[[], bool]) -> list[Tick]:
    """Return everything that recurs, in the order of the flow."""
    folder = DumpsFolder(app, is_stopping=is_stopping)
    return [
        Tick("ingest", 10, folder.take_new),
        Tick("compose", 10, Composing(app).compose_due),
        Tick("deliver", 3, lambda: deliver(app, is_stopping=is_stopping)),
        Tick("returns", 30, returning.collect),
        # Looks every ten minutes, counts every hour.
        Tick("stock", 600, lambda: stocktake(app)),
        Tick("forget", 3600, lambda: forget(app)),
    ]


class Scheduler:
    """Runs ticks in threads until it is stopped; each tick at most once at a time."""

    def __init__(self, app: App, only: frozenset[str] | None = None) -> None:
        self._stopping = threading.Event()
        self._returning = Returning(app)
        self._ticks = [
            tick
            for tick in timetable(app, self._returning, self._stopping.is_set)
            if only is None or tick.name in only
        ]
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(max_workers=max(1, len(self._ticks)))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Look at everything once, at once, and from then on by the timetable."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
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
        self._returning.close()


def _guarded(tick: Tick) -> Callable[[], None]:
    """Return the tick's work, logging what flies out of it: the next tick looks again."""

    def work() -> None:
        try:
            tick.work()
        except Exception:
            logger.exception("%s failed; it is tried again in %s s", tick.name, tick.every)

    return work
