"""Who is next: hands claimed mails to free connections so that no domain group waits for another.

Each group has a queue of its own, a number of mails it takes at once, and pauses of its own; the
groups take turns. Lanes are told what they may do, the ledger what is worth remembering.
"""

import itertools
import logging
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from digest.clock import steady
from digest.delivery.throttle import (
    SUCCESSES_A_STEP,
    after_success,
    after_throttling,
    is_open,
    is_refusal_of_us,
    is_refusing,
)
from digest.model.deliveries import Outcome, Throttle, Verdict
from digest.pipeline.ledger import Ledger
from digest.pipeline.outgoing import Job, Lately, Sender

logger = logging.getLogger(__name__)

# Seconds a mail, on the average of the last few, from which a group counts as slow.
SLOW = 2.0
# How a group may be used by a transport that has not sent to it yet.
_NEW = Throttle()
# How many of the groups whose turn is next a lane looks at before it goes on with its own.
_LOOKED_AT = 8


@dataclass(slots=True)
class _Group:
    """A domain group: what waits, what is under way, and how it has gone lately."""

    lately: Lately
    # By transport: another server is another customer of the same domain.
    throttles: dict[str, Throttle] = field(default_factory=dict)
    waiting: deque[Job] = field(default_factory=deque)
    under_way: int = 0
    is_paused: bool = False
    is_listed: bool = False


