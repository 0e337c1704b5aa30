"""What a worker writes down while it sends: one transaction for all that has come up meanwhile.

Lanes ask for two things: to arm a mail that has the server's go-ahead, and to settle one that has
its verdict. While a transaction is being written the next one gathers, so that twenty connections
cost one commit and not forty. Nothing is sent before its arming is on the disk; no verdict is
forgotten while the process lives, and at its end the rest goes to a file (`delivery.spill`).
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self, TypeVar

from digest.clock import steady
from digest.delivery.owner import is_of_another_boot
from digest.delivery.spill import Spill
from digest.delivery.transports import ArmedTooLongError
from digest.errors import StoreAwayError
from digest.model.deliveries import (
    Arming,
    PauseScope,
    Refusal,
    Settled,
    Throttle,
    TransportHealth,
)
from digest.pipeline.bounced import count_refusals
from digest.pipeline.outgoing import Sender
from digest.store import arming, deliveries, pauses, settling, throttles, workers
from digest.store.engine import Connection

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Longer than the sender's patience by so much, and the thread that writes hangs.
_GRACE = 3.0
_PAUSE = 0.5  # seconds between two tries to write


class NotArmedError(Exception):
    """The database would not take an arming in time: the mail must not go out."""


@dataclass(slots=True)
class _Work:
    """What is to be written next."""

    armings: list[tuple[Arming, "asyncio.Future[Refusal | None]"]] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    throttles: dict[tuple[str, str], Throttle] = field(default_factory=dict)
    transports: dict[str, TransportHealth] = field(default_factory=dict)
    pauses: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(
            self.armings or self.settled or self.throttles or self.transports or self.pauses
        )


class Ledger:
    """The one writer of a worker; use as an async context: it holds the worker's lease meanwhile.

    `recovered` is how many mails of the dead and the late were taken back at its beginning.
    """

    def __init__(self, sender: Sender) -> None:
        self.recovered = 0
        self._sender = sender
        self._database = sender.database
        self._next = _Work()
        self._in_hand = _Work()
        self._asked = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._writer: asyncio.Task[None] | None = None
        self._renewed_at = steady()
        self._is_away = False
        self._gives_up_at: float | None = None

    @property
    def is_away(self) -> bool:
        """Tell whether the database does not take what is to be written: claim nothing new."""
        return self._is_away

    async def __aenter__(self) -> Self:
        """Take the lease, write down what an earlier process could not, begin to write."""
        await self._run(self._begin)
        self._writer = asyncio.create_task(self._write_for_ever())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what is left, or after the sender's patience keep it in a file; end the lease.

        A database that does not even fail is not waited for: the thread is left to itself.
        """
        self._gives_up_at = steady() + self._sender.patience
        self._asked.set()
        if self._writer is not None:
            await asyncio.wait([self._writer], timeout=self._sender.patience + _GRACE)
            if not self._writer.done():
                await self._leave_behind(self._writer)
                return
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        with contextlib.suppress(StoreAwayError, TimeoutError):
            await asyncio.wait_for(self._run(self._end), _GRACE)
        self._thread.shutdown(wait=False)

    async def _leave_behind(self, writer: "asyncio.Task[None]") -> None:
        """Keep in a file what the thread that hangs may write yet: twice is the same as once."""
        logger.error("the database does not answer, its thread is left behind")
        self._keep_in_file([*self._in_hand.settled, *self._next.settled])
        writer.cancel()
        await asyncio.wait([writer])
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def arm(self, wanted: Arming) -> Refusal | None:
        """Return None once the mail is inflight on the disk, or why it must not go out.

        Raises NotArmedError when the database would not take it within the sender's patience.
        """
        answer: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        self._next.armings.append((wanted, answer))
        self._asked.set()
        try:
            return await asyncio.wait_for(asyncio.shield(answer), self._sender.patience)
        except TimeoutError:
            # It may be written yet: the settling that follows takes it back.
            self._next.armings = [each for each in self._next.armings if each[1] is not answer]
            raise NotArmedError(wanted.delivery.key) from None

    def check_armed(self, since: float) -> None:
        """Raise ArmedTooLongError if a process that slept since arming must not send any more."""
        if steady() - since > self._sender.leases.length - self._sender.leases.margin:
            raise ArmedTooLongError

    def settle(self, settled: Settled) -> None:
        """Have a verdict written down; it will be, or be kept in a file."""
        self._next.settled.append(settled)
        self._asked.set()

    def note_throttle(self, transport: str, group: str, throttle: Throttle) -> None:
        """Have the throttle of a group written down."""
        self._next.throttles[transport, group] = throttle
        self._asked.set()

    def note_transport(self, name: str, health: TransportHealth) -> None:
        """Have a transport's health written down."""
        self._next.transports[name] = health
        self._asked.set()

    def pause(self, group: str, reason: str) -> None:
        """Have a domain group paused."""
        self._next.pauses[group] = reason
        self._asked.set()

    async def _write_for_ever(self) -> None:
        while True:
            if self._gives_up_at is None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._asked.wait(), self._sender.leases.renewal)
            self._asked.clear()
            if not self._next and self._gives_up_at is not None:
                return
            work, self._next = self._next, _Work()
            self._in_hand = work
            try:
                refused = await self._run(self._write, work, self._sender.clock())
            except StoreAwayError as error:
                self._in_hand = _Work()
                if not self._put_off(work, error):
                    return
                await asyncio.sleep(_PAUSE)
                continue
            except Exception:
                # One verdict that cannot be written must not take the others with it.
                logger.exception("what happened to %d mails cannot be written", len(work.settled))
                self._keep_in_file(work.settled)
                refused = {each.delivery.id: Refusal.LOST for each, _ in work.armings}
            self._in_hand = _Work()
            self._is_away = False
            for each, answer in work.armings:
                if not answer.done():
                    answer.set_result(refused.get(each.delivery.id))

    def _put_off(self, work: _Work, error: StoreAwayError) -> bool:
        """Put what could not be written before what came since; False when the process is to end."""
        if not self._is_away:
            logger.warning("the database cannot be written, nothing is sent meanwhile: %s", error)
        self._is_away = True
        if self._gives_up_at is not None and steady() >= self._gives_up_at:
            self._keep_in_file([*work.settled, *self._next.settled])
            self._next = _Work()
            return False
        since = self._next
        work.armings = [each for each in work.armings if not each[1].done()] + since.armings
        work.settled += since.settled
        work.throttles |= since.throttles
        # Who reaches neither the database nor a mail server is cut off: that this server cannot be
        # reached from here is nothing that the other hosts should go by.
        told = work.transports | since.transports
        work.transports = {name: health for name, health in told.items() if not health.failures}
        work.pauses |= since.pauses
        self._next = work
        self._asked.set()
        return True

    def _keep_in_file(self, settled: Sequence[Settled]) -> None:
        if not settled:
            return
        try:
            if self._sender.spill is None:
                raise OSError("there is no folder for them")  # noqa: TRY301  told below
            path = Spill(self._sender.spill).keep(settled)
            logger.error("%d verdicts wait in %s for the next start", len(settled), path)
        except OSError:
            logger.exception("the verdicts of %d mails are lost but for this log", len(settled))
            for each in settled:
                logger.error("%s: %s", each.delivery.key, each.verdict)  # noqa: TRY400  the facts, without a trace

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, work, *arguments)

    def _begin(self) -> None:
        sender = self._sender
        idempotent = [each.name for each in sender.transports if each.is_idempotent]

        def is_gone(owner: str) -> bool:
            is_of_before = self._database.is_sqlite and is_of_another_boot(owner)
            return owner == sender.owner or is_of_before

        def work(connection: Connection) -> None:
            now = sender.clock()
            # Who begins has nothing in hand: what is in this name was claimed by a transaction
            # whose answer was lost, and would be kept for as long as the lease is renewed.
            self.recovered = workers.recover_deliveries(
                connection, now, is_gone, idempotent, resend=sender.resends
            )
            workers.hold_lease(connection, sender.owner, sender.leases.length, now)

        if sender.spill is not None:
            self._replay(Spill(sender.spill))
        self._database.try_write(work)

    def _replay(self, spill: Spill) -> None:
        """Write down what earlier processes could not; nothing in it may keep mail from going."""
        for spilled in spill.take():
            try:
                written = [self._replay_one(each) for each in spilled.settled]
            except StoreAwayError:
                spilled.give_back()
                raise
            if all(written):
                spilled.done()
            else:
                spilled.put_aside()

    def _replay_one(self, settled: Settled) -> bool:
        """Write down a verdict of an earlier process; False if the database cannot hold it."""
        now = self._sender.clock()
        told = settled.delivery
        try:
            is_known = self._database.try_write(
                lambda connection: _settle_if_known(connection, settled, now)
            )
        except StoreAwayError:
            raise
        except Exception:
            logger.exception("what happened to %s cannot be written: %s", told.key, settled.verdict)
            return False
        if is_known:
            logger.warning("what happened to %s is written down: %s", told.key, settled.verdict)
        else:
            logger.warning(
                "%s is not in this database, its verdict is dropped: %s", told.key, settled.verdict
            )
        return True

    def _end(self) -> None:
        self._database.try_write(
            lambda connection: workers.end_lease(connection, self._sender.owner)
        )

    def _write(self, work: _Work, now: datetime) -> dict[int, Refusal]:
        asked_at = steady()
        renews = asked_at - self._renewed_at > self._sender.leases.renewal / 2
        refused = self._database.try_write(
            lambda connection: self._all_of(connection, work, now, renews=renews)
        )
        if renews:
            self._renewed_at = asked_at
        return refused

    def _all_of(
        self, connection: Connection, work: _Work, now: datetime, *, renews: bool
    ) -> dict[int, Refusal]:
        sender = self._sender
        if renews:
            workers.hold_lease(connection, sender.owner, sender.leases.length, now)
        if work.settled:
            _settle(connection, work.settled, now)
        refused = self._arm(connection, [each for each, _ in work.armings])
        for (transport, group), throttle in work.throttles.items():
            throttles.save_throttles(connection, transport, {group: throttle}, now)
        for name, health in work.transports.items():
            throttles.save_transport(connection, name, health)
        for group, reason in work.pauses.items():
            pauses.pause(connection, PauseScope.DOMAIN, group, reason, now)
        return refused

    def _arm(self, connection: Connection, armings: Sequence[Arming]) -> dict[int, Refusal]:
        """Arm what may go out; return why the others may not."""
        owner, margin = self._sender.owner, self._sender.leases.margin
        armed = arming.arm_deliveries(connection, owner, armings, margin)
        refused = [each for each in armings if each.delivery.id not in armed]
        return arming.why_refused(connection, owner, refused, margin)


def _settle(connection: Connection, settled: Sequence[Settled], now: datetime) -> None:
    """Settle mails, and count what was refused: once, however often it is written."""
    written = settling.settle_deliveries(connection, settled, now)
    for number in written.late:
        logger.warning("delivery %d had been taken over by another worker", number)
    changed = [each for each in settled if each.delivery.id in written.changed]
    count_refusals(connection, changed, now)


def _settle_if_known(connection: Connection, settled: Settled, now: datetime) -> bool:
    """Settle a mail unless the database has no such one; another may have its id by now."""
    number = settled.delivery.id
    mail = deliveries.deliveries_by_id(connection, [number]).get(number)
    if mail is None or mail.key != settled.delivery.key:
        return False
    _settle(connection, [settled], now)
    return True
