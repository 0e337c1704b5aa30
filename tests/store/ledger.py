"""The ledger in a test's hands: each step in a transaction of its own."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from digest.model.deliveries import (
    Arming,
    Delivery,
    DeliveryState,
    MailKind,
    Outcome,
    Settled,
    Settlement,
    Verdict,
)
from digest.store import arming, claims, deliveries, settling, subscribers, workers
from digest.store.deliveries import PlannedDelivery
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.factories import make_address, make_wishes

DAY = timedelta(days=1)
MARGIN = 660.0
LEASE = 900.0
HASH = "a" * 64


class Ledger:
    """What workers and schedulers do to the tables, by name of who does it."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self.database = database
        self.clock = clock

    def add_reader(self, name: str = "ada") -> int:
        with self.database.writing() as connection:
            number = subscribers.add_subscriber(
                connection, make_address(name), make_wishes(), self.clock()
            )
            subscribers.activate(connection, number, self.clock(), self.clock() + DAY, 0)
        return number

    def plan(self, reader: int, *, state: DeliveryState = DeliveryState.READY, **rest: Any) -> int:
        """Plan one mail; return its id, 0 if it was there already."""
        period = str(rest.get("period", "2026-03-18"))
        planned: dict[str, Any] = {
            "kind": MailKind.DIGEST,
            "period": period,
            "digest_id": None,
            "address": "ada@example.org",
            "key": f"key-{reader}-{period}",
            "planned_at": self.clock(),
            "deadline_at": self.clock() + DAY,
            "domain_group": "example.org",
        }
        mail = PlannedDelivery(subscriber_id=reader, **{**planned, **rest})
        with self.database.writing() as connection:
            new = deliveries.plan_deliveries(connection, [mail], state)
        return self.newest(reader).id if new else 0

    def newest(self, reader: int) -> Delivery:
        with self.database.reading() as connection:
            return deliveries.deliveries_of(connection, reader, 1)[0]

    def mail(self, number: int) -> Delivery:
        with self.database.reading() as connection:
            return deliveries.deliveries_by_id(connection, [number])[number]

    def hold_lease(self, owner: str = "me", seconds: float = LEASE) -> None:
        with self.database.writing() as connection:
            workers.hold_lease(connection, owner, seconds, self.clock())

    def lapse(self, owner: str = "me") -> None:
        """Let a worker's lease be over."""
        self.hold_lease(owner, -1)

    def claim(
        self,
        owner: str = "me",
        groups: Collection[str] = ("example.org",),
        per_group: int = 50,
        limit: int = 50,
    ) -> list[Delivery]:
        with self.database.writing() as connection:
            return claims.claim_deliveries(
                connection, owner, self.clock(), list(groups), per_group, limit
            )

    def take(self, owner: str = "me") -> Delivery:
        """Claim the one mail that is due, under a new lease."""
        self.hold_lease(owner)
        [mail] = self.claim(owner)
        return mail

    def arm(
        self, *mails: Delivery, owner: str = "me", transport: str = "relay", text: str = HASH
    ) -> set[int]:
        wanted = [Arming(mail, text, transport) for mail in mails]
        with self.database.writing() as connection:
            return arming.arm_deliveries(connection, owner, wanted, MARGIN)

    def settle(self, *settled: Settled) -> set[int]:
        with self.database.writing() as connection:
            return set(settling.settle_deliveries(connection, settled, self.clock()).late)

    def recover(
        self,
        is_dead: Callable[[str], bool] = lambda _owner: False,
        idempotent: Collection[str] = (),
        *,
        resend: bool = True,
    ) -> int:
        with self.database.writing() as connection:
            return workers.recover_deliveries(
                connection, self.clock(), is_dead, idempotent, resend=resend
            )

    def states(self) -> dict[DeliveryState, int]:
        with self.database.reading() as connection:
            return deliveries.count_deliveries(connection)


def accepted(mail: Delivery) -> Settled:
    verdict = Verdict(Outcome.ACCEPTED, "250 queued", 250, "2.0.0")
    return Settled(mail, Settlement(DeliveryState.ACCEPTED), verdict, "relay")


def deferred(mail: Delivery, ledger: Ledger) -> Settled:
    verdict = Verdict(Outcome.DEFERRED, "451 later", 451, "4.3.0")
    settlement = Settlement(DeliveryState.READY, next_at=ledger.clock())
    return Settled(mail, settlement, verdict, "relay")


def ended(
    mail: Delivery, state: DeliveryState, outcome: Outcome = Outcome.FAILED, **rest: Any
) -> Settled:
    return Settled(mail, Settlement(state, **rest), Verdict(outcome, "as it is"), "relay")
