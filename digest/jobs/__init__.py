"""The background work: shallow calls of the pipeline, and who runs them when.

`work` says what is done, `queue` what a job is and what a queue of them promises; `inline`, `embedded`
and `distributed` are the queues. The tables say what is due: a job only looks now. Lose every job
and nothing is lost; run one twice and nothing is doubled.
"""

from digest.jobs.dumps_folder import DumpsFolder
from digest.jobs.harvesting import Harvesting
from digest.jobs.registry import COMPOSE, DELIVER, kinds_of_jobs, ring_compose, ring_deliver
from digest.jobs.returning import Returning
from digest.jobs.work import compose, deliver, forget, migrate, publish_feeds, stocktake

__all__ = [
    "COMPOSE",
    "DELIVER",
    "DumpsFolder",
    "Harvesting",
    "Returning",
    "compose",
    "deliver",
    "forget",
    "kinds_of_jobs",
    "migrate",
    "publish_feeds",
    "ring_compose",
    "ring_deliver",
    "stocktake",
]
