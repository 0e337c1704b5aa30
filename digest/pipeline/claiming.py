"""Taking due mails out of the ledger, a few of each domain group at a time."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from digest.delivery.owner import is_surely_dead
from digest.model.deliveries import Delivery, PauseScope, Throttle
from digest.pipeline.outgoing import Batch, Job, Sender, load
from digest.store import claims, pauses, throttles, waiting, workers
from digest.store.attempts import prune_attempts
from digest.store.engine import Connection

A_GROUP = 50
AT_ONCE = 400
_GROUPS_AT_ONCE = 100
# How soon after a look at who has mail another one is worth it, in seconds.
_LOOK_AGAIN = 1.0
# How often a worker that is busy looks after the dead and the late, in seconds.
_HOUSEKEEPING = 10.0
_ON_RECORD = timedelta(days=30)
# An idle group may save up so many seconds' worth of its rate.
_BURST = 10.0


@dataclass(slots=True)
class Known:
    """What the database knows beside the mails: who is paused, and how fast each group may go.

    `throttles` are by transport and domain group.
    """

    paused: dict[PauseScope, frozenset[str]] = field(default_factory=dict)
    throttles: dict[tuple[str, str], Throttle] = field(default_factory=dict)
    recovered: int = 0

    def is_paused(self, scope: PauseScope, name: str = "") -> bool:
        """Tell whether a site, a domain group or a transport is paused."""
        return name in self.paused.get(scope, frozenset())


class Claiming:
    """Claims for one worker; its methods block and are called from one thread at a time.

    `transport` names the one that mails go by at the moment: it is its tokens they take.
    """

    def __init__(self, sender: Sender, transport: str) -> None:
        self._sender = sender
        self.transport = transport
        self._groups: deque[str] = deque()
        self._claimed: list[Delivery] = []
        self._kept_house_at = float("-inf")
        self._looked_at = float("-inf")

    def keep_house(self) -> Known | None:
        """Take back what the dead held, end what is too late, and look up what changed.

        None when that was done a moment ago. Raises StoreAwayError.
        """
        if time.monotonic() - self._kept_house_at < _HOUSEKEEPING:
            return None
        known = self._sender.database.try_write(self._house)
        self._kept_house_at = time.monotonic()
        return known

    def look_around(self) -> None:
        """Have the next `keep_house` look, however soon it is."""
        self._kept_house_at = float("-inf")

    def doubt(self) -> None:
        """Have the next `claim` see anew who has mail: what was seen may be a moment old."""
        self._looked_at = float("-inf")

    def claim(self, is_wanted: Callable[[str], bool]) -> list[Job]:
        """Return mails that are due, of groups that are wanted, loaded; none when none is due.

        Raises StoreAwayError; what was claimed by then is loaded at the next call.
        """
        if not self._claimed:
            self._look()
            names = self._next_groups(is_wanted)
            if not names:
                return []
            self._claimed = self._sender.database.try_write(
                lambda connection: self._claim_of(connection, names)
            )
        batch = load(self._sender.database, self._claimed) if self._claimed else None
        claimed, self._claimed = self._claimed, []
        return [Job(delivery, batch) for delivery in claimed] if batch else []

    def unused(self) -> list[Job]:
        """Return what was claimed and could not be loaded, to be given back."""
        claimed, self._claimed = self._claimed, []
        return [Job(delivery, Batch({}, {}, {})) for delivery in claimed]

    def _look(self) -> None:
        """See, every second or so, which groups have mail that is due; the new ones go first."""
        if time.monotonic() - self._looked_at < _LOOK_AGAIN:
            return
        now = self._sender.clock()
        due = self._sender.database.try_read(lambda connection: claims.groups_due(connection, now))
        self._looked_at = time.monotonic()
        known = set(self._groups)
        self._groups.extendleft(name for name in due if name not in known)

    def _next_groups(self, is_wanted: Callable[[str], bool]) -> list[str]:
        names: list[str] = []
        passed: list[str] = []
        while self._groups and len(names) < _GROUPS_AT_ONCE:
            name = self._groups.popleft()
            (names if is_wanted(name) else passed).append(name)
        # One that has enough waiting will want more before the next look.
        self._groups.extend(passed)
        return names

    def _house(self, connection: Connection) -> Known:
        sender = self._sender
        now = sender.clock()
        idempotent = [each.name for each in sender.transports if each.is_idempotent]
        recovered = workers.recover_deliveries(
            connection, now, is_surely_dead, idempotent, resend=sender.resends
        )
        waiting.expire_overdue(connection, now)
        prune_attempts(connection, now - _ON_RECORD)
        found: dict[PauseScope, set[str]] = {}
        for pause in pauses.pauses(connection):
            found.setdefault(pause.scope, set()).add(pause.name)
        return Known(
            paused={scope: frozenset(names) for scope, names in found.items()},
            throttles=throttles.load_throttles(
                connection, [each.name for each in sender.transports]
            ),
            recovered=recovered,
        )

    def _claim_of(self, connection: Connection, names: list[str]) -> list[Delivery]:
        sender = self._sender
        now = sender.clock()
        claimed: list[Delivery] = []
        if unlimited := [name for name in names if name not in sender.rates]:
            each = min(max(AT_ONCE // len(unlimited), 1), A_GROUP)
            claimed += claims.claim_deliveries(
                connection, sender.owner, now, unlimited, each, AT_ONCE
            )
        for name in names:
            if rate := sender.rates.get(name):
                tokens = throttles.take_tokens(
                    connection, self.transport, name, rate, max(rate * _BURST, 1.0), A_GROUP
                )
                claimed += claims.claim_deliveries(
                    connection, sender.owner, now, [name], tokens, tokens
                )
        # Whose mails were taken may have more.
        more = {delivery.domain_group for delivery in claimed}
        self._groups.extend(name for name in names if name in more)
        return claimed
