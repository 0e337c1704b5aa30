"""Waiting for what nobody can stop: a name server, or whoever takes a connection."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

from digest.clock import steady

LOOK = 0.5  # seconds until whoever waits hears that the process is to stop

T = TypeVar("T")


def aside(work: Callable[[], T], seconds: float, is_stopping: Callable[[], bool]) -> T:
    """Return what `work` returns, or raise what it raises.

    Raises TimeoutError if it takes longer, or the process is to stop: nobody waits then for its end.
    """
    found: Future[T] = Future()

    def run() -> None:
        try:
            found.set_result(work())
        except BaseException as error:  # noqa: BLE001  for whoever waits
            found.set_exception(error)

    Thread(target=run, name="aside", daemon=True).start()
    until = steady() + seconds
    while not found.done() and steady() < until and not is_stopping():
        wait([found], min(LOOK, max(0.0, until - steady())))
    if not found.done():
        raise TimeoutError("there is no answer in time")
    return found.result()
