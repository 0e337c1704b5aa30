"""Send one reader's mails alone, as a worker sends everybody's: armed, settled, and never twice."""

import asyncio
from collections.abc import Callable

from digest.model.deliveries import Delivery, DeliveryState, PauseScope
from digest.pipeline.claiming import Claiming, Known
from digest.pipeline.deliver import DeliverReport
from digest.pipeline.dispatch import Dispatch
from digest.pipeline.lane import Desk, Lane, give_back
from digest.pipeline.ledger import Ledger
from digest.pipeline.outgoing import Job, Sender, load
from digest.pipeline.routes import Routes
from digest.store import reader_claims
from digest.store.engine import Connection


def deliver_to(
    sender: Sender,
    subscriber_id: int,
    advance: Callable[[int], None] = lambda _count: None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> DeliverReport:
    """Send the mails to a reader that are due, over one connection; return how they ended.

    What is paused, or waits for a throttled server, waits on. Raises StoreAwayError.
    """
    return asyncio.run(_deliver(sender, subscriber_id, advance, is_stopping))


async def _deliver(
    sender: Sender,
    subscriber_id: int,
    advance: Callable[[int], None],
    is_stopping: Callable[[], bool],
) -> DeliverReport:
    report = DeliverReport()

    def tell(state: DeliveryState) -> None:
        report.states[state] += 1
        advance(1)

    async with Ledger(sender) as ledger:
        routes = Routes(sender, ledger)
        known = Claiming(sender, routes.preferred).keep_house() or Known()
        routes.paused = known.paused.get(PauseScope.TRANSPORT, frozenset())
        dispatch = Dispatch(sender, ledger, routes.preferred)
        dispatch.refresh(known.throttles, known.paused.get(PauseScope.DOMAIN, frozenset()))
        report.recovered = ledger.recovered + known.recovered
        report.is_reachable = bool(routes.open())
        if routes.open() and not known.is_paused(PauseScope.SITE):
            dispatch.offer(_claimed(sender, subscriber_id))
        rest = _Rest(dispatch, is_stopping)
        await Lane(Desk(sender, ledger, dispatch, routes, rest, tell)).run()
        for job in dispatch.give_back(closed_only=False):
            give_back(ledger, job)
            tell(DeliveryState.READY)
        report.is_reachable &= bool(routes.open())
    return report


class _Rest:
    """The mails that were claimed, until none is left that may go out."""

    def __init__(self, dispatch: Dispatch, is_stopping: Callable[[], bool]) -> None:
        self._dispatch = dispatch
        self._is_stopping = is_stopping

    async def next(self) -> Job | None:
        return None if self.is_over() else self._dispatch.take()

    def look_around(self) -> None:
        """There is nothing else to send."""

    def is_over(self) -> bool:
        return self._is_stopping()


def _claimed(sender: Sender, subscriber_id: int) -> list[Job]:
    def work(connection: Connection) -> list[Delivery]:
        now = sender.clock()
        return reader_claims.claim_of_reader(connection, sender.owner, now, subscriber_id)

    claimed = sender.database.try_write(work)
    batch = load(sender.database, claimed)
    return [Job(delivery, batch) for delivery in claimed]
