"""Choose the papers of every reader who is due, and put the mail that carries them into the ledger."""

import dataclasses
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from digest.clock import Clock
from digest.model.cadence import next_slot, slot_due
from digest.model.deliveries import DeliveryState
from digest.model.digests import Digest, Window
from digest.model.partitions import IdRange
from digest.model.profiles import Selection
from digest.model.quiet import Turn
from digest.model.subscribers import Subscriber, Wishes
from digest.pipeline.archive import Archives
from digest.pipeline.matter import Matter, load_matter
from digest.pipeline.planned import digest_delivery
from digest.ranking.rank import rank
from digest.store import deliveries, digests, feeds, subscribers
from digest.store.engine import Connection, Database

logger = logging.getLogger(__name__)

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class ComposeReport:
    """How many digests were composed: with papers to send, and quiet ones without.

    Of `waiting` readers the few papers there are go over to their next date.
    """

    composed: int = 0
    quiet: int = 0
    waiting: int = 0

    def __add__(self, other: "ComposeReport") -> "ComposeReport":
        """Return both together."""
        return ComposeReport(
            self.composed + other.composed,
            self.quiet + other.quiet,
            self.waiting + other.waiting,
        )


def compose_due(  # noqa: PLR0913  one tick, whole
    database: Database,
    archives: Archives,
    authority: str,
    clock: Clock,
    advance: Callable[[int], None] = lambda _count: None,
    *,
    has_priors: bool = True,
    is_reviewed: bool = False,
    within: IdRange | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
    then: Callable[[Connection], object] = lambda _connection: None,
) -> ComposeReport:
    """Compose the digest of every reader who is due, in chunks; return what came of it.

    Of a range of ids only the readers `within` it. Where an operator reviews them (`is_reviewed`)
    their mails wait as planned until released. `then` is called in every transaction that planned
    mails. Between two chunks it stops if `is_stopping`.

    A chunk is ranked outside any transaction, then its digests, deliveries and next due times are
    written in one. Killed before it, the chunk is due again; two composers at once are harmless,
    since each reader is held by one and (subscriber, period) is unique. After days of downtime a
    reader gets one digest of all that was missed. Whose papers are to wait (`model.quiet`) is due
    again at their next slot, with the same mark: nothing is on record of this one.
    """
    report = ComposeReport()
    state = DeliveryState.PLANNED if is_reviewed else DeliveryState.READY
    while True:
        now = clock()
        with database.reading() as connection:
            due = subscribers.due_subscribers(connection, now, _CHUNK, within)
            if not due or is_stopping():
                return report
            matter = load_matter(connection, due, now)
        selections = rank(
            matter.listed, matter.profiles(due), now, archives.current(), has_priors=has_priors
        )
        with database.writing() as connection:
            held = subscribers.hold_due(connection, due)
            if not held:  # another composer has them all, and does not need our help
                return report
            written = _write(
                connection,
                _Plan(authority, matter, state, now),
                held,
                list(zip(due, selections, strict=True)),
            )
            if written.composed:
                then(connection)
        report += written
        advance(len(due))
        logger.info(
            "composed: %d with papers, %d quiet, %d waiting",
            written.composed,
            written.quiet,
            written.waiting,
        )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What all digests of a chunk have in common; their mails begin in `state`."""

    authority: str
    matter: Matter
    state: DeliveryState
    now: datetime


def _write(
    connection: Connection,
    plan: _Plan,
    held: set[int],
    selected: Sequence[tuple[Subscriber, Selection]],
) -> ComposeReport:
    now = plan.now
    site = feeds.found_site(connection, plan.authority, now)
    slots = {each.id: slot_due(each.cadence, each.next_due_at or now, now) for each, _ in selected}
    done = digests.composed_periods(connection, [(n, slots[n].period) for n in held])
    mine = [
        (
            subscriber,
            new_digest(
                subscriber, selection, slots[subscriber.id].period, plan.matter.through, now
            ),
        )
        for subscriber, selection in selected
        if subscriber.id in held
    ]
    new = [(s, d) for s, d in mine if (s.id, d.period) not in done]
    waiting = {s.id for s, d in new if plan.matter.turn_of(s, d) is Turn.WAIT}
    new = [(s, d) for s, d in new if s.id not in waiting]
    numbers = digests.add_digests(connection, [digest for _, digest in new])
    next_due = {
        subscriber.id: next_slot(subscriber.cadence, now, digest.period).due_at
        for subscriber, digest in mine
    }
    stored = [
        (subscriber, dataclasses.replace(digest, id=number))
        for (subscriber, digest), number in zip(new, numbers, strict=True)
    ]
    with_papers = [(s, d) for s, d in stored if d.entries]
    deliveries.plan_deliveries(
        connection,
        [digest_delivery(site.authority, s, d, next_due[s.id]) for s, d in with_papers],
        plan.state,
    )
    subscribers.set_due_times(connection, next_due.items())
    quiet = [digest.id for _, digest in stored if not digest.entries]
    subscribers.see_through(connection, digests.marks_reached(connection, quiet))
    return ComposeReport(len(with_papers), len(quiet), len(waiting))


def new_digest(
    subscriber: Subscriber, selection: Selection, period: date, through: int, now: datetime
) -> Digest:
    """Return what was selected for a reader as a digest that is not stored yet."""
    return Digest(
        id=0,
        subscriber_id=subscriber.id,
        period=period,
        window=Window(after=subscriber.seen_through or 0, through=through),
        considered=selection.considered,
        matched=selection.matched,
        entries=selection.entries,
        composed_at=now,
        wishes=Wishes(
            subscriber.interests,
            subscriber.cadence,
            subscriber.papers_per_digest,
            subscriber.language,
            subscriber.quiet,
        ),
        excluded=selection.excluded,
        is_rest=selection.is_rest,
    )
