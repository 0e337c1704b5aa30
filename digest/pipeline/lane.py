"""One connection's worth of work: takes mail after mail, and says of each how it ended."""

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from digest.clock import steady
from digest.delivery.retry import Policy, settle
from digest.delivery.transports import (
    ArmedTooLongError,
    Connection,
    OutgoingMail,
    Transport,
    UnreachableError,
)
from digest.model.deliveries import (
    Arming,
    DeliveryState,
    Outcome,
    Refusal,
    Settled,
    Settlement,
    Stage,
    Throttle,
    Verdict,
)
from digest.pipeline.dispatch import Dispatch
from digest.pipeline.ledger import Ledger, NotArmedError
from digest.pipeline.outgoing import Job, Sender, build, is_same_as_before
from digest.pipeline.routes import Routes

logger = logging.getLogger(__name__)

# How a server ends a connection that has carried enough mails, or was idle too long.
_HUNG_UP = (None, 421)


class Supply(Protocol):
    """Where a lane gets its mails."""

    async def next(self) -> Job | None:
        """Return the next mail, waiting for one; None when the round is over."""

    def is_over(self) -> bool:
        """Tell whether nothing new may be begun."""

    def look_around(self) -> None:
        """Ask for a look at what is paused, soon."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the lanes of a worker share."""

    sender: Sender
    ledger: Ledger
    dispatch: Dispatch
    routes: Routes
    supply: Supply
    tell: Callable[[DeliveryState], None]


