"""The queue in PostgreSQL: workers that die, servers that go away, and what is kept of failures."""

import asyncio
import gc
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from procrastinate import PsycopgConnector
from sqlalchemy import NullPool, create_engine, text

from digest.errors import ConfigError, StoreAwayError
from digest.jobs.distributed import DistributedQueue
from digest.jobs.distributed.worker import open_queue
from digest.jobs.queue import Job
from digest.model.partitions import IdRange
from digest.store.engine import Connection, Database
from tests.conftest import REPOSITORY
from tests.jobs.conftest import FAST, Diary
from tests.waiting import eventually

JOB = Job("compose", IdRange(1, 500))

# A worker whose job never ends: it is killed in the middle of it.
_STUCK = """
import sys, threading
from digest.jobs.distributed import DistributedQueue, Pace
from digest.store.engine import Database

def stay(job):
    print("in hand", flush=True)
    threading.Event().wait()

pace = Pace(heartbeat=0.1, stalled=0.6, look=0.1)
DistributedQueue(Database(sys.argv[1]), pace).start({"compose": stay})
threading.Event().wait()
"""


def ask(database: Database, question: str) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(question))]


def do(database: Database, statement: str) -> None:
    with database.writing() as connection:
        connection.execute(text(statement))


@contextmanager
def started(database: Database, diary: Diary) -> Iterator[DistributedQueue]:
    queue = DistributedQueue(database, FAST)
    queue.start(diary.kinds("compose"))
    try:
        yield queue
    finally:
        queue.stop()


@contextmanager
def away(database: Database) -> Iterator[None]:
    """Hang up on everybody, and let nobody in, for as long as the block lasts."""
    address, _, name = database.url.render_as_string(hide_password=False).rpartition("/")
    server = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT", poolclass=NullPool)
    hang_up = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
    with server.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(text(hang_up), {"name": name})
        yield
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))


@pytest.mark.slow
def test_the_job_of_a_worker_that_was_killed_is_finished_by_another(
    queueing_database: Database, diary: Diary
) -> None:
    address = queueing_database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", _STUCK, address]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    DistributedQueue(queueing_database).enqueue([JOB])
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as victim:
        assert victim.stdout
        assert victim.stdout.readline() == b"in hand\n"
        victim.kill()
    with started(queueing_database, diary) as queue:
        # Sooner or later: a worker is taken for dead only after a while without its heartbeat.
        eventually(lambda: queue.sweep() > 0, "its job is given back")
        diary.wait_for(JOB)

    assert ask(queueing_database, "SELECT * FROM procrastinate_jobs") == []


@pytest.mark.slow
def test_a_worker_hears_of_jobs_again_when_the_server_has_been_away(
    queueing_database: Database, diary: Diary, caplog: pytest.LogCaptureFixture
) -> None:
    beats = "SELECT max(last_heartbeat) FROM procrastinate_workers"
    with started(queueing_database, diary) as queue:
        queue.enqueue([JOB])
        diary.wait_for(JOB)
        with away(queueing_database):
            eventually(
                lambda: "compose jobs" in caplog.text or "failed with" in caplog.text, "it is told"
            )
        for times in (2, 3):
            queue.enqueue([JOB])
            diary.wait_for(JOB, times)
        [before] = ask(queueing_database, beats)
        eventually(lambda: ask(queueing_database, beats) != [before], "another heartbeat")


def test_what_a_dead_worker_had_is_forgotten_if_the_same_waits(
    queueing_database: Database, diary: Diary
) -> None:
    queue = DistributedQueue(queueing_database, FAST)
    queue.enqueue([JOB])
    do(queueing_database, "UPDATE procrastinate_jobs SET status = 'doing'")
    queue.enqueue([JOB])

    assert queue.sweep() == 1
    assert ask(queueing_database, "SELECT status FROM procrastinate_jobs") == [("todo",)]
    with started(queueing_database, diary):
        diary.wait_for(JOB)
    assert diary.jobs == [JOB]


