"""Go on with a database that was restored: what may have been sent since the backup is not sent again."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

from digest.clock import Clock
from digest.errors import SourceError
from digest.model.cadence import next_slot, slot_due
from digest.pipeline.held import take_file
from digest.sources.dumps.saved_pages import pages_in
from digest.store import due, restored, subscribers
from digest.store.engine import Database

# As many mails, digests and readers may have come since the backup, and ten times that.
SKIPPED = 10_000_000
_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What was done: dumps read again, mails put in doubt, readers whose digest counts as sent.

    `refused` has a sentence for every file that could not be read.
    """

    dumps: int = 0
    mails: int = 0
    readers: int = 0
    refused: tuple[str, ...] = ()


def take_up_again(
    database: Database,
    folder: Path,
    clock: Clock,
    advance: Callable[[int], object] = lambda _count: None,
    *,
    resend: bool = False,
) -> TakenUp:
    """Make a database that was just restored ready to go on; nothing else may work with it yet.

    No number that may stand in a mail is given anew. Unless what is lost shall be sent again
    (`resend`), every digest that was due by now counts as sent: mails on their way become uncertain,
    readers' marks pass over the dumps that were there at the time, and their next digest is the next
    that is due. For that the dumps of the folder are read first, each as of when its file came.
    """
    now = clock()
    with database.writing() as connection:
        restored.skip_ids(connection, SKIPPED)
    if resend:
        return TakenUp()
    dumps, refused = _read_again(database, folder, now)
    with database.writing() as connection:
        mails = restored.doubt_mails(connection, now)
    return TakenUp(dumps, mails, _pass_over(database, now, advance), refused)


def _read_again(database: Database, folder: Path, now: datetime) -> tuple[int, tuple[str, ...]]:
    # What was taken in since the backup may have been moved: the folder has it still.
    paths = [*pages_in(folder), *pages_in(folder / "done")]
    found = [(path.stat().st_mtime, path) for path in paths if path.is_file()]
    count, refused = 0, []
    for modified_at, path in sorted(found):
        came_at = min(datetime.fromtimestamp(modified_at, UTC), now)
        try:
            report = take_file(database, path, lambda moment=came_at: moment)  # type: ignore[misc]
        except SourceError as error:
            refused.append(str(error))
        else:
            count += not report.is_known
    return count, tuple(refused)


def _pass_over(database: Database, now: datetime, advance: Callable[[int], object]) -> int:
    """Let the digests that were due by now count as sent; return how many."""
    with database.reading() as connection:
        arrived = restored.arrivals(connection)
    # In the order of their ids a dump is never there before the one that was read before it.
    moments = list(accumulate((moment for moment, _ in arrived), max))
    count, after = 0, 0
    while True:
        with database.writing() as connection:
            overdue = restored.overdue_readers(connection, after, now, _AT_ONCE)
            if not overdue:
                return count
            slots = [slot_due(each.cadence, each.due_at, now) for each in overdue]
            marks = [
                (each.number, arrived[there - 1][1])
                for each, slot in zip(overdue, slots, strict=True)
                if (there := bisect_right(moments, slot.due_at))
            ]
            subscribers.see_through(connection, marks)
            due.set_due_times(
                connection,
                [each.number for each in overdue],
                [
                    next_slot(each.cadence, now, slot.period).due_at
                    for each, slot in zip(overdue, slots, strict=True)
                ],
            )
        after = overdue[-1].number
        count += len(overdue)
        advance(len(overdue))
