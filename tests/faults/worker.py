"""A worker or a scheduler in a process of its own that strikes itself down at an exact moment.

`python -m tests.faults.worker` reads its orders as a line of JSON from its input once everything
is imported, so that one can stand ready. A breakpoint wraps the real function: at the `nth` time
it is passed the process sends itself `signal`, KILL or STOP, and to the kernel that is no different
from anybody else's. The product has no hooks for this.
"""

import dataclasses
import functools
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from digest.clock import Clock, steady
from digest.delivery.owner import this_owner
from digest.delivery.smtp import SmtpConnection, SmtpSettings, SmtpTransport, Timeouts, Tls
from digest.delivery.smtp_line import Line
from digest.pipeline import compose, lane
from digest.pipeline.archive import Archives
from digest.pipeline.claiming import Claiming
from digest.pipeline.compose import compose_due
from digest.pipeline.deliver import deliver_due
from digest.pipeline.ledger import Ledger
from digest.pipeline.outgoing import Leases, Sender
from digest.rendering.email import MailRenderer
from digest.rendering.links import Links
from digest.store.engine import Database
from digest.tokens import Tokens

AUTHORITY = "digest.example.org"
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


@dataclass(frozen=True, slots=True)
class Orders:
    """What a process is to do, with which clock, and where it ends.

    It composes if it is given no port. Its clock says `now` at the start and goes on from there;
    `owner` empty is the process itself.
    """

    url: str
    now: str
    port: int = 0
    point: str = ""
    nth: int = 1
    signal: str = "KILL"
    owner: str = ""
    connections: int = 1
    leases: tuple[float, float, float] = (900, 60, 660)
    patience: float = 60
    timeouts: float = 0.02
    spill: str = ""
    mails_per_connection: int = 100


def main() -> None:
    """Do what is ordered; print the states the attempts ended in."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    print("ready", flush=True)
    orders = Orders(**json.loads(sys.stdin.readline()))
    strike = _Strike(orders.nth, getattr(signal, f"SIG{orders.signal}"))
    if orders.point:
        _BREAKPOINTS[Point(orders.point)](strike)
    database = Database(orders.url)
    clock = _moved(orders.now)
    if orders.port:
        stopping = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stopping.set())
        report = deliver_due(_sender(orders, database, clock), is_stopping=stopping.is_set)
        counts = {state.value: count for state, count in report.states.items()}
        done = {"states": counts, "recovered": report.recovered}
    else:
        at_plan = orders.point == Point.PLANNED
        composed = compose_due(
            database,
            Archives(database, clock),
            AUTHORITY,
            clock,
            (lambda _count: strike()) if at_plan else (lambda _count: None),
        )
        done = dataclasses.asdict(composed)
    database.dispose()
    print(json.dumps(done), flush=True)


def _moved(now: str) -> Clock:
    began, start = steady(), datetime.fromisoformat(now)
    return lambda: start + timedelta(seconds=steady() - began)


def _sender(orders: Orders, database: Database, clock: Clock) -> Sender:
    links = Links(f"http://{AUTHORITY}", Tokens(["a secret"]))
    settings = SmtpSettings(
        "127.0.0.1",
        orders.port,
        tls=Tls.NEVER,
        timeouts=Timeouts().scaled(orders.timeouts),
        mails_per_connection=orders.mails_per_connection,
    )
    return Sender(
        database=database,
        transports=[SmtpTransport(settings)],
        renderer=MailRenderer(links, "Digest"),
        links=links,
        site_name="Digest",
        mail_from="digest@example.org",
        authority=AUTHORITY,
        owner=orders.owner or this_owner(),
        clock=clock,
        connections=orders.connections,
        leases=Leases(*orders.leases),
        spill=Path(orders.spill) if orders.spill else None,
        patience=orders.patience,
    )


class _Strike:
    """Sends the signal at the n-th call."""

    def __init__(self, nth: int, number: signal.Signals) -> None:
        self._left = nth
        self._number = number

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), self._number)


def _after(owner: Any, name: str, is_it: Callable[[Any], bool], strike: _Strike) -> None:
    """Have a function strike after each call whose result is the one that is meant."""
    real = getattr(owner, name)

    @functools.wraps(real)
    def wrapped(*arguments: Any) -> Any:
        result = real(*arguments)
        if is_it(result):
            strike()
        return result

    setattr(owner, name, wrapped)


def _after_awaiting(owner: Any, name: str, is_it: Callable[[Any], bool], strike: _Strike) -> None:
    """Do the same for a coroutine."""
    real = getattr(owner, name)

    @functools.wraps(real)
    async def wrapped(*arguments: Any) -> Any:
        result = await real(*arguments)
        if is_it(result):
            strike()
        return result

    setattr(owner, name, wrapped)


def _in_the_body(strike: _Strike, *, is_whole: bool) -> None:
    real = Line.send_guarded

    async def send_guarded(
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

    Line.send_guarded = send_guarded  # type: ignore[method-assign]


def _at_settling(strike: _Strike) -> None:
    real = Ledger._write  # noqa: SLF001  nobody outside sees when a commit is done

    def write(ledger: Ledger, work: Any, now: datetime) -> Any:
        refused = real(ledger, work, now)
        if work.settled:
            strike()
        return refused

    Ledger._write = write  # type: ignore[method-assign]  # noqa: SLF001


_BREAKPOINTS: dict[Point, Callable[[_Strike], None]] = {
    Point.PLANNING: lambda strike: _after(compose, "_write", bool, strike),
    Point.PLANNED: lambda _strike: None,  # compose_due tells by itself
    Point.CLAIMED: lambda strike: _after(Claiming, "claim", bool, strike),
    Point.RENDERED: lambda strike: _after(lane, "build", bool, strike),
    Point.ARMED: lambda strike: _after_awaiting(Ledger, "arm", lambda no: no is None, strike),
    Point.HALF_SENT: lambda strike: _in_the_body(strike, is_whole=False),
    Point.SENT: lambda strike: _in_the_body(strike, is_whole=True),
    Point.ANSWERED: lambda strike: _after_awaiting(SmtpConnection, "send", bool, strike),
    Point.SETTLED: _at_settling,
}

if __name__ == "__main__":
    main()
