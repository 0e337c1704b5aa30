"""A worker or a scheduler in a process of its own that strikes itself down at an exact moment.

`obey` waits for its orders, so that one can stand ready. A breakpoint wraps the real function: at
the `nth` time it is passed the process sends itself `signal`, KILL or STOP, and to the kernel that
is no different from anybody else's. The product has no hooks for this.
"""

import dataclasses
import logging
import signal
import sys
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from digest.clock import Clock, steady
from digest.delivery.owner import this_owner
from digest.delivery.smtp import SmtpSettings, SmtpTransport, Timeouts, Tls
from digest.pipeline.archive import Archives
from digest.pipeline.compose import Composer
from digest.pipeline.deliver import deliver_due
from digest.pipeline.outgoing import Leases, Sender
from digest.rendering.email import MailRenderer
from digest.rendering.links import Links
from digest.store.engine import Database
from digest.tokens import Tokens
from tests.faults.breakpoints import BREAKPOINTS, Point, Strike

AUTHORITY = "digest.example.org"


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


def obey(line: Connection) -> None:
    """Do what is ordered; report the states the attempts ended in."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    orders: Orders = line.recv()
    strike = Strike(orders.nth, getattr(signal, f"SIG{orders.signal}"))
    if orders.point:
        BREAKPOINTS[Point(orders.point)](strike)
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
        composed = Composer(database, Archives(database, clock), AUTHORITY, clock).compose_due(
            (lambda _count: strike()) if at_plan else (lambda _count: None)
        )
        done = dataclasses.asdict(composed)
    database.dispose()
    line.send(done)


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
