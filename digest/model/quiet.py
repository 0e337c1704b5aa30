"""What a digest with few papers or none becomes: pure rules over what was found and local dates."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from digest.model.subscribers import QuietDays

# As many of the best of the rest go out where nothing matched: enough to see what came in.
NEAREST = 3
# As many gathered papers are worth a mail, and so long is a reader to wait for fewer.
ENOUGH = 3
LONGEST = timedelta(days=7)


class Turn(StrEnum):
    """What a reader's slot brings: a mail, a day on record without one, or nothing yet.

    What waits stays unread: its papers are looked at again at the next slot.
    """

    MAIL = "mail"
    QUIET = "quiet"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Since when a reader waits, in local dates: the last digest sent, or else their confirmation.

    `resumed_on` is when their newest pause ended, None if there was none.
    """

    since: date
    resumed_on: date | None = None

    def is_over(self, period: date) -> bool:
        """Tell whether a reader has waited long enough at `period`, however few papers there are.

        Whoever comes back from a pause is told at once what they missed.
        """
        is_back = self.resumed_on is not None and self.since < self.resumed_on <= period
        return is_back or period - self.since >= LONGEST


def nearest_of(quiet: QuietDays) -> int:
    """Return how many of the best of the rest a reader wants where nothing matches."""
    return NEAREST if quiet is QuietDays.REST else 0


def turn_of(quiet: QuietDays, papers: int, limit: int, waiting: Waiting, period: date) -> Turn:
    """Return what a slot brings, with so many papers of `limit` at most for it."""
    is_gathering = (
        quiet is QuietDays.ROLL_OVER and papers < min(ENOUGH, limit) and not waiting.is_over(period)
    )
    if is_gathering:
        return Turn.WAIT
    return Turn.MAIL if papers else Turn.QUIET
