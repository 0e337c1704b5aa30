"""What a chunk of readers is ranked against, loaded at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.model.cadence import local_date
from digest.model.digests import Digest
from digest.model.feedback import Feedback, FeedbackKind
from digest.model.papers import ListedPaper, Paper
from digest.model.profiles import Profile
from digest.model.quiet import LONGEST, Turn, Waiting, nearest_of, turn_of
from digest.model.subscribers import QuietDays, Subscriber
from digest.store import digests, dumps, papers, steering
from digest.store.engine import Connection

# Dates are local: somewhere it is two days later than elsewhere.
_LOOK_BACK = LONGEST + timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Matter:
    """The papers a chunk of readers has before it, up to the dump `through`, and what each said."""

    listed: list[ListedPaper]
    through: int
    on_their_way: dict[int, frozenset[int]]
    feedback: dict[int, list[Feedback]]
    marked: dict[int, list[Feedback]]
    rated: dict[int, Paper]
    muted: dict[int, tuple[str, ...]]
    last_sent: dict[int, date]

    def profiles(self, due: Sequence[Subscriber]) -> list[Profile]:
        """Return what ranking is to know of everybody."""
        return [self._profile(subscriber) for subscriber in due]

    def turn_of(self, subscriber: Subscriber, digest: Digest) -> Turn:
        """Return what a reader's slot brings, if this is all there is for it."""
        entries, limit = len(digest.entries), subscriber.papers_per_digest
        waiting = self._waiting(subscriber)
        return turn_of(subscriber.quiet, entries, limit, waiting, digest.period)

    def _waiting(self, subscriber: Subscriber) -> Waiting:
        zone, paused_until = subscriber.cadence.zone, subscriber.paused_until
        began_at = subscriber.confirmed_at or subscriber.created_at
        return Waiting(
            since=self.last_sent.get(subscriber.id) or local_date(began_at, zone),
            resumed_on=local_date(paused_until, zone) if paused_until else None,
        )

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
            rest=nearest_of(subscriber.quiet),
        )


def load_matter(connection: Connection, due: Sequence[Subscriber], now: datetime) -> Matter:
    """Return what these readers are ranked against."""
    through = dumps.newest_dump_id(connection)
    after = min(subscriber.seen_through or 0 for subscriber in due)
    ids = [subscriber.id for subscriber in due]
    feedback = steering.feedback_of(connection, ids, (FeedbackKind.MORE, FeedbackKind.LESS))
    rated = {each.paper_id for given in feedback.values() for each in given}
    gathering = [each.id for each in due if each.quiet is QuietDays.ROLL_OVER]
    earliest = (now - _LOOK_BACK).date()
    return Matter(
        listed=papers.papers_first_listed(connection, after, through),
        through=through,
        on_their_way=digests.papers_on_their_way(connection, ids, now),
        feedback=feedback,
        marked=steering.feedback_of(connection, ids, (FeedbackKind.SEEN,)),
        rated=papers.papers_by_id(connection, sorted(rated)),
        muted=steering.mutes_of(connection, ids, now),
        last_sent=digests.last_sent(connection, gathering, earliest) if gathering else {},
    )
