"""A worker in a thread, so that a test can do something to it meanwhile."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from digest.pipeline.deliver import DeliverReport, deliver_due
from digest.pipeline.outgoing import Sender


@contextmanager
def at_work(sender: Sender) -> Iterator["Future[DeliverReport]"]:
    """Deliver in a thread, while the test does something else."""
    is_over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        try:
            yield pool.submit(deliver_due, sender, is_stopping=is_over.is_set)
        finally:
            is_over.set()
