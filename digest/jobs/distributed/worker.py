"""Running the jobs that wait in PostgreSQL: one procrastinate worker for each kind, one thread for each."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import JobContext
from procrastinate.worker import Worker
from psycopg_pool import AsyncConnectionPool

from digest.jobs.queue import Job, Kinds
from digest.model.partitions import IdRange

logger = logging.getLogger(__name__)

Server = tuple[str, dict[str, Any]]

_ANEW = 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon things are noticed, in seconds.

    A worker says every `heartbeat` that it is alive, and is taken for dead after `stalled` without.
    It is told of new jobs, and looks every `look` all the same. After a fault it waits for `pause`.
    """

    heartbeat: float = 10.0
    stalled: float = 30.0
    look: float = 3.0
    pause: float = 1.0


def open_queue(server: Server) -> App:
    """Return procrastinate on a server, not connected yet; with one connection, and one to listen."""
    address, options = server
    # It says everything twice, at every job.
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    connector = PsycopgConnector(
        conninfo=address,
        kwargs=options,
        min_size=1,
        max_size=1,
        timeout=_ANEW,
        pool_factory=_Pool,
        configure=_commit_at_once,
    )
    return App(connector=connector)


class _Pool(AsyncConnectionPool[Any]):
    """A pool that tries again ever more seldom, and soon gives up: a new one is there sooner."""

    async def open(self, wait: bool = False, timeout: float = 0) -> None:  # noqa: ARG002, ASYNC109, FBT001, FBT002  psycopg's
        await super().open(wait, _ANEW)


async def _commit_at_once(connection: Any) -> None:  # noqa: ANN401  psycopg's connection
    """Have every statement be a transaction.

    A host that went between taking a job and committing it would keep that job's row locked, and
    everybody who asks for the same job would wait until the server has noticed.
    """
    await connection.set_autocommit(True)


class Crew:
    """The workers of this process, in a thread of their own.

    CPU work in many threads only gets slower, so each kind has one thread, and a job of one kind
    never waits for a job of another.
    """

    def __init__(self, server: Server, kinds: Kinds, pace: Pace) -> None:
        self._server = server
        self._kinds = kinds
        self._pace = pace
        self._is_stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._work()), name="workers")

    def start(self) -> None:
        """Begin to run jobs."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing new, and wait for what runs."""
        self._is_stopping.set()
        if self._loop:
            with suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    async def _work(self) -> None:
        self._loop = asyncio.get_running_loop()
        if self._is_stopping.is_set():
            return
        await asyncio.gather(*(self._lane(name) for name in self._kinds))

    async def _lane(self, name: str) -> None:
        """Run the jobs of a name until told to stop, whatever becomes of the server meanwhile."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{name} jobs") as thread:
            while not self._stopping.is_set():
                try:
                    await self._listen(name, thread)
                except Exception as error:  # noqa: BLE001  the server went away, or is not there yet
                    why = error.__cause__ or error
                    logger.warning("no %s jobs, it is tried again: %s", name, why)
                if not self._stopping.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._stopping.wait(), self._pace.pause)

    async def _listen(self, name: str, thread: ThreadPoolExecutor) -> None:
        queue = open_queue(self._server)
        queue.task(name=name, queue=name)(_task(name, self._kinds[name], thread))
        async with queue.open_async():
            worker = _Worker(
                queue,
                queues=[name],
                name=name,
                concurrency=1,
                delete_jobs="successful",
                install_signal_handlers=False,
                fetch_job_polling_interval=self._pace.look,
                update_heartbeat_interval=self._pace.heartbeat,
                stalled_worker_timeout=self._pace.stalled,
            )
            stopper = asyncio.create_task(self._stop_when_told(worker))
            try:
                await worker.run()  # type: ignore[no-untyped-call]
            finally:
                stopper.cancel()

    async def _stop_when_told(self, worker: Worker) -> None:
        await self._stopping.wait()
        worker.stop()  # type: ignore[no-untyped-call]


class _Worker(Worker):
    """A worker that notices when it has gone deaf, or cannot say how a job has ended.

    It stops when its heartbeat or its listening has failed, to be started anew; but it watches those
    only until the first of its helpers ends, and with nothing periodic that one ends at once.
    """

    async def _periodic_deferrer(self) -> None:
        await asyncio.Event().wait()

    async def _process_job(self, context: JobContext) -> None:
        try:
            await super()._process_job(context)
        except ConnectorException as error:
            # It was taken for dead and its job given back, or the server is away. Started anew it is
            # another worker, so that what this one has not ended is given back, too.
            why = error.__cause__ or error
            logger.info("%s has ended, which is not on record: %s", context.job.queueing_lock, why)
            self.stop()  # type: ignore[no-untyped-call]


def _task(
    name: str, run: Callable[[Job], object], thread: ThreadPoolExecutor
) -> Callable[..., Coroutine[Any, Any, None]]:
    async def task(first: int | None = None, last: int | None = None) -> None:
        within = None if first is None or last is None else IdRange(first, last)
        await asyncio.get_running_loop().run_in_executor(thread, run, Job(name, within))

    return task