class Lane:
    """Sends over one connection at a time, kept from mail to mail."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sender = desk.sender
        self._transport: Transport | None = None
        self._connection: Connection | None = None
        self._carried = 0
        self._ahead: Job | None = None

    async def run(self) -> None:
        """Send until the supply ends; what was begun ahead and is not wanted is given back."""
        job: Job | None = None
        try:
            while job := job or await self._desk.supply.next():
                await self._carry_safely(job)
                job, self._ahead = self._ahead, None
                if job is not None and not self._is_wanted_still(job):
                    await self._close()
                    self._give_back(job)
                    job = None
        finally:
            await self._close()

    async def _carry_safely(self, job: Job) -> None:
        """Carry a mail; what nobody foresaw costs this mail an attempt, and no other anything."""
        try:
            await self._carry(job)
        except Exception as error:
            logger.exception("delivery %d broke its lane", job.delivery.id)
            await self._close()
            if not job.is_done:
                outcome = Outcome.UNCERTAIN if job.is_armed else Outcome.DEFERRED
                verdict = Verdict(outcome, f"{type(error).__name__}: see the log")
                self._settle(job, verdict, self._transport)

    def _is_wanted_still(self, job: Job) -> bool:
        """Tell whether a mail that was begun ahead may follow: not if its group has closed."""
        return self._desk.dispatch.is_open_for(job) and not self._desk.supply.is_over()

    async def _carry(self, job: Job) -> None:
        if not self._is_fit(job):
            return
        transports = self._ways(job)
        if transports is None:
            self._end(job, DeliveryState.HELD, "may have arrived, by a way that is gone")
            return
        used: Transport | None = None
        verdict: Verdict | None = None
        for transport in transports:
            used = transport
            verdict = await self._send_by(transport, job)
            if verdict.outcome is not Outcome.UNREACHABLE:
                self._desk.routes.worked(transport)
                break
            if job.is_armed:  # for this transport; another would need another fence
                break
        if verdict is None and job.delivery.is_maybe_duplicate:  # its only way is left alone
            verdict = Verdict(Outcome.UNREACHABLE, "the way it may have gone by is left alone")
        if verdict is None:  # every transport is left alone for a while
            self._give_back(job)
        else:
            self._settle(job, verdict, used)

    def _ways(self, job: Job) -> list[Transport] | None:
        """Return what a mail may go by now; a copy only by what the first one went by.

        Another server would not know the first, and so could not tell the second for a copy. None
        if there is no such way any more.
        """
        way = job.delivery.transport
        if not job.delivery.is_maybe_duplicate or way is None:
            return self._desk.routes.open()
        if way not in {each.name for each in self._sender.transports}:
            return None
        return [each for each in self._desk.routes.open() if each.name == way]

    async def _send_by(self, transport: Transport, job: Job) -> Verdict:
        """Send by one transport; a kept connection that turns out to be gone is no failure of it."""
        while True:
            try:
                connection = await self._connected(transport)
            except UnreachableError as error:
                self._desk.routes.failed(transport, error.verdict, is_connected=False)
                return error.verdict
            is_kept = self._carried > 0
            verdict = await self._send_over(connection, transport, job)
            self._carried += 1
            is_usable = connection.is_usable
            if not is_usable:
                await self._close()
            if verdict.outcome is not Outcome.UNREACHABLE:
                return verdict
            is_stale = is_kept and not is_usable and not job.is_armed
            if not (is_stale and verdict.stage is Stage.MAIL and verdict.code in _HUNG_UP):
                is_connected = verdict.stage is not Stage.CONNECT
                self._desk.routes.failed(transport, verdict, is_connected=is_connected)
                return verdict

    async def _send_over(self, connection: Connection, transport: Transport, job: Job) -> Verdict:
        armed_at: float | None = None

        async def arm() -> bool:
            nonlocal armed_at
            asked_at = steady()
            job.refusal = await self._desk.ledger.arm(
                Arming(job.delivery, job.message_hash, transport.name)
            )
            if job.refusal is None:
                armed_at, job.is_armed = asked_at, True
            return job.refusal is None

        def still_armed() -> None:
            if armed_at is None:
                raise ArmedTooLongError
            self._desk.ledger.check_armed(armed_at)

        try:
            return await connection.send(
                build(self._sender, job), arm, still_armed, functools.partial(self._following, job)
            )
        except NotArmedError:
            await self._close()
            return Verdict(Outcome.WITHDRAWN, "not armed: the database is away", stage=Stage.DATA)
        except ArmedTooLongError:
            await self._close()
            return Verdict(
                Outcome.DEFERRED, "not sent in the time it was armed for", stage=Stage.BODY
            )
        except Exception as error:
            logger.exception("delivery %d broke %s", job.delivery.id, transport.name)
            await self._close()
            outcome = Outcome.DEFERRED if armed_at is None else Outcome.UNCERTAIN
            return Verdict(outcome, f"{type(error).__name__}: see the log")

    def _following(self, job: Job) -> OutgoingMail | None:
        while not self._desk.supply.is_over():
            ahead = self._desk.dispatch.take_after(job)
            if ahead is None:
                return None
            if self._is_fit(ahead):
                self._ahead = ahead
                return ahead.built
        return None

    def _is_fit(self, job: Job) -> bool:
        """Build a mail; one that cannot go out any more is settled here, and is not fit."""
        delivery = job.delivery
        if delivery.deadline_at <= self._sender.clock():
            state = (
                DeliveryState.UNCERTAIN if delivery.is_maybe_duplicate else DeliveryState.EXPIRED
            )
            self._end(job, state, "its time was over before it could be sent")
            return False
        try:
            build(self._sender, job)
        except Exception:  # one reader's mail that cannot be rendered must not stop the others'
            logger.exception("delivery %d cannot be rendered", delivery.id)
            self._end(job, DeliveryState.FAILED, "the mail could not be rendered: see the log")
            return False
        if not is_same_as_before(job):
            self._end(job, DeliveryState.HELD, "may have arrived, and cannot be built as it was")
            return False
        return True

    def _settle(self, job: Job, verdict: Verdict, transport: Transport | None) -> None:
        desk = self._desk
        name = transport.name if transport else None
        throttle = self._done(job, verdict, name)
        if verdict.outcome is Outcome.WITHDRAWN and job.refusal is Refusal.PAUSED:
            desk.dispatch.pause(job)
            desk.supply.look_around()
        if verdict.outcome is Outcome.WITHDRAWN and job.refusal is Refusal.LEFT:
            is_copy = job.delivery.is_maybe_duplicate
            # Suppressed means that it was certainly not accepted: its papers may come once more.
            state = DeliveryState.UNCERTAIN if is_copy else DeliveryState.SUPPRESSED
            settlement = Settlement(state, uses_attempt=False, maybe_duplicate=is_copy)
        else:
            policy = Policy(self._sender.resends, bool(transport and transport.is_idempotent))
            is_copy = job.delivery.is_maybe_duplicate
            way = job.delivery.transport if is_copy else name
            not_before = (
                throttle.cooldown_until
                if verdict.outcome is Outcome.THROTTLED
                else desk.routes.next_try(way, is_copy=is_copy)
            )
            settlement = settle(verdict, job.delivery, self._sender.clock(), policy, not_before)
        desk.ledger.settle(Settled(job.delivery, settlement, verdict, name))
        desk.tell(settlement.state)

    def _end(self, job: Job, state: DeliveryState, why: str) -> None:
        self._done(job, None)
        verdict = Verdict(Outcome.WITHDRAWN, why)
        settlement = Settlement(
            state, uses_attempt=False, maybe_duplicate=job.delivery.is_maybe_duplicate
        )
        self._desk.ledger.settle(Settled(job.delivery, settlement, verdict))
        self._desk.tell(state)

    def _give_back(self, job: Job) -> None:
        self._done(job, None)
        give_back(self._desk.ledger, job)

    def _done(self, job: Job, verdict: Verdict | None, transport: str | None = None) -> Throttle:
        job.is_done = True
        return self._desk.dispatch.done(job, verdict, transport)

    async def _connected(self, transport: Transport) -> Connection:
        connection = self._connection
        if connection is not None and transport is self._transport and connection.is_usable:
            return connection
        await self._close()
        self._transport, self._carried = transport, 0
        self._connection = await transport.connect()
        return self._connection

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def give_back(ledger: Ledger, job: Job) -> None:
    """Give up a claim that was not used: the mail is as due as it was."""
    delivery = job.delivery
    text = delivery.text or "not tried"
    verdict = Verdict(Outcome.WITHDRAWN, text, delivery.code, delivery.enhanced)
    settlement = Settlement(DeliveryState.READY, next_at=delivery.next_at, uses_attempt=False)
    ledger.settle(Settled(delivery, settlement, verdict))
