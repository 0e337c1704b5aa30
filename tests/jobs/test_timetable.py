"""What recurs goes on, whatever the machine's clock and the database do."""

import threading
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from digest.app import build_app
from digest.clock import utc_now
from digest.config import read_settings
from digest.jobs import COMPOSE, DELIVER
from digest.jobs.inline import InlineQueue
from digest.jobs.queue import Job
from digest.jobs.roles import Role
from digest.scheduler import Scheduler
from digest.store.engine import Connection
from tests.waiting import eventually


class Bell(InlineQueue):
    """A queue that hears what is asked for, and does nothing of it."""

    def __init__(self) -> None:
        super().__init__()
        self.rung = threading.Semaphore(0)

    def enqueue(self, jobs: Iterable[Job], connection: Connection | None = None) -> None:
        super().enqueue(jobs, connection)
        self.rung.release()


def test_a_clock_that_is_set_back_keeps_nobody_waiting(tmp_path: Path) -> None:
    app = build_app(read_settings({"DIGEST_DATA_DIR": str(tmp_path)}))
    bell = Bell()
    scheduler = Scheduler(app, Role(frozenset({DELIVER}), frozenset(), lambda _app: bell))
    scheduler.start()
    try:
        assert bell.rung.acquire(timeout=20)
        # What a clock set back by an hour leaves behind: the next look is an hour away.
        for job in scheduler._scheduler.get_jobs():  # noqa: SLF001  nobody sets the clock here
            job.modify(next_run_time=utc_now() + timedelta(hours=1))
        assert bell.rung.acquire(timeout=20)
    finally:
        scheduler.stop()
        app.database.dispose()


def test_a_database_that_is_away_is_told_in_a_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {
        "DIGEST_DATA_DIR": str(tmp_path),
        "DIGEST_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "DIGEST_SECRET": "a secret of these tests",
    }
    app = build_app(read_settings(settings))
    scheduler = Scheduler(app, Role(frozenset({COMPOSE}), frozenset(), lambda _app: Bell()))
    scheduler.start()
    eventually(lambda: "no compose, it is tried again" in caplog.text, "a line")
    scheduler.stop()
    app.database.dispose()
    assert "Traceback" not in caplog.text
