"""Choose the papers of every reader who is due, and put the mail that carries them into the ledger."""

import dataclasses
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from digest.clock import Clock
from digest.model.cadence import next_slot, slot_due
from digest.model.digests import Digest, Window
from digest.model.feedback import Feedback, FeedbackKind
from digest.model.papers import ListedPaper, Paper
from digest.model.profiles import Profile, Selection
from digest.model.subscribers import Subscriber
from digest.pipeline.archive import Archives
from digest.pipeline.planned import digest_delivery
from digest.ranking.rank import rank
from digest.store import deliveries, digests, dumps, feeds, papers, steering, subscribers
from digest.store.engine import Connection, Database

logger = logging.getLogger(__name__)

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class ComposeReport:
    """How many digests were composed: with papers to send, and quiet ones without."""

    composed: int = 0
    quiet: int = 0

    def __add__(self, other: "ComposeReport") -> "ComposeReport":
        """Return both together."""
        return ComposeReport(self.composed + other.composed, self.quiet + other.quiet)


def compose_due(  # noqa: PLR0913  one tick, whole
    database: Database,
    archives: Archives,
    authority: str,
    clock: Clock,
    advance: Callable[[int], None] = lambda _count: None,
    *,
    has_priors: bool = True,
) -> ComposeReport:
    """Compose the digest of every reader who is due, in chunks; return what came of it.

    A chunk is ranked outside any transaction, then its digests, deliveries and next due times are
    written in one. Killed before it, the chunk is due again; two composers at once are harmless,
    since each reader is held by one and (subscriber, period) is unique. After days of downtime a
    reader gets one digest of all that was missed.
    """
    report = ComposeReport()
    while True:
        now = clock()
        with database.reading() as connection:
            due = subscribers.due_subscribers(connection, now, _CHUNK)
            if not due:
                return report
            work = _load(connection, due, now)
        selections = rank(
            work.listed, work.profiles(due), now, archives.current(), has_priors=has_priors
        )
        with database.writing() as connection:
            held = subscribers.hold_due(connection, due)
            if not held:  # another composer has them all, and does not need our help
                return report
            written = _write(
                connection, authority, work, held, list(zip(due, selections, strict=True)), now
            )
        report += written
        advance(len(due))
        logger.info("composed: %d with papers, %d quiet", written.composed, written.quiet)


@dataclass(frozen=True, slots=True)
class _Work:
    """What a chunk of readers is ranked against."""

    listed: list[ListedPaper]
    through: int
    on_their_way: dict[int, frozenset[int]]
    feedback: dict[int, list[Feedback]]
    marked: dict[int, list[Feedback]]
    rated: dict[int, Paper]
    muted: dict[int, tuple[str, ...]]

    def profiles(self, due: Sequence[Subscriber]) -> list[Profile]:
        """Return what ranking is to know of everybody."""
        return [self._profile(subscriber) for subscriber in due]

    def _profile(self, subscriber: Subscriber) -> Profile:
        given = self.feedback.get(subscriber.id, ())
        rated = {
            kind: tuple(self.rated[each.paper_id] for each in given if each.kind is kind)
            for kind in FeedbackKind
        }
        return Profile(
            subscriber_id=subscriber.id,
            interests=subscriber.interests,
            limit=subscriber.papers_per_digest,
            after=subscriber.seen_through or 0,
            seen=self.on_their_way.get(subscriber.id, frozenset()).union(
                each.paper_id for each in (*given, *self.marked.get(subscriber.id, ()))
            ),
            muted=self.muted.get(subscriber.id, ()),
            liked=rated[FeedbackKind.MORE],
            disliked=rated[FeedbackKind.LESS],
        )


def _load(connection: Connection, due: Sequence[Subscriber], now: datetime) -> _Work:
    through = dumps.newest_dump_id(connection)
    after = min(subscriber.seen_through or 0 for subscriber in due)
    ids = [subscriber.id for subscriber in due]
    feedback = steering.feedback_of(connection, ids, (FeedbackKind.MORE, FeedbackKind.LESS))
    rated = {each.paper_id for given in feedback.values() for each in given}
    return _Work(
        listed=papers.papers_first_listed(connection, after, through),
        through=through,
        on_their_way=digests.papers_on_their_way(connection, ids, now),
        feedback=feedback,
        marked=steering.feedback_of(connection, ids, (FeedbackKind.SEEN,)),
        rated=papers.papers_by_id(connection, sorted(rated)),
        muted=steering.mutes_of(connection, ids, now),
    )


def _write(  # noqa: PLR0913, PLR0917  one transaction, whole
    connection: Connection,
    authority: str,
    work: _Work,
    held: set[int],
    selected: Sequence[tuple[Subscriber, Selection]],
    now: datetime,
) -> ComposeReport:
    site = feeds.found_site(connection, authority, now)
    slots = {each.id: slot_due(each.cadence, each.next_due_at or now, now) for each, _ in selected}
    done = digests.composed_periods(connection, [(n, slots[n].period) for n in held])
    mine = [
        (subscriber, _digest(subscriber, selection, slots[subscriber.id].period, work.through, now))
        for subscriber, selection in selected
        if subscriber.id in held
    ]
    new = [(s, d) for s, d in mine if (s.id, d.period) not in done]
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
        connection, [digest_delivery(site.authority, s, d, next_due[s.id]) for s, d in with_papers]
    )
    subscribers.set_due_times(connection, next_due.items())
    quiet = [digest.id for _, digest in stored if not digest.entries]
    subscribers.see_through(connection, digests.marks_reached(connection, quiet))
    return ComposeReport(composed=len(with_papers), quiet=len(quiet))


def _digest(
    subscriber: Subscriber, selection: Selection, period: date, through: int, now: datetime
) -> Digest:
    return Digest(
        id=0,
        subscriber_id=subscriber.id,
        period=period,
        window=Window(after=subscriber.seen_through or 0, through=through),
        considered=selection.considered,
        matched=selection.matched,
        entries=selection.entries,
        composed_at=now,
    )
