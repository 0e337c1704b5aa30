"""Where a worker strikes itself down: each breakpoint wraps the real function in this process."""

import functools
import os
import signal
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from digest.delivery.smtp import SmtpConnection
from digest.delivery.smtp_line import Line
from digest.pipeline import lane
from digest.pipeline.claiming import Claiming
from digest.pipeline.compose import Composer
from digest.pipeline.ledger import Ledger

# Longer than any command: what is sent in one piece from there on is a mail.
_A_MAIL = 1000


class Point(StrEnum):
    """A moment in the life of a mail, right after what it is called.

    Planning is over but for the commit; planned is after it.
    """

    PLANNING = "planning"
    PLANNED = "planned"
    CLAIMED = "claimed"
    RENDERED = "rendered"
    ARMED = "armed"
    HALF_SENT = "half sent"
    SENT = "sent"
    ANSWERED = "answered"
    SETTLED = "settled"


class Strike:
    """Sends this process the signal at the n-th call."""

    def __init__(self, nth: int, number: signal.Signals) -> None:
        self._left = nth
        self._number = number

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), self._number)


def _after(owner: Any, name: str, is_it: Callable[[Any], bool], strike: Strike) -> None:
    """Have a function strike after each call whose result is the one that is meant."""
    real = getattr(owner, name)

    @functools.wraps(real)
    def wrapped(*arguments: Any) -> Any:
        result = real(*arguments)
        if is_it(result):
            strike()
        return result

    setattr(owner, name, wrapped)


def _after_awaiting(owner: Any, name: str, is_it: Callable[[Any], bool], strike: Strike) -> None:
    """Do the same for a coroutine."""
    real = getattr(owner, name)

    @functools.wraps(real)
    async def wrapped(*arguments: Any) -> Any:
        result = await real(*arguments)
        if is_it(result):
            strike()
        return result

    setattr(owner, name, wrapped)


def _in_the_body(strike: Strike, *, is_whole: bool) -> None:
    real = Line.send_guarded

    async def send_guarded(  # noqa: PLR0917  as the real one
        line: Line, data: bytes, end: int, progress: float, until: float, check: Any
    ) -> None:
        if end < _A_MAIL:
            await real(line, data, end, progress, until, check)
            return
        half = len(data) if is_whole else end // 2
        await real(line, data[:half], min(end, half), progress, until, check)
        strike()
        if not is_whole:
            await real(line, data[half:], end - half, progress, until, check)

    Line.send_guarded = send_guarded  # type: ignore[method-assign, assignment]


def _at_settling(strike: Strike) -> None:
    real = Ledger._write  # noqa: SLF001  nobody outside sees when a commit is done

    def write(ledger: Ledger, work: Any, now: datetime) -> Any:
        refused = real(ledger, work, now)
        if work.settled:
            strike()
        return refused

    Ledger._write = write  # type: ignore[method-assign, assignment]  # noqa: SLF001


BREAKPOINTS: dict[Point, Callable[[Strike], None]] = {
    Point.PLANNING: lambda strike: _after(Composer, "_write", bool, strike),
    Point.PLANNED: lambda _strike: None,  # compose_due tells by itself
    Point.CLAIMED: lambda strike: _after(Claiming, "claim", bool, strike),
    Point.RENDERED: lambda strike: _after(lane, "build", bool, strike),
    Point.ARMED: lambda strike: _after_awaiting(Ledger, "arm", lambda no: no is None, strike),
    Point.HALF_SENT: lambda strike: _in_the_body(strike, is_whole=False),
    Point.SENT: lambda strike: _in_the_body(strike, is_whole=True),
    Point.ANSWERED: lambda strike: _after_awaiting(SmtpConnection, "send", bool, strike),
    Point.SETTLED: _at_settling,
}
