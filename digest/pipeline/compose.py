"""Choose the papers of every reader who is due, and put the mail that carries them into the ledger."""

import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from digest.clock import Clock
from digest.errors import StoreAwayError
from digest.model.deliveries import DeliveryState
from digest.model.due import DueReader
from digest.model.partitions import CHUNK, IdRange
from digest.pipeline.archive import Archives
from digest.pipeline.chosen import Chosen, KeptQuotations, chosen_of
from digest.pipeline.chunk import Chunk
from digest.pipeline.matter import load_matter
from digest.pipeline.planned import digest_delivery
from digest.pipeline.windows import Windows
from digest.store import deliveries, digests, feeds, subscribers
from digest.store import due as readers_due
from digest.store.engine import Connection, Database, told_if_away
from digest.store.wishes import keep_present

logger = logging.getLogger(__name__)

# Where all are broken the first few of a range tell why, once an hour.
_BROKEN_TOLD = 3

Advance = Callable[[int], None]
Stopping = Callable[[], bool]
Then = Callable[[Connection], object]


@dataclass(frozen=True, slots=True)
class ComposeReport:
    """How many digests were composed: with papers to send, and quiet ones without.

    Of `waiting` readers the few papers there are go over to their next date; of `broken` ones the
    digest could not be composed, and is tried again.
    """

    composed: int = 0
    quiet: int = 0
    waiting: int = 0
    broken: int = 0

    def __add__(self, other: "ComposeReport") -> "ComposeReport":
        """Return both together."""
        return ComposeReport(
            self.composed + other.composed,
            self.quiet + other.quiet,
            self.waiting + other.waiting,
            self.broken + other.broken,
        )