def test_what_a_dead_worker_had_is_due_at_once_by_any_clock(queueing_database: Database) -> None:
    queue = DistributedQueue(queueing_database, FAST)
    queue.enqueue([JOB])
    do(queueing_database, "UPDATE procrastinate_jobs SET status = 'doing'")

    assert queue.sweep() == 1
    due = "SELECT status, scheduled_at < '2000-01-01' FROM procrastinate_jobs"
    assert ask(queueing_database, due) == [("todo", True)]


def test_nobody_waits_for_a_host_that_goes_while_it_takes_a_job(
    queueing_database: Database,
) -> None:
    """It would hold the job's row until the server has noticed, and so all who ask for the same."""
    queue = DistributedQueue(queueing_database)
    queue.enqueue([JOB])

    async def take_and_be_gone() -> None:
        host = open_queue(queueing_database.libpq)
        assert isinstance(host.connector, PsycopgConnector)
        async with host.open_async(), host.connector.pool.connection() as connection:
            await connection.execute("UPDATE procrastinate_jobs SET status = 'doing'")
            async with asyncio.timeout(20):
                await asyncio.to_thread(queue.enqueue, [JOB])

    asyncio.run(take_and_be_gone())
    states = ask(queueing_database, "SELECT status FROM procrastinate_jobs ORDER BY id")
    assert states == [("doing",), ("todo",)]


def test_a_worker_that_was_taken_for_dead_goes_on_without_a_trace(
    queueing_database: Database, diary: Diary, caplog: pytest.LogCaptureFixture
) -> None:
    def be_given_up(_job: Job) -> None:
        do(queueing_database, "DELETE FROM procrastinate_jobs")
        do(queueing_database, "DELETE FROM procrastinate_workers")

    diary.doing = be_given_up
    with started(queueing_database, diary) as queue:
        for times in (1, 2):
            queue.enqueue([JOB])
            diary.wait_for(JOB, times)
    gc.collect()
    assert "Traceback" not in caplog.text


def test_a_server_that_is_not_there_is_given_up_soon_and_tried_again(
    diary: Diary, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.jobs.distributed.worker._ANEW", 0.1)
    with started(Database("postgresql+psycopg://nobody@127.0.0.1:1/none"), diary) as queue:
        with pytest.raises(StoreAwayError):
            queue.sweep()
        eventually(lambda: caplog.text.count("no compose jobs") > 1, "two tries", within=10)


def test_a_job_that_cannot_be_asked_for_just_now_is_tried_again(
    queueing_database: Database,
) -> None:
    queue = DistributedQueue(queueing_database)

    def ask_briefly(connection: Connection) -> None:
        connection.execute(text("SET LOCAL lock_timeout = '1ms'"))
        queue.enqueue([JOB], connection)

    with queueing_database.writing() as other:
        queue.enqueue([JOB], other)
        with pytest.raises(StoreAwayError):
            queueing_database.try_write(ask_briefly)


def test_what_fails_at_every_look_is_on_record_once_and_for_a_day(
    queueing_database: Database, diary: Diary
) -> None:
    def fail(_job: Job) -> None:
        diary.note(JOB)
        raise ZeroDivisionError

    diary.doing = fail
    with started(queueing_database, diary) as queue:
        for times in (1, 2, 3):
            queue.enqueue([JOB])
            diary.wait_for(JOB, times)
    failed = "SELECT status FROM procrastinate_jobs"
    assert ask(queueing_database, failed) == [("failed",)] * 3
    queue.sweep()
    assert ask(queueing_database, failed) == [("failed",)]
    do(queueing_database, "UPDATE procrastinate_events SET at = at - interval '25 hours'")
    queue.sweep()
    assert ask(queueing_database, failed) == []


def test_a_job_with_words_that_this_release_does_not_know_fails_alone(
    queueing_database: Database, diary: Diary
) -> None:
    do(
        queueing_database,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES "
        """('compose', 'compose', '{"shard": "north"}'), ('compose', 'recompose', '{}')""",
    )
    with started(queueing_database, diary) as queue:
        queue.enqueue([JOB])
        diary.wait_for(JOB)


def test_without_procrastinate_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "procrastinate", None)
    for name in [each for each in sys.modules if each.startswith("digest.jobs.distributed")]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(ConfigError, match=r"pip install 'paper-digest\[postgres\]'"):
        importlib.import_module("digest.jobs.distributed")
