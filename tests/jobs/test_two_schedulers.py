"""Two schedulers that tick at the same moments: nobody gets two digests, and nobody none."""

import shutil
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text

from digest.app import App, build_app
from digest.config import read_settings
from digest.jobs.distributed import DistributedQueue
from digest.jobs.distributed import schema as queue_schema
from digest.jobs.embedded import EmbeddedQueue
from digest.jobs.inline import InlineQueue
from digest.jobs.queue import Job, Queue
from digest.jobs.registry import COMPOSE, kinds_of_jobs, ring_compose
from digest.model.partitions import CHUNK, IdRange
from digest.pipeline.ingest import ingest
from digest.pipeline.subscribe import enrol
from digest.sources.base import Page
from digest.store import tables
from digest.store.engine import Database
from tests.conftest import START, HandClock, close_database, open_database
from tests.factories import make_dump, make_wishes, numbered
from tests.jobs.conftest import FAST
from tests.waiting import eventually

ROUNDS = 50
READERS = 6


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[HandClock], App]]:
    """Opens the same site again and again, each time as another process would."""
    first = open_database(request, tmp_path, request.param)
    if not first.is_sqlite:
        queue_schema.upgrade(first)
    opened: list[App] = []

    def open_site(clock: HandClock) -> App:
        settings = {
            "DIGEST_DATA_DIR": str(tmp_path),
            "DIGEST_DATABASE_URL": first.url.render_as_string(hide_password=False),
            "DIGEST_SECRET": "a secret of these tests",
            "DIGEST_COMPILED": "off",
        }
        app = build_app(read_settings(settings), clock)
        if app.database.is_sqlite:
            event.listen(app.database.engine, "connect", _do_not_wait_for_the_disk)
        opened.append(app)
        return app

    yield open_site
    for app in opened:
        app.database.dispose()
    close_database(first)


def _do_not_wait_for_the_disk(connection: sqlite3.Connection, _entry: object) -> None:
    # Nobody cuts the power here, and the disk takes most of the time.
    connection.execute("PRAGMA synchronous = OFF")


@contextmanager
def composing(app: App) -> Iterator[Queue]:
    """Run what composes, as a process of the site does on its kind of database."""
    queue: Queue = (
        EmbeddedQueue() if app.database.is_sqlite else DistributedQueue(app.database, FAST)
    )
    queue.start({COMPOSE: kinds_of_jobs(app, queue, lambda: False)[COMPOSE]})
    try:
        yield queue
    finally:
        queue.stop()


def at_once(*calls: Callable[[], object]) -> None:
    """Do things in threads that begin at the same moment."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        gate.wait()
        call()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def composed(database: Database) -> Counter[tuple[int, object]]:
    columns = tables.digests.c.subscriber_id, tables.digests.c.period
    with database.reading() as connection:
        return Counter((row[0], row[1]) for row in connection.execute(select(*columns)))


def has_composed(database: Database, count: int) -> bool:
    return len(composed(database)) >= count


@pytest.mark.slow
def test_fifty_rounds_of_two_schedulers_double_nothing_and_leave_nobody_out(
    site: Callable[[HandClock], App],
) -> None:
    clock = HandClock(START)
    app, other = site(clock), site(clock)
    for number in range(READERS):
        enrol(app.registry, f"reader{number}@example.org", make_wishes("graph neural networks"))
    titles = ["Graph Neural Networks for Roads", "Graph Neural Networks Forget"]
    ingest(app.database, Page(make_dump(), iter(numbered(titles))), clock)
    with ExitStack() as stack:
        queues = [(each, stack.enter_context(composing(each))) for each in (app, other)]
        for round_ in range(1, ROUNDS + 1):
            clock.advance(days=1)
            at_once(*(lambda e=each, q=queue: ring_compose(e, q) for each, queue in queues))
            all_are_there = partial(has_composed, app.database, READERS * round_)
            eventually(all_are_there, f"everybody has round {round_}")

    found = composed(app.database)
    assert len(found) == READERS * ROUNDS
    assert set(found.values()) == {1}
    with app.database.reading() as connection:
        mails = select(func.count()).where(tables.deliveries.c.kind == "digest")
        assert connection.execute(mails).scalar_one() <= READERS * ROUNDS
        per_digest = select(tables.deliveries.c.digest_id, func.count()).group_by(
            tables.deliveries.c.digest_id
        )
        assert all(count == 1 for number, count in connection.execute(per_digest) if number)


def test_schedulers_at_once_queue_a_range_once(queueing_database: Database) -> None:
    ranges = [IdRange(n * CHUNK + 1, (n + 1) * CHUNK) for n in range(20)]
    queues = [DistributedQueue(queueing_database) for _ in range(3)]
    asked = [Job(COMPOSE, each) for each in ranges]
    for _ in range(ROUNDS):
        at_once(*(lambda q=queue: q.enqueue(reversed(asked)) for queue in queues))

    with queueing_database.reading() as connection:
        waiting = connection.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar()
    assert waiting == len(ranges)


def test_who_composes_rings_in_the_same_transaction(tmp_path: Path, migrated_sqlite: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "digest.sqlite3")
    clock = HandClock(START)
    settings = {"DIGEST_DATA_DIR": str(tmp_path), "DIGEST_COMPILED": "off"}
    app = build_app(read_settings(settings), clock)
    enrol(app.registry, "ada@example.org", make_wishes("graph neural networks"))
    ingest(app.database, Page(make_dump(), iter(numbered(["Graph Neural Networks"]))), clock)
    clock.advance(days=1)
    queue = InlineQueue()
    queue.start(kinds_of_jobs(app, queue, lambda: False))
    assert ring_compose(app, queue) == 1

    # Composed and sent, since nothing else asked for it to be sent.
    with app.database.reading() as connection:
        states = connection.execute(select(tables.deliveries.c.state)).scalars().all()
    assert states == ["accepted"]
    app.database.dispose()
