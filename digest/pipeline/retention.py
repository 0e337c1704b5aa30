"""Forget digests, their mails and what came back about them once they are older than is kept."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from digest.clock import Clock
from digest.errors import StoreAwayError
from digest.model.tallies import TallyKind
from digest.store import retention
from digest.store.engine import Connection, Database
from digest.store.retention import Part
from digest.store.tallies import tallies_since

# A transaction of some thirty milliseconds: whoever composes or delivers waits no longer for it.
PART = 2000
# In one turn of an hour, which is four million mails a day.
MOST = 170_000

Next = Callable[[Connection, int, datetime, int], Part | None]
# What is used is noted by the day, in UTC; digests are dated by the moment.
_MARGIN = timedelta(days=3)
# Others get as long as we had; SQLite looks every tenth of a second whether it may write.
_SHORTEST_REST = 0.1
# A clock is believed that has stood near today's date before: since then somebody may have looked.
_SINCE_LONG = timedelta(days=2)
_LATELY = timedelta(days=8)


@dataclass(slots=True)
class Forgotten:
    """How many rows a turn has deleted; `is_all` if nothing that is old was left."""

    mails: int = 0
    digests: int = 0
    quotations: int = 0
    is_all: bool = False


@dataclass(slots=True)
class _Turn:
    """One turn's work: what it may do, and what it has done."""

    database: Database
    now: datetime
    before: datetime
    most: int
    is_stopping: Callable[[], bool]
    rest: Callable[[float], object]
    forgotten: Forgotten


def is_clock_believed(database: Database, clock: Clock) -> bool:
    """Tell whether stock was taken a few days ago, by the clock: one that has leapt ahead dates nothing.

    After a leap, or when nothing ran for a week, that takes two days.
    """
    today = clock().date()
    with database.reading() as connection:
        taken = tallies_since(connection, TallyKind.READERS, today - _LATELY)
    return any(day <= today - _SINCE_LONG for day in taken)


def forget_old(  # noqa: PLR0913  one turn, whole
    database: Database,
    clock: Clock,
    keep: timedelta,
    *,
    most: int = MOST,
    is_stopping: Callable[[], bool] = lambda: False,
    rest: Callable[[float], object] = time.sleep,
) -> Forgotten:
    """Delete what is older than `keep` and needed no more; return what went.

    In small transactions, each followed by as long a rest, until some `most` mails and as many
    digests are gone. Killed or stopped half way, the next turn goes on; two at once are harmless.
    Where the database is away, or others hold the rows, the rest of the work is the next turn's.
    """
    now = clock()
    turn = _Turn(database, now, now - keep, most, is_stopping, rest, Forgotten())
    try:
        # Mails first: a digest stays as long as a mail carries it.
        walks = [
            _walk(turn, retention.next_mails, _forget_mails),
            _walk(turn, retention.next_digests, _forget_digests),
        ]
        # Those of the digests that stay were looked at in passing.
        turn.forgotten.is_all = all(walks) and _forget_quotations(turn)
    except StoreAwayError:
        turn.forgotten.is_all = False
    return turn.forgotten


def _walk(turn: _Turn, find: Next, forget: Callable[[_Turn, Part], int]) -> bool:
    """Go through what is old of a table, oldest first; tell whether that was all of it."""
    after, left = 0, turn.most
    while not turn.is_stopping():
        with turn.database.reading() as connection:
            part = find(connection, after, turn.before, PART)
        if part is None or not part.is_old:
            return True
        if left <= 0:
            return False
        began = time.monotonic()
        left -= forget(turn, part)
        turn.rest(max(time.monotonic() - began, _SHORTEST_REST))
        after = part.through
    return False


def _forget_mails(turn: _Turn, part: Part) -> int:
    count = turn.database.try_write(
        lambda connection: retention.forget_mails(connection, part, turn.before)
    )
    turn.forgotten.mails += count
    return count


def _forget_digests(turn: _Turn, part: Part) -> int:
    gone = turn.database.try_write(
        lambda connection: retention.forget_digests(connection, part, turn.before)
    )
    turn.forgotten.digests += gone.digests
    # They are few, and keep their quotations by being noted as used today.
    numbers = sorted(gone.quoted)
    for start in range(0, len(numbers), PART):
        turn.database.try_write(
            partial(
                retention.use_quotations,
                numbers=numbers[start : start + PART],
                before=turn.before.date(),
                today=turn.now.date(),
            )
        )
    return gone.digests


def _forget_quotations(turn: _Turn) -> bool:
    before = (turn.before - _MARGIN).date()
    while not turn.is_stopping():
        began = time.monotonic()
        count = turn.database.try_write(
            lambda connection: retention.forget_quotations(connection, before, PART)
        )
        turn.forgotten.quotations += count
        if count < PART:
            return True
        turn.rest(max(time.monotonic() - began, _SHORTEST_REST))
    return False
