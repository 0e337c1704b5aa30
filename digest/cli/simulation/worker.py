"""A worker of a simulation, in a process of its own: the real one, in a hurry."""

import logging
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from digest.app import build_app
from digest.clock import Clock, steady
from digest.config import Settings
from digest.delivery.smtp import SmtpSettings, SmtpTransport, Timeouts, Tls
from digest.errors import StoreAwayError
from digest.pipeline.deliver import deliver_due
from digest.pipeline.outgoing import Leases, Sender

logger = logging.getLogger(__name__)

# An hour of waiting for the next attempt is six seconds.
SPEED = 600
# What is real, and cannot be hurried by a clock. The margin is longer than one mail can take.
LEASES = Leases(length=4, renewal=0.4, margin=2.9)
_TIMEOUTS = Timeouts(connect=2, command=2, data=2, progress=2, end=2, transaction=4)
_PATIENCE = 5.0
_PAUSE = 0.1  # seconds between two rounds


class Moved(Protocol):
    """A number that all processes see: by how many seconds the clock was moved by hand."""

    value: float


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is to do: the clock said `start` when the steady one said `began`.

    At `until` of the steady clock it ends of itself, should nobody be there to tell it.
    """

    settings: Settings
    connections: int
    start: datetime
    began: float
    until: float
    log: Path


def work(orders: Orders, moved: Moved) -> None:
    """Send what is due, again and again, until told to stop by SIGTERM."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us
    logging.basicConfig(
        filename=orders.log,
        level=logging.INFO,
        format="%(asctime)s %(process)d %(levelname)-7s %(name)s: %(message)s",
        force=True,
    )
    app = build_app(orders.settings, _fast(orders, moved))
    sender = _hurried(app.sender(), orders)
    try:
        _send_on(sender, lambda: stopping.is_set() or steady() > orders.until, stopping.wait)
    except Exception:
        logger.exception("the worker fell over")
        sys.exit(1)
    app.database.dispose()


def _send_on(sender: Sender, is_over: Callable[[], bool], wait: Callable[[float], object]) -> None:
    while not is_over():
        try:
            deliver_due(sender, is_stopping=is_over)
        except StoreAwayError as error:
            logger.warning("the next round tries again: %s", error)
        wait(_PAUSE)


def _fast(orders: Orders, moved: Moved) -> Clock:
    def now() -> datetime:
        return orders.start + timedelta(seconds=(steady() - orders.began) * SPEED + moved.value)

    return now


def _hurried(sender: Sender, orders: Orders) -> Sender:
    host, _, port = orders.settings.mail.removeprefix("smtp://").partition(":")
    server = SmtpSettings(host, int(port), tls=Tls.NEVER, timeouts=_TIMEOUTS)
    return replace(
        sender,
        transports=[SmtpTransport(server)],
        connections=orders.connections,
        leases=LEASES,
        patience=_PATIENCE,
    )