class Composer:
    """Composes for one thread at a time, and remembers papers analysed and quotations stored.

    Where an operator reviews digests (`is_reviewed`) their mails wait as planned until released.
    """

    def __init__(  # noqa: PLR0913  what composing rests on
        self,
        database: Database,
        archives: Archives,
        authority: str,
        clock: Clock,
        *,
        has_priors: bool = True,
        is_reviewed: bool = False,
    ) -> None:
        self._database = database
        self._archives = archives
        self._authority = authority
        self._clock = clock
        self._has_priors = has_priors
        self._state = DeliveryState.PLANNED if is_reviewed else DeliveryState.READY
        self._windows = Windows()
        self._quotations = KeptQuotations(database)
        self._told: set[int] = set()
        self._hour: datetime | None = None

    def compose_due(
        self,
        advance: Advance = lambda _count: None,
        *,
        within: IdRange | None = None,
        is_stopping: Stopping = lambda: False,
        then: Then = lambda _connection: None,
    ) -> ComposeReport:
        """Compose the digest of every reader who is due, in chunks; return what came of it.

        Of a range of ids only the readers `within` it. `then` is called in every transaction that
        plans mails. Between two chunks it stops if `is_stopping`.

        A chunk is ranked outside any transaction, then its digests, deliveries and next due times
        are written in one. Killed before it, the chunk is due again; two composers at once are
        harmless, since each reader is held by one and (subscriber, period) is unique. After days
        of downtime a reader gets one digest of all that was missed. Whose papers are to wait
        (`model.quiet`) is due again at their next slot, with the same mark: nothing is on record
        of this one. A reader whose digest cannot be composed keeps nobody else from theirs.
        """
        report = ComposeReport()
        for each in [within] if within else self._ranges():
            if is_stopping():
                break
            found = self._compose(each, is_stopping, then)
            report += found
            advance(found.composed + found.quiet + found.waiting)
        return report

    def _ranges(self) -> list[IdRange]:
        with self._database.reading() as connection:
            return readers_due.due_ranges(connection, self._clock(), CHUNK)

    def _compose(self, within: IdRange, is_stopping: Stopping, then: Then) -> ComposeReport:
        """Compose a range; if that fails, its halves, down to the reader who is at fault."""
        report = ComposeReport()
        parts = [within]
        told = 0
        while parts and not is_stopping():
            part = parts.pop()
            try:
                with told_if_away(), _without_collecting():
                    report += self._compose_chunk(part, then)
            except StoreAwayError:
                # Which one comes back may lack what was written last, numbers of quotations too.
                self._quotations = KeptQuotations(self._database)
                raise
            except Exception:
                if part.first < part.last:
                    parts += reversed(part.halves())
                    continue
                report += ComposeReport(broken=1)
                if told < _BROKEN_TOLD and self._is_news(part.first):
                    told += 1
                    logger.exception("the digest of reader %d cannot be composed", part.first)
        if report.composed or report.quiet or report.waiting:
            logger.info(
                "composed: %d with papers, %d quiet, %d waiting",
                report.composed,
                report.quiet,
                report.waiting,
            )
        if told:
            logger.error("%d digests cannot be composed; they are tried again", report.broken)
        return report

    def _is_news(self, number: int) -> bool:
        """Tell whether nothing was said of a reader this hour: they are tried again at every look."""
        hour = self._clock().replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._told, self._hour = set(), hour
        is_news = number not in self._told
        self._told.add(number)
        return is_news

    def _compose_chunk(self, within: IdRange, then: Then) -> ComposeReport:
        now = self._clock()
        due = self._due(within, now)
        if not due:
            return ComposeReport()
        archive = self._archives.current()
        with self._database.reading() as connection:
            matter = load_matter(connection, due, now)
            self._windows.look(connection)
            through = self._windows.through
            parts = _by_window(due, self._windows)
            for begin in parts:
                self._windows.load(connection, begin)
        chosen: list[Chosen] = []
        for begin, readers in parts.items():
            ranking = self._windows.ranking(begin, now, archive, has_priors=self._has_priors)
            choices = ranking.choose([matter.profile(reader) for reader in readers])
            chosen += chosen_of(readers, choices, self._quotations, now.date())
        with self._database.writing() as connection:
            written = self._write(connection, Chunk(matter, through, now), chosen)
            if written.composed:
                then(connection)
        return written

    def _due(self, within: IdRange, now: datetime) -> list[DueReader]:
        with self._database.reading() as connection:
            due, stale = readers_due.due_readers(connection, now, within)
        if not stale:
            return due
        with self._database.writing() as connection:
            keep_present(connection, stale)
        with self._database.reading() as connection:
            # Who has changed theirs meanwhile is due still, and composed at the next look.
            due, _ = readers_due.due_readers(connection, now, within)
        return due

    def _write(
        self, connection: Connection, chunk: Chunk, chosen: Sequence[Chosen]
    ) -> ComposeReport:
        readers = [each.reader for each in chosen]
        held = readers_due.hold_due(connection, readers)
        site = feeds.found_site(connection, self._authority, chunk.now)
        mine = [each for each in chosen if each.reader.id in held]
        slots = [chunk.slots(each.reader) for each in mine]
        done = digests.composed_periods(
            connection,
            [(each.reader.id, slot.period) for each, (slot, _) in zip(mine, slots, strict=True)],
        )
        mails, quiet, waiting = chunk.sort_out(mine, done)
        numbers = digests.add_digests(connection, chunk.new_digests([*mails, *quiet]))
        planned = [
            digest_delivery(
                site.authority, each.chosen.reader, number, each.period, chunk.now, each.next_due_at
            )
            for number, each in zip(numbers[: len(mails)], mails, strict=True)
        ]
        deliveries.plan_new_deliveries(connection, planned, self._state)
        readers_due.set_due_times(
            connection,
            [each.reader.id for each in mine],
            [following.due_at for _, following in slots],
        )
        subscribers.see_through(
            connection, digests.marks_reached(connection, numbers[len(mails) :])
        )
        return ComposeReport(len(mails), len(quiet), waiting)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Have Python not look for cycles meanwhile.

    A chunk makes hundreds of thousands of objects and no cycle: to look through them, and through
    all that is remembered, again and again took a third of composing.
    """
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


def _by_window(due: Sequence[DueReader], windows: Windows) -> dict[int, list[DueReader]]:
    parts: dict[int, list[DueReader]] = {}
    for reader in due:
        parts.setdefault(windows.begin_for(reader.seen_through), []).append(reader)
    return parts
