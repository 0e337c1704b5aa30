"""What work costs, for benchmarks/scale.py: seconds, processor time here and at the server, memory."""

import os
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from math import log
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_TICKS = os.sysconf("SC_CLK_TCK")
# In what follows the name in /proc/<pid>/stat: the parent; own time; that of children waited for.
_PARENT, _OWN, _WAITED_FOR = 1, slice(11, 13), slice(13, 15)


class Taken(NamedTuple):
    """What work took; `server` is PostgreSQL's processor time, `done` what was done, by name."""

    seconds: float
    cpu: float
    server: float
    megabytes: float
    done: dict[str, int]

    @property
    def all_cpu(self) -> float:
        """Processor time of ours and of the server's together."""
        return self.cpu + self.server


def apart(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a function does in a new process, whose peak memory and caches are its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def middle(rounds: list[Taken]) -> Taken:
    """Return the median of rounds, each figure by itself; the most memory of any."""
    return Taken(
        median(each.seconds for each in rounds),
        median(each.cpu for each in rounds),
        median(each.server for each in rounds),
        max(each.megabytes for each in rounds),
        rounds[-1].done,
    )


def exponent(sizes: list[int], costs: list[float]) -> float:
    """Return the slope of costs over sizes, both as logarithms, from the first to the last."""
    return log(costs[-1] / costs[0]) / log(sizes[-1] / sizes[0])


def peak(process: int | str = "self") -> float:
    """Return the most memory a process has had, in MiB."""
    # Not getrusage's: a process begins with the most that the one before it had.
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def own_cpu() -> float:
    """Return the processor time of all threads of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def parent_of(process: int) -> int:
    """Return the process that started another."""
    return int(_stat(process)[_PARENT])


def cpu_of_family(parent: int) -> float:
    """Return the processor time of a process and its children, those that have ended too.

    A server's backends are children of its first process, which waits for each: none is forgotten.
    """
    ticks = sum(map(int, _stat(parent)[_OWN] + _stat(parent)[_WAITED_FOR]))
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = _stat(int(entry.name))
            except OSError:  # it has ended since
                continue
            if int(fields[_PARENT]) == parent:
                ticks += sum(map(int, fields[_OWN]))
    return ticks / _TICKS


def _stat(process: int) -> list[str]:
    text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    return text.rpartition(")")[2].split()


@dataclass
class Meter:
    """Runs while work is done; stands still outside `running`. `server` is its first process."""

    server: int | None = None
    seconds: float = 0.0
    cpu: float = 0.0
    server_cpu: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what the block takes."""
        seconds, cpu = time.monotonic(), own_cpu()
        server = cpu_of_family(self.server) if self.server else 0.0
        yield
        self.seconds += time.monotonic() - seconds
        self.cpu += own_cpu() - cpu
        if self.server:
            self.server_cpu += cpu_of_family(self.server) - server

    def taken(self, **done: int) -> Taken:
        """Return what has been counted, and the most memory so far."""
        return Taken(self.seconds, self.cpu, self.server_cpu, peak(), done)
