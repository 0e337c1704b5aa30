"""Workers in processes of their own, seen from outside: told what to do, killed, stopped, woken."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from digest.delivery.sink import Sink
from tests.conftest import REPOSITORY
from tests.faults.site import Site
from tests.faults.worker import Orders
from tests.postgres import process_wait

_PATIENCE = 60.0


def eventually(look: Callable[[], bool], what: str, within: float = _PATIENCE) -> None:
    """Look again and again until it is so: another process gives no better signal."""
    give_up_at = time.monotonic() + within
    while not look():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{what}: not within {within:g} s")
        process_wait(0.01)


class Process:
    """A process that waits for its orders; at the end of the `with` block it is no more."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def begin(self, orders: Orders) -> None:
        """Give it its orders, as soon as it can take them."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        self._process.stdin.write(json.dumps(dataclasses.asdict(orders)) + "\n")
        self._process.stdin.flush()

    def send_signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait(self) -> int:
        """Return how it ended: 0, or less the number of the signal."""
        return self._process.wait(_PATIENCE)

    def wait_until_stopped(self) -> None:
        """Wait until it has been stopped by a signal."""
        how = os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT

        def is_stopped() -> bool:
            found = os.waitid(os.P_PID, self.pid, how)
            assert found is None or found.si_code == os.CLD_STOPPED, "it ended instead"
            return found is not None

        eventually(is_stopped, "stopped")

    def report(self) -> dict[str, Any]:
        """Return what it says it has done, when it is done."""
        told, _ = self._process.communicate(timeout=_PATIENCE)
        assert self._process.returncode == 0
        found: dict[str, Any] = json.loads(told.splitlines()[-1])
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
