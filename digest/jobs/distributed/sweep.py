"""Giving back what dead workers had in hand, and forgetting what failed long ago.

Procrastinate keeps the job of a worker that was killed as it is, for ever.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime

from procrastinate import App
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from psycopg_pool import PoolTimeout

from digest.errors import StoreAwayError
from digest.jobs.distributed.worker import Server, open_queue

logger = logging.getLogger(__name__)

_KEPT_FOR = 24  # hours
# By any clock: where ours is ahead of the server's, "now" would keep the job, and all who ask for
# the same, waiting for the difference.
_AT_ONCE = datetime.fromtimestamp(0, UTC)
# A range that fails at every look is on record once.
_FORGET_REPEATED = """
DELETE FROM procrastinate_jobs AS old USING procrastinate_jobs AS new
WHERE old.status = 'failed' AND new.status = 'failed'
  AND old.queueing_lock = new.queueing_lock AND old.id < new.id
"""


def sweep(server: Server, stalled: float) -> int:
    """Have the jobs run again of workers not heard of for so many seconds; return how many.

    Two sweepers at once are harmless: at worst a job runs twice. Raises StoreAwayError.
    """
    try:
        return asyncio.run(_sweep(server, stalled))
    except (ConnectorException, PoolTimeout) as error:
        raise StoreAwayError(str(error.__cause__ or error)) from error


async def _sweep(server: Server, stalled: float) -> int:
    queue = open_queue(server)
    async with queue.open_async():
        jobs = queue.job_manager
        found = list(await jobs.get_stalled_jobs(seconds_since_heartbeat=stalled))
        for job in found:
            await _give_back(queue, job)
        await jobs.prune_stalled_workers(stalled)
        await jobs.delete_old_jobs(
            _KEPT_FOR, include_failed=True, include_cancelled=True, include_aborted=True
        )
        await queue.connector.execute_query_async(_FORGET_REPEATED)
    return len(found)


async def _give_back(queue: App, job: Job) -> None:
    logger.warning("the worker of %s is gone: it is run again", job.queueing_lock)
    try:
        with suppress(UniqueViolation):
            await queue.job_manager.retry_job(job, retry_at=_AT_ONCE)
            return
        # The same job waits by now.
        await queue.job_manager.finish_job(job, Status.ABORTED, delete_job=True)
    except ConnectorException as error:  # its worker has finished it after all
        logger.debug("%s is not run again: %s", job.queueing_lock, error)
