"""A queue in PostgreSQL, shared by any number of processes on any number of hosts: procrastinate.

Chosen because a job is enqueued in the transaction of what it is about. What it leaves to us is the
sweeper that gives back what dead workers had in hand.
"""

from digest.errors import ConfigError

try:
    import procrastinate as _procrastinate  # noqa: F401  whether it is there at all
except ImportError as error:
    hint = "a queue in PostgreSQL needs procrastinate: pip install 'paper-digest[postgres]'"
    raise ConfigError("DIGEST_DATABASE_URL", hint) from error

from digest.jobs.distributed.queue import DistributedQueue
from digest.jobs.distributed.worker import Pace

__all__ = ["DistributedQueue", "Pace"]
