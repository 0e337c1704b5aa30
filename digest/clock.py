"""The only place that asks what time it is."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC, in whole microseconds."""
    return datetime.now(UTC)


def steady() -> float:
    """Return seconds since this machine's boot, suspended ones too: no change of the clock moves it.

    The same for all processes of one machine; where the system has no such clock, its monotonic
    one, which may stand still while the machine sleeps.
    """
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)
