"""What a chunk of readers is ranked with, beside the papers: what each said and has, loaded at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.model.cadence import local_date
from digest.model.due import DueReader
from digest.model.feedback import Feedback, FeedbackKind
from digest.model.papers import Paper
from digest.model.profiles import Profile
from digest.model.quiet import LONGEST, Turn, Waiting, nearest_of, turn_of
from digest.model.sources import Lacking
from digest.model.subscribers import QuietDays
from digest.store import digests, papers, steering
from digest.store.engine import Connection
from digest.store.lacking import lacking_now

# Dates are local: somewhere it is two days later than elsewhere.
_LOOK_BACK = LONGEST + timedelta(days=2)
_NOTHING: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Matter:
    """What each of a chunk of readers said, and what is on its way to them, by their ids.

    `lacking` are the sources that are incomplete so far, the same for all of them.
    """

    on_their_way: dict[int, frozenset[int]]
    feedback: dict[int, list[Feedback]]
    marked: dict[int, list[Feedback]]
    rated: dict[int, Paper]
    muted: dict[int, tuple[str, ...]]
    last_sent: dict[int, date]
    lacking: tuple[Lacking, ...] = ()

    def turn_of(self, reader: DueReader, entries: int, period: date) -> Turn:
        """Return what a reader's slot brings, with so many entries for it."""
        wishes = reader.wishes
        if wishes.quiet is not QuietDays.ROLL_OVER:
            return Turn.MAIL if entries else Turn.QUIET
        waiting = self._waiting(reader)
        return turn_of(wishes.quiet, entries, wishes.papers_per_digest, waiting, period)

    def profile(self, reader: DueReader) -> Profile:
        """Return what ranking is to know of a reader."""
        wishes, number = reader.wishes, reader.id
        given = self.feedback.get(number, ())
        seen = self.on_their_way.get(number, _NOTHING)
        if given or number in self.marked:
            seen |= {each.paper_id for each in (*given, *self.marked.get(number, ()))}
        return Profile(
            subscriber_id=number,
            interests=wishes.interests,
            limit=wishes.papers_per_digest,
            after=reader.seen_through,
            seen=seen,
            muted=self.muted.get(number, ()),
            liked=self._rated(given, FeedbackKind.MORE) if given else (),
            disliked=self._rated(given, FeedbackKind.LESS) if given else (),
            rest=nearest_of(wishes.quiet),
        )

    def _rated(self, given: Sequence[Feedback], kind: FeedbackKind) -> tuple[Paper, ...]:
        return tuple(self.rated[each.paper_id] for each in given if each.kind is kind)

    def _waiting(self, reader: DueReader) -> Waiting:
        zone, ended_at = reader.wishes.cadence.zone, reader.resumed_at or reader.paused_until
        return Waiting(
            since=self.last_sent.get(reader.id) or local_date(reader.began_at, zone),
            resumed_on=local_date(ended_at, zone) if ended_at else None,
        )


def load_matter(connection: Connection, due: Sequence[DueReader], now: datetime) -> Matter:
    """Return what these readers are ranked with."""
    ids = [reader.id for reader in due]
    feedback = steering.feedback_of(connection, ids, (FeedbackKind.MORE, FeedbackKind.LESS))
    rated = {each.paper_id for given in feedback.values() for each in given}
    gathering = [each.id for each in due if each.wishes.quiet is QuietDays.ROLL_OVER]
    earliest = (now - _LOOK_BACK).date()
    return Matter(
        on_their_way=digests.papers_on_their_way(connection, ids, now),
        feedback=feedback,
        marked=steering.feedback_of(connection, ids, (FeedbackKind.SEEN,)),
        rated=papers.papers_by_id(connection, sorted(rated)),
        muted=steering.mutes_of(connection, ids, now),
        last_sent=digests.last_sent(connection, gathering, earliest) if gathering else {},
        lacking=lacking_now(connection),
    )