class Dispatch:
    """The mails a worker has claimed, by domain group; for one event loop, so without locks.

    `transport` names the one that mails go by at the moment: its throttles tell what may start.
    """

    def __init__(self, sender: Sender, ledger: Ledger, transport: str) -> None:
        self._sender = sender
        self._ledger = ledger
        self.transport = transport
        self._known: Mapping[tuple[str, str], Throttle] = {}
        self._groups: dict[str, _Group] = {}
        self._turns: deque[str] = deque()
        self._busy: set[str] = set()  # those with mail under way: never more than there are lanes
        self.waiting = 0
        self.under_way = 0

    def offer(self, jobs: Collection[Job]) -> None:
        """Take claimed mails in."""
        for job in jobs:
            name = job.delivery.domain_group
            group = self._group(name)
            group.waiting.append(job)
            if not group.is_listed:
                group.is_listed = True
                self._turns.append(name)
        self.waiting += len(jobs)

    def take(self) -> Job | None:
        """Return a mail that may go out now, of the group whose turn it is; None if none may."""
        for _ in range(len(self._turns)):
            name = self._turns.popleft()
            group = self._groups[name]
            job = self._pop(group) if self._has_room(group) else None
            group.is_listed = bool(group.waiting)
            if group.waiting:
                self._turns.append(name)
            if job:
                return job
        return None

    def take_after(self, job: Job) -> Job | None:
        """Return the next mail of the same group, to be begun while this one is being ended.

        It takes the place of the one before it, so it needs no room of its own; but it gives way
        to a group that has mail and nothing under way.
        """
        if not self.is_open_for(job) or self._is_somebody_waiting(job.delivery.domain_group):
            return None
        return self._pop(self._groups[job.delivery.domain_group])

    def could_start(self) -> int:
        """Return how many of the mails that wait could go out now, were there lanes for them."""
        return sum(
            min(len(group.waiting), self._throttle(group).concurrency - group.under_way)
            for group in map(self._groups.__getitem__, self._turns)
            if group.waiting and self._has_room(group)
        )

    def pause(self, job: Job) -> None:
        """Send no more to a mail's group until the next `refresh` tells who is paused."""
        self._groups[job.delivery.domain_group].is_paused = True

    def is_open_for(self, job: Job) -> bool:
        """Tell whether the group of a mail takes any at the moment."""
        group = self._groups[job.delivery.domain_group]
        return not group.is_paused and is_open(self._throttle(group), self._sender.clock())

    def done(self, job: Job, verdict: Verdict | None, transport: str | None = None) -> Throttle:
        """Note how a mail that was taken has ended (None: it was not sent), and by what transport.

        Return the throttle of its group for that transport.
        """
        name = job.delivery.domain_group
        group = self._group(name)
        group.under_way -= 1
        self.under_way -= 1
        if not group.under_way:
            self._busy.discard(name)
        transport = transport or self.transport
        if verdict is not None:
            self._learn(transport, group, job, verdict)
        return group.throttles.get(transport, _NEW)

    def give_back(self, *, closed_only: bool) -> list[Job]:
        """Return the mails that will not be sent now: of the groups that are closed, or all."""
        now = self._sender.clock()
        back: list[Job] = []
        for name in self._turns:
            group = self._groups[name]
            if closed_only and is_open(self._throttle(group), now) and not group.is_paused:
                continue
            back += group.waiting
            group.waiting.clear()
        self.waiting -= len(back)
        return back

    def refresh(self, known: Mapping[tuple[str, str], Throttle], paused: Collection[str]) -> None:
        """Take over what other workers, or an operator, have written down meanwhile.

        `known` are throttles by transport and domain group.
        """
        self._known = known
        for name, group in self._groups.items():
            group.is_paused = name in paused
        for (transport, name), theirs in known.items():
            if name not in self._groups:
                continue
            throttles = self._groups[name].throttles
            if transport not in throttles or _is_later(theirs, throttles[transport]):
                throttles[transport] = theirs

    def is_wanted(self, name: str, most: int) -> bool:
        """Tell whether more mails of a group are of use: it is open and has not enough waiting."""
        group = self._groups.get(name)
        throttle = self._throttle(group) if group else self._known.get((self.transport, name))
        if throttle is not None and not is_open(throttle, self._sender.clock()):
            return False
        return group is None or (not group.is_paused and len(group.waiting) < most)

    def _group(self, name: str) -> _Group:
        group = self._groups.get(name)
        if group is None:
            group = _Group(self._sender.lately.setdefault(name, Lately()))
            for transport in self._sender.transports:
                if known := self._known.get((transport.name, name)):
                    group.throttles[transport.name] = known
            self._groups[name] = group
        return group

    def _throttle(self, group: _Group) -> Throttle:
        return group.throttles.get(self.transport, _NEW)

    def _pop(self, group: _Group) -> Job | None:
        if not group.waiting:
            return None
        group.under_way += 1
        self.waiting -= 1
        self.under_way += 1
        job = group.waiting.popleft()
        job.taken_at = steady()
        self._busy.add(job.delivery.domain_group)
        return job

    def _has_room(self, group: _Group) -> bool:
        throttle = self._throttle(group)
        return (
            not group.is_paused
            and group.under_way < throttle.concurrency
            and is_open(throttle, self._sender.clock())
            and (group.lately.seconds < SLOW or self._has_room_for_slow())
        )

    def _has_room_for_slow(self) -> bool:
        """Tell whether the slow may have another lane: together they never have the last quarter."""
        busy = map(self._groups.__getitem__, self._busy)
        slow = sum(group.under_way for group in busy if group.lately.seconds >= SLOW)
        return slow < max(self._sender.connections * 3 // 4, 1)

    def _is_somebody_waiting(self, but: str) -> bool:
        return any(
            name != but and group.waiting and not group.under_way and self._has_room(group)
            for name in itertools.islice(self._turns, _LOOKED_AT)
            for group in (self._groups[name],)
        )

    def _learn(self, transport: str, group: _Group, job: Job, verdict: Verdict) -> None:
        name = job.delivery.domain_group
        before = after = group.throttles.get(transport, _NEW)
        taken = steady() - job.taken_at
        group.lately.seconds += (taken - group.lately.seconds) / 4
        if verdict.outcome is Outcome.ACCEPTED:
            group.lately.successes += 1
            after = after_success(before, group.lately.successes)
            group.lately.successes %= SUCCESSES_A_STEP
        elif verdict.outcome is Outcome.THROTTLED:
            group.lately.successes = 0
            now = self._sender.clock()
            after = after_throttling(before, now, f"{name}:{job.delivery.key}")
        if after != before:
            group.throttles[transport] = after
            self._ledger.note_throttle(transport, name, after)
        if verdict.outcome in {Outcome.ACCEPTED, Outcome.FAILED}:
            is_refusal = is_refusal_of_us(verdict)
            group.lately.refusals.append(is_refusal)
            if is_refusal and not group.is_paused and is_refusing(group.lately.refusals):
                group.is_paused = True
                reason = f"refuses what we send: {verdict.text}"
                logger.error("%s is paused, it %s", name, reason)
                self._ledger.pause(name, reason)


def _is_later(theirs: Throttle, ours: Throttle) -> bool:
    if theirs.cooldown_until is None:
        return False
    return ours.cooldown_until is None or ours.cooldown_until < theirs.cooldown_until
