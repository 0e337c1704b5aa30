"""The days and months that had papers, for the pages of feeds; in UTC, as the feeds count them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from digest.pipeline.public_feeds import month_bounds, month_of
from digest.store.papers import Listing

_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """A day or a month: `name` is what addresses call it ("2026-03-17" or "2026-03")."""

    name: str
    start: datetime
    end: datetime
    papers: int

    @property
    def day(self) -> date:
        """Return the first day of it."""
        return self.start.date()


def is_month(name: str) -> bool:
    """Tell whether an address names a month."""
    return bool(_MONTH.fullmatch(name))


def days_of(listings: Iterable[Listing]) -> list[Span]:
    """Return the days that had papers, newest first."""
    return _spans(listings, _day_of, _day_bounds)


def months_of(listings: Iterable[Listing]) -> list[Span]:
    """Return the months that had papers, newest first."""
    return _spans(listings, month_of, month_bounds)


def _spans(
    listings: Iterable[Listing],
    name_of: Callable[[datetime], str],
    bounds: Callable[[str], tuple[datetime, datetime]],
) -> list[Span]:
    counts: Counter[str] = Counter()
    for each in listings:
        counts[name_of(each.listed_at)] += each.papers
    return [Span(name, *bounds(name), counts[name]) for name in sorted(counts, reverse=True)]


def _day_of(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def _day_bounds(name: str) -> tuple[datetime, datetime]:
    start = datetime.combine(date.fromisoformat(name), datetime.min.time(), UTC)
    return start, start + timedelta(days=1)
