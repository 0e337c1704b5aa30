"""Programs on hosts: started with a log of their own, and none is left when the block ends."""

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.waiting import PATIENCE

_LAST = 3000  # letters of a log


class Programs:
    """What runs, by name; `folder` has a log of each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait()

    def start(
        self, name: str, command: Sequence[str], variables: Mapping[str, str], **rest: Any
    ) -> None:
        """Start a program; one that was started before under this name has ended."""
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command, env=dict(variables), stdout=log, stderr=log, **rest
            )

    def run(self, name: str, command: Sequence[str], variables: Mapping[str, str]) -> None:
        """Run a program to its end, which has to be a good one."""
        self.start(name, command, variables)
        assert self._running[name].wait(PATIENCE) == 0, self.log(name)

    def end(self, name: str, by: signal.Signals) -> int:
        """Send a signal, wait for the end, and return how it was."""
        self._running[name].send_signal(by)
        return self._running[name].wait(PATIENCE)

    def ended(self) -> list[str]:
        """Return which have ended by now."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def log(self, name: str) -> str:
        """Return what a program has said."""
        return (self._folder / f"{name}.log").read_text(errors="replace")

    def ends_of_logs(self) -> str:
        """Return the last of what each has said."""
        return "\n".join(f"--- {name}\n{self.log(name)[-_LAST:]}" for name in self._running)
