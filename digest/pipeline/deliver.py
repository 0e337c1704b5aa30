"""Send every mail that is due, and write down what became of each."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from digest.errors import StoreAwayError
from digest.model.deliveries import DeliveryState, PauseScope
from digest.pipeline.claiming import A_GROUP, Claiming, Known
from digest.pipeline.dispatch import Dispatch
from digest.pipeline.lane import Desk, Lane, give_back
from digest.pipeline.ledger import Ledger
from digest.pipeline.outgoing import Job, Sender
from digest.pipeline.routes import Routes

logger = logging.getLogger(__name__)

_LOOK_AGAIN = 0.25  # seconds, while mails are under way and none is free to be sent


@dataclass(slots=True)
class DeliverReport:
    """How many attempts ended in which state, and how many mails were taken back from the dead.

    When no transport can be reached, the caller waits before it tries the next round.
    """

    states: Counter[DeliveryState] = field(default_factory=Counter)
    recovered: int = 0
    is_reachable: bool = True

    @property
    def attempts(self) -> int:
        """Return how many mails were looked at."""
        return self.states.total()


def deliver_due(
    sender: Sender,
    advance: Callable[[int], None] = lambda _count: None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> DeliverReport:
    """Send every mail that is due; return how they ended.

    No transaction is open while a mail goes out. Killed before a mail is armed, it is sent later;
    killed after, it is sent once more under the same Message-ID and marked, because nobody can
    know whether the first copy arrived. When it is told to stop it begins nothing new and waits
    for the replies that are outstanding, ten minutes at most. When no transport can be reached the
    round ends and the mails wait: none of them fails for it. Raises StoreAwayError if the database
    cannot be written at the start; if it goes away later, sending pauses until it is back.
    """
    return asyncio.run(_Round(sender, advance, is_stopping).run())


class _Round:
    """One worker at work, from the first claim until nothing is due; supplies its lanes."""

    def __init__(
        self, sender: Sender, advance: Callable[[int], None], is_stopping: Callable[[], bool]
    ) -> None:
        self._sender = sender
        self._advance = advance
        self._is_stopping = is_stopping
        self._report = DeliverReport()
        self._is_done = False
        self._is_site_paused = False
        self._paused_groups: frozenset[str] = frozenset()
        self._wake = asyncio.Event()
        self._progress = asyncio.Event()

    async def run(self) -> DeliverReport:
        sender = self._sender
        async with Ledger(sender) as ledger:
            self._ledger = ledger
            self._report.recovered = ledger.recovered
            self._routes = Routes(sender, ledger)
            route = self._routes.preferred
            self._claiming = Claiming(sender, route)
            self._dispatch = Dispatch(sender, ledger, route)
            desk = Desk(sender, ledger, self._dispatch, self._routes, self, self._tell)
            lanes = [asyncio.create_task(Lane(desk).run()) for _ in range(sender.connections)]
            try:
                await self._feed()
            finally:
                self._is_done = True
                self._wake.set()
                await asyncio.gather(*lanes)
                for job in (*self._dispatch.give_back(closed_only=False), *self._claiming.unused()):
                    give_back(ledger, job)
        if self._report.attempts or self._report.recovered:
            states = {state.value: count for state, count in self._report.states.items()}
            logger.info("delivered: %s, %d recovered", states, self._report.recovered)
        return self._report

    async def next(self) -> Job | None:
        """Return a mail for a free lane; None when the round is over."""
        while True:
            if self.is_over():
                return None
            if job := self._dispatch.take():
                return job
            self._progress.set()
            self._wake.clear()
            await self._wake.wait()

    def is_over(self) -> bool:
        """Tell whether nothing new may be begun."""
        return self._is_done or self._is_stopping()

    def look_around(self) -> None:
        """Have a look at what is paused, soon."""
        self._claiming.look_around()
        self._progress.set()

    def _tell(self, state: DeliveryState) -> None:
        self._report.states[state] += 1
        self._advance(1)

    async def _feed(self) -> None:
        is_away = False
        while not self._is_stopping():
            try:
                if not await self._feed_once():
                    return
            except StoreAwayError as error:
                if not is_away:
                    logger.warning("nothing can be claimed, it is tried again: %s", error)
                is_away = True
                await asyncio.sleep(_LOOK_AGAIN)
            else:
                is_away = False

    async def _feed_once(self) -> bool:
        """Keep the lanes supplied; return False once nothing is due and nothing under way."""
        known = await asyncio.to_thread(self._claiming.keep_house)
        if known is not None:
            self._take_note(known)
        dispatch = self._dispatch
        dispatch.transport = self._claiming.transport = self._routes.preferred
        can_send = bool(self._routes.open()) and not self._is_site_paused
        for job in dispatch.give_back(closed_only=can_send):
            give_back(self._ledger, job)
        has_few = dispatch.could_start() < 2 * self._sender.connections
        if can_send and has_few and not self._ledger.is_away:
            if not dispatch.waiting and not dispatch.under_way:
                self._claiming.doubt()  # the round ends if there is nothing: that must be so now
            jobs = await asyncio.to_thread(self._claiming.claim, self._is_wanted)
            dispatch.offer(jobs)
            self._wake.set()
            if jobs:
                return True
        if not dispatch.waiting and not dispatch.under_way:
            self._report.is_reachable = bool(self._routes.open()) or self._is_site_paused
            return False
        self._progress.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._progress.wait(), _LOOK_AGAIN)
        self._wake.set()
        return True

    def _is_wanted(self, group: str) -> bool:
        return group not in self._paused_groups and self._dispatch.is_wanted(group, A_GROUP)

    def _take_note(self, known: Known) -> None:
        self._report.recovered += known.recovered
        self._is_site_paused = known.is_paused(PauseScope.SITE)
        self._paused_groups = known.paused.get(PauseScope.DOMAIN, frozenset())
        self._routes.paused = known.paused.get(PauseScope.TRANSPORT, frozenset())
        self._dispatch.refresh(known.throttles, self._paused_groups)
