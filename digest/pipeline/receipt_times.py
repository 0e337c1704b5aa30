"""How receipts say when: in the reader's zone, and as short as the day allows."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model.cadence import next_slot
from digest.model.subscribers import Cadence, Days
from digest.rendering.environment import day as day_in_words
from digest.rendering.environment import weekday
from digest.text import clean_line, clip

_MOST_SAID = 200


@dataclass(frozen=True, slots=True)
class Times:
    """The moments of one day as its reader's clock shows them."""

    day: date
    zone: str

    def on(self, moment: datetime) -> date:
        """Return the date of a moment."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def at(self, moment: datetime) -> str:
        """Return a moment as `at 07:02`, with the date where that is another."""
        local = moment.astimezone(ZoneInfo(self.zone))
        clock = f"at {local:%H:%M}"
        return clock if local.date() == self.day else f"on {day_in_words(local.date())} {clock}"


def slot_on(cadence: Cadence, day: date) -> datetime | None:
    """Return when a digest is due on a day, None if none is."""
    before = datetime.combine(day, datetime.min.time(), ZoneInfo(cadence.zone)) - timedelta(days=1)
    slot = next_slot(cadence, before, day - timedelta(days=1))
    return slot.due_at if slot.period == day else None


def rhythm(cadence: Cadence) -> str:
    """Return a cadence as `every day at 07:00`, to be said of digests that come."""
    days = {
        Days.DAILY: "every day",
        Days.WEEKDAYS: "from Monday to Friday",
        Days.WEEKLY: f"every {weekday(cadence.weekday)}",
    }
    return f"{days[cadence.days]} at {cadence.at:%H:%M}"


def quoted(text: str) -> str:
    """Return somebody else's words as a quotation of one line: whatever they are, they stay words."""
    return f"\u201c{clip(clean_line(text), _MOST_SAID)}\u201d"


def several(number: int, noun: str) -> str:
    """Return a number with its noun and verb in the past: `1 paper was`, `1,200 papers were`."""
    return f"{number:,} {noun} was" if number == 1 else f"{number:,} {noun}s were"
