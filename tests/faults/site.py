"""A site with readers who are due, and mail servers to send to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from digest.delivery.address import address_key, normal_address
from digest.delivery.sink import Sink
from digest.delivery.smtp import SmtpSettings, SmtpTransport, Timeouts, Tls
from digest.delivery.transports import Transport
from digest.model.cadence import next_slot
from digest.model.deliveries import (
    Attempt,
    Delivery,
    DeliveryState,
    Suppression,
    Throttle,
    TransportHealth,
)
from digest.model.papers import PaperRecord
from digest.model.subscribers import Address, Subscriber
from digest.pipeline.archive import Archives
from digest.pipeline.compose import Composer, ComposeReport
from digest.pipeline.deliver import DeliverReport, deliver_due
from digest.pipeline.ingest import ingest
from digest.pipeline.outgoing import Sender
from digest.pipeline.subscribe import Registry
from digest.rendering.email import MailRenderer
from digest.rendering.links import Links
from digest.sources.base import Page
from digest.store import attempts, deliveries, subscribers, suppressions, throttles
from digest.store.engine import Database
from digest.tokens import Tokens
from tests.conftest import HandClock
from tests.factories import make_dump, make_wishes, numbered
from tests.faults.matter import TITLES

AUTHORITY = "digest.example.org"
# Of SMTP's five minutes are six seconds left: more than even a busy machine needs.
SCALE = 0.02


@dataclass(slots=True)
class Site:
    """A site in a test's hands; the clock stands still until it is moved.

    `planned` is how many mails were put into the ledger here: so many must be accounted for.
    """

    database: Database
    clock: HandClock
    planned: int = 0
    _dumps: int = 0
    links: Links = field(default_factory=lambda: Links(f"http://{AUTHORITY}", _tokens()))

    @property
    def registry(self) -> Registry:
        """Return who may write to the list of readers."""
        return Registry(self.database, _tokens(), AUTHORITY, self.clock)

    def make_due(
        self, readers: int = 1, addresses: Sequence[str] = (), records: Sequence[PaperRecord] = ()
    ) -> None:
        """Take in papers and readers, reader0@example.org and so on, and compose their digests."""
        self.enrol(addresses or [f"reader{number}@example.org" for number in range(readers)])
        self.take_in(records or numbered(TITLES))
        self.clock.advance(days=1, hours=1)
        self.compose()

    def enrol(self, addresses: Sequence[str]) -> None:
        """Add active readers of an address each, in one transaction."""
        now = self.clock()
        wishes = make_wishes("graph neural networks")
        due_at = next_slot(wishes.cadence, now).due_at
        with self.database.writing() as connection:
            for written in addresses:
                known = Address(normal_address(written), address_key(written))
                number = subscribers.add_subscriber(connection, known, wishes, now)
                subscribers.activate(connection, number, now, due_at, 0)

    def take_in(self, records: Sequence[PaperRecord]) -> None:
        """Ingest papers as a dump of their own."""
        self._dumps += 1
        page = Page(make_dump(f"{self._dumps}.txt"), iter(records))
        ingest(self.database, page, self.clock)

    def compose(self) -> ComposeReport:
        """Compose what is due now."""
        archives = Archives(self.database, self.clock)
        report = Composer(self.database, archives, AUTHORITY, self.clock).compose_due()
        self.planned += report.composed
        return report

    def sender(self, *transports: Transport, **changes: Any) -> Sender:
        """Return a worker over these transports."""
        sender = Sender(
            database=self.database,
            transports=transports,
            renderer=renderer(),
            links=self.links,
            site_name="Digest",
            mail_from="digest@example.org",
            authority=AUTHORITY,
            owner="test",
            clock=self.clock,
        )
        return replace(sender, **changes)

    def deliver(
        self,
        *transports: Transport,
        is_stopping: Callable[[], bool] = lambda: False,
        **changes: Any,
    ) -> DeliverReport:
        """Send what is due now, with a worker that is changed in these ways."""
        return deliver_due(self.sender(*transports, **changes), is_stopping=is_stopping)

    def deliver_until_settled(self, *transports: Transport, **changes: Any) -> None:
        """Send as often as it takes, with the waits that mails, groups and transports ask for."""
        for _ in range(6):
            self.deliver(*transports, **changes)
            if DeliveryState.READY not in self.states():
                return
            self.clock.advance(minutes=20)

    def mails(self) -> list[Delivery]:
        """Return every mail in the ledger, oldest first."""
        with self.database.reading() as connection:
            return deliveries.find_deliveries(connection, limit=1_000_000)

    def mail(self, part: str = "") -> Delivery:
        """Return the one mail whose address has this part."""
        [found] = [each for each in self.mails() if part in each.address]
        return found

    def states(self) -> dict[DeliveryState, int]:
        """Return how many mails are in each state."""
        with self.database.reading() as connection:
            return deliveries.count_deliveries(connection)

    def attempts(self, part: str = "") -> list[Attempt]:
        """Return the attempts that did not simply end well, of mails whose address has this part."""
        mails = [each for each in self.mails() if part in each.address]
        with self.database.reading() as connection:
            return [each for mail in mails for each in attempts.attempts_of(connection, mail.id)]

    def readers(self) -> list[Subscriber]:
        """Return every reader."""
        with self.database.reading() as connection:
            return subscribers.all_subscribers(connection)

    def reader(self, part: str = "") -> Subscriber:
        """Return the one reader whose address has this part."""
        [found] = [each for each in self.readers() if part in each.address]
        return found

    def health(self, transport: Transport) -> TransportHealth:
        """Return how a transport is."""
        with self.database.reading() as connection:
            return throttles.load_transport(connection, transport.name)

    def throttle(self, transport: Transport, group: str = "example.org") -> Throttle:
        """Return how fast mail goes to a domain group."""
        with self.database.reading() as connection:
            return throttles.load_throttles(connection, [transport.name])[transport.name, group]

    def suppressions(self) -> list[Suppression]:
        """Return the addresses that are not written to any more."""
        with self.database.reading() as connection:
            return suppressions.all_suppressions(connection)


def impatient(**stages: float) -> Timeouts:
    """Return timeouts that are short at these stages only, so that no other is hit by chance."""
    return replace(Timeouts().scaled(SCALE), **stages)


def smtp(sink: Sink, **settings: Any) -> SmtpTransport:
    """Return a transport to a sink with scaled timeouts."""
    usual: dict[str, Any] = {
        "host": sink.host,
        "port": sink.port,
        "tls": Tls.NEVER,
        "timeouts": Timeouts().scaled(SCALE),
    }
    return SmtpTransport(SmtpSettings(**(usual | settings)))


@cache
def renderer() -> MailRenderer:
    """Return the renderer of all these sites."""
    return MailRenderer(Links(f"http://{AUTHORITY}", _tokens()), "Digest")


def _tokens() -> Tokens:
    return Tokens(["a secret"])
