"""What composing would do now, without doing it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from digest.clock import Clock
from digest.model.cadence import slot_due
from digest.model.digests import Digest, Window
from digest.model.due import as_due
from digest.model.profiles import Selection
from digest.model.quiet import Turn
from digest.model.subscribers import Subscriber
from digest.pipeline.archive import Archives
from digest.pipeline.matter import load_matter
from digest.pipeline.windows import Windows
from digest.ranking.rank import rank
from digest.store import digests, subscribers
from digest.store import due as readers_due
from digest.store.engine import Database

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The digest a reader would get now, and what becomes of it: a mail goes out of a MAIL only."""

    subscriber: Subscriber
    digest: Digest
    turn: Turn

    @property
    def papers(self) -> int:
        """Return how many papers it shows, those told under another among them."""
        return sum(len(entry.paper_ids) for entry in self.digest.entries)


def foresee_due(
    database: Database, archives: Archives, clock: Clock, *, has_priors: bool = True
) -> Iterator[Foreseen]:
    """Give the digest of everybody who is due, in chunks, as a `Composer` would compose it now."""
    with database.reading() as connection:
        due = readers_due.due_ids(connection, clock())
    for start in range(0, len(due), _CHUNK):
        with database.reading() as connection:
            found = subscribers.subscribers_by_id(connection, due[start : start + _CHUNK])
        yield from foresee(database, archives, list(found.values()), clock, has_priors=has_priors)


def foresee(
    database: Database,
    archives: Archives,
    readers: Sequence[Subscriber],
    clock: Clock,
    *,
    has_priors: bool = True,
) -> list[Foreseen]:
    """Return the digests some readers would get now, whether they are due or not.

    Who has one for the day already is left out.
    """
    if not readers:
        return []
    now = clock()
    due = [as_due(reader, now) for reader in readers]
    windows = Windows()
    with database.reading() as connection:
        matter = load_matter(connection, due, now)
        windows.look(connection)
        begin = min(windows.begin_for(each.seen_through) for each in due)
        listed = windows.load(connection, begin)
        periods = {
            each.id: slot_due(each.wishes.cadence, each.next_due_at, now).period for each in due
        }
        done = digests.composed_periods(connection, list(periods.items()))
    profiles = [matter.profile(each) for each in due]
    selections = rank(listed, profiles, now, archives.current(), has_priors=has_priors)
    return [
        Foreseen(reader, digest, matter.turn_of(each, len(digest.entries), digest.period))
        for reader, each, selection in zip(readers, due, selections, strict=True)
        if (reader.id, periods[reader.id]) not in done
        for digest in (
            replace(
                new_digest(reader, selection, periods[reader.id], windows.through, now),
                lacking=matter.lacking,
            ),
        )
    ]


def new_digest(
    subscriber: Subscriber, selection: Selection, period: date, through: int, now: datetime
) -> Digest:
    """Return what was selected for a reader as a digest that is not stored."""
    return Digest(
        id=0,
        subscriber_id=subscriber.id,
        period=period,
        window=Window(after=subscriber.seen_through or 0, through=through),
        considered=selection.considered,
        matched=selection.matched,
        entries=selection.entries,
        composed_at=now,
        wishes=as_due(subscriber, now).wishes,
        excluded=selection.excluded,
        is_rest=selection.is_rest,
    )
