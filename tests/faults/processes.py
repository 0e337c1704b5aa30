"""Workers in processes of their own, seen from outside: told what to do, killed, stopped, woken."""

import multiprocessing
import os
import signal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from digest.delivery.sink import Sink
from tests.faults.site import Site
from tests.faults.worker import Orders, obey
from tests.waiting import PATIENCE, eventually

# All are forked from one that has imported everything and opened nothing: a start of Python takes
# longer than what most of them have to do.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.faults.prepared"])


class Process:
    """A process that waits for its orders; at the end of the `with` block it is no more."""

    def __init__(self) -> None:
        self._line, theirs = _forks.Pipe()
        self._process = _forks.Process(target=obey, args=(theirs,))
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()  # nothing, if it has ended
        self._process.join()
        self._line.close()
        self._process.close()

    def begin(self, orders: Orders) -> None:
        """Give it its orders."""
        self._line.send(orders)

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def is_running(self) -> bool:
        return self._process.exitcode is None

    def wait(self) -> int:
        """Return how it ended: 0, or less the number of the signal."""
        self._process.join(PATIENCE)
        if self._process.exitcode is None:
            raise TimeoutError(f"process {self.pid}: not within {PATIENCE:g} s")
        return self._process.exitcode

    def wait_until_stopped(self) -> None:
        """Wait until it has been stopped by a signal."""

        def is_stopped() -> bool:
            assert self.is_running(), "it ended instead"
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

        eventually(is_stopped, "stopped")

    def report(self) -> dict[str, Any]:
        """Return what it says it has done, when it is done."""
        assert self._line.poll(PATIENCE), "it does not report"
        found: dict[str, Any] = self._line.recv()
        assert self.wait() == 0
        return found


def orders(site: Site, sink: Sink | None = None, **rest: object) -> Orders:
    """Return orders for a process that works on a site; it composes if there is no sink."""
    url = site.database.url.render_as_string(hide_password=False)
    port = sink.port if sink else 0
    return Orders(url, site.clock().isoformat(), port, **rest)  # type: ignore[arg-type]


def run_to_its_end(orders: Orders) -> int:
    """Start a process, have it follow orders, and return how it ended."""
    with Process() as process:
        process.begin(orders)
        return process.wait()
