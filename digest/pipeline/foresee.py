"""What composing would do now, without doing it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.clock import Clock
from digest.model.cadence import slot_due
from digest.model.digests import Digest
from digest.model.quiet import Turn
from digest.model.subscribers import Subscriber
from digest.pipeline.archive import Archives
from digest.pipeline.compose import new_digest
from digest.pipeline.matter import load_matter
from digest.ranking.rank import rank
from digest.store import digests, outlook, subscribers
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
    """Give the digest of everybody who is due, in chunks, as `compose_due` would compose it now."""
    with database.reading() as connection:
        due = outlook.due_readers(connection, clock())
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
    with database.reading() as connection:
        matter = load_matter(connection, readers, now)
        periods = {
            each.id: slot_due(each.cadence, min(each.next_due_at or now, now), now).period
            for each in readers
        }
        done = digests.composed_periods(connection, list(periods.items()))
    selections = rank(
        matter.listed, matter.profiles(readers), now, archives.current(), has_priors=has_priors
    )
    return [
        Foreseen(reader, digest, matter.turn_of(reader, digest))
        for reader, selection in zip(readers, selections, strict=True)
        if (reader.id, periods[reader.id]) not in done
        for digest in (new_digest(reader, selection, periods[reader.id], matter.through, now),)
    ]
