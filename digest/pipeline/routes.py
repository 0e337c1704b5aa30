"""Which transport a mail goes by: the first that works, and none that is left alone for a while."""

import logging
from datetime import datetime

from digest.delivery.retry import transport_wait
from digest.delivery.transports import Transport
from digest.model.deliveries import TransportHealth, Verdict
from digest.pipeline.ledger import Ledger
from digest.pipeline.outgoing import Sender
from digest.store.throttles import load_transport

logger = logging.getLogger(__name__)

# A server that hangs up in the midst of things is left alone when it has done so several times in a
# row: one mail may break the connection it goes over.
BREAKS = 3


class Routes:
    """The transports in order of preference, with what is known of each; survives restarts.

    A transport that could not be reached is tried again after a minute, then two, up to an hour.
    """

    def __init__(self, sender: Sender, ledger: Ledger) -> None:
        self._sender = sender
        self._ledger = ledger
        with sender.database.reading() as connection:
            self._known = {
                each.name: load_transport(connection, each.name) for each in sender.transports
            }
        self._breaks: dict[str, int] = {}
        self.paused: frozenset[str] = frozenset()

    @property
    def preferred(self) -> str:
        """Return the name of the best transport that may be tried, or else of the first."""
        return next(iter([*self.open(), *self._sender.transports])).name

    def open(self) -> list[Transport]:
        """Return the transports that may be tried now, best first."""
        now = self._sender.clock()
        return [
            transport
            for transport in self._sender.transports
            if transport.name not in self.paused and _is_up(self._health(transport), now)
        ]

    def next_try(self, name: str | None, *, is_copy: bool) -> datetime | None:
        """Return when a mail that the transport of that name did not take has a way again.

        That is now if there is another, unless it is a copy, which has no other. None if its way is
        the same, and not left alone yet.
        """
        ways = {each.name for each in self.open()}
        if name in ways:
            return None
        if ways and not is_copy:
            return self._sender.clock()
        only = {name} if is_copy else {each.name for each in self._sender.transports}
        moments = [health.down_until for each, health in self._known.items() if each in only]
        return min((moment for moment in moments if moment), default=None)

    def worked(self, transport: Transport) -> None:
        """Note that a transport did what it is there for."""
        self._breaks.pop(transport.name, None)
        if self._health(transport).failures:
            self._note(transport, TransportHealth())

    def failed(self, transport: Transport, verdict: Verdict, *, is_connected: bool) -> None:
        """Note that a transport could not be reached, or broke off before it had taken a mail."""
        breaks = self._breaks.get(transport.name, 0) + 1
        self._breaks[transport.name] = breaks
        now = self._sender.clock()
        if (is_connected and breaks < BREAKS) or not _is_up(self._health(transport), now):
            return
        failures = self._health(transport).failures + 1
        wait = transport_wait(failures)
        logger.error("%s cannot be used for %s: %s", transport.name, wait, verdict.text)
        self._note(transport, TransportHealth(failures, now + wait, verdict.text))

    def _health(self, transport: Transport) -> TransportHealth:
        return self._known[transport.name]

    def _note(self, transport: Transport, health: TransportHealth) -> None:
        self._known[transport.name] = health
        self._ledger.note_transport(transport.name, health)


def _is_up(health: TransportHealth, now: datetime) -> bool:
    return health.down_until is None or health.down_until <= now
