"""The workers of a simulation, seen from outside: started, killed, stopped and woken."""

import contextlib
import os
import signal
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from digest.cli.simulation.worker import Orders, work

# From a process without threads that has imported everything: each starts in no time.
_PROCESSES = get_context("forkserver")
_LEAVE_WITHIN = 10.0


class Crew:
    """So many workers, whoever is struck down; at the end of the `with` block there are none.

    `fallen` counts those that ended of themselves, or not when they were told to: there should be
    none.
    """

    def __init__(self, orders: Orders, workers: int) -> None:
        self.fallen = 0
        self._orders = orders
        self._size = workers
        self._moved = _PROCESSES.Value("d", 0.0, lock=False)
        self._workers: list[BaseProcess] = []

    def __enter__(self) -> Self:
        _PROCESSES.set_forkserver_preload([work.__module__])
        self._workers = [self._start() for _ in range(self._size)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.kill()
            worker.join()

    def kill(self, which: int) -> None:
        """Strike one down, see that it is gone, and start another in its place."""
        place = which % self._size
        self._workers[place].kill()
        self._workers[place].join()
        self._workers[place] = self._start()

    def stop(self, which: int) -> BaseProcess:
        """Stop one in its tracks; return it, to be woken."""
        worker = self._workers[which % self._size]
        _signal(worker, signal.SIGSTOP)
        return worker

    def wake(self, worker: BaseProcess) -> None:
        """Let one go on that was stopped; if it was killed meanwhile, nothing."""
        _signal(worker, signal.SIGCONT)

    def move_clock(self, seconds: float) -> None:
        """Move the clock of all of them."""
        self._moved.value += seconds

    def tend(self) -> None:
        """Replace whoever fell over."""
        for place, worker in enumerate(self._workers):
            if not worker.is_alive():
                self.fallen += 1
                self._workers[place] = self._start()

    def dismiss(self) -> None:
        """Tell all of them to finish what they have begun, and see them off."""
        for worker in self._workers:
            _signal(worker, signal.SIGCONT)
            worker.terminate()
        for worker in self._workers:
            worker.join(_LEAVE_WITHIN)
            # One that was just starting had no ear for it yet, and ended at once.
            self.fallen += worker.exitcode not in {0, -signal.SIGTERM}

    def _start(self) -> BaseProcess:
        worker = _PROCESSES.Process(target=work, args=(self._orders, self._moved), daemon=True)
        worker.start()
        return worker


def _signal(worker: BaseProcess, number: signal.Signals) -> None:
    if worker.pid is not None and worker.is_alive():
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.pid, number)
