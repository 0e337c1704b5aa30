"""How often the guard cries wolf, and how soon it sees a fault: ./run.sh bench quiet_days.

It is shown years of invented sources.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from digest.model.sources import DayCount, Lack, SourceState
from digest.sources.health.expected import SPAN, start_of
from digest.sources.health.holidays import is_about_a_holiday
from digest.sources.health.lacking import lacking

FIRST = date(2025, 1, 6)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
EVERY = HOUR
_SATURDAY = 5
# Of the days about holidays, how many have no list.
_LISTLESS = 0.5
_WARM_UP = 28 * DAY
FAULTS = ("halved", "stale", "empty", "silent", "repeated")
# Nothing comes of a day on which a service repeats itself: it lists what it listed.
_WITHOUT_PAPERS = ("stale", "empty", "silent", "repeated")

Volume = Callable[[random.Random, date], int]


@dataclass(frozen=True, slots=True)
class Kind:
    """An invented source: how many papers a day has, and at which hours the first and last come."""

    volume: Volume
    begins: float
    ends: float


def _arxiv(chance: random.Random, day: date) -> int:
    is_free = is_about_a_holiday(day) and chance.random() < _LISTLESS
    if day.weekday() >= _SATURDAY or is_free:
        return 0
    grown = 900 * (1 + 0.2 * (day - FIRST).days / 365)
    return round(grown * chance.gauss(1, 0.15))


def _holidays_of_its_own(chance: random.Random, day: date) -> int:
    """Return as arXiv does, with ten holidays a year that no calendar has."""
    return 0 if chance.random() < 10 / 260 else _arxiv(chance, day)


def _hugging_face(chance: random.Random, day: date) -> int:
    return chance.randint(0, 15) if day.weekday() >= _SATURDAY else chance.randint(30, 60)


def _biorxiv(chance: random.Random, day: date) -> int:
    usual = 60 if day.weekday() >= _SATURDAY else 170
    return round(usual * chance.gauss(1, 0.2) * (0.5 if is_about_a_holiday(day) else 1))


def _weekly(chance: random.Random, day: date) -> int:
    return chance.randint(80, 120) if day.weekday() == 4 else 0  # noqa: PLR2004  Fridays


def _sparse(chance: random.Random, _day: date) -> int:
    return chance.randint(0, 3)


KINDS = {
    "arXiv": Kind(_arxiv, 4.5, 5.0),
    "arXiv, other holidays": Kind(_holidays_of_its_own, 4.5, 5.0),
    "Hugging Face": Kind(_hugging_face, 1.0, 20.0),
    "bioRxiv": Kind(_biorxiv, 8.0, 27.0),
    "a list a week": Kind(_weekly, 9.0, 9.2),
    "a sparse feed": Kind(_sparse, 6.0, 22.0),
}


@dataclass(slots=True)
class Year:
    """What was found in a year: days of false alarm, faults, and after how many hours each was seen."""

    days: int = 0
    alarms: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    seen: dict[str, list[float]] = field(default_factory=dict)


def _planned(chance: random.Random, days: int, kind: Kind, share: float) -> dict[date, str]:
    """Return on which days which fault begins; not in the first weeks, nor one in another."""
    faults: dict[date, str] = {}
    day = FIRST + _WARM_UP
    while day < FIRST + days * DAY:
        is_usual = day.weekday() < _SATURDAY and not is_about_a_holiday(day)
        has_papers = kind.volume(random.Random(1), day)  # noqa: S311  no secret
        if is_usual and has_papers and chance.random() < share:
            faults[day] = chance.choice(FAULTS)
            day += 4 * DAY
        day += DAY
    return faults


def year_of(kind: Kind, seed: int, share: float, *, days: int = 365, step: int = 3) -> Year:
    """Return how the guard does in a year in which so large a share of days begins a fault."""
    chance = random.Random(seed)  # noqa: S311  no secret
    faults = _planned(chance, days, kind, share)
    found = Year(days=days)
    counts: dict[date, DayCount] = {}
    bad: dict[date, date] = {}
    told_of: set[tuple[str, date]] = set()
    for number in range(days):
        day = FIRST + number * DAY
        fault, began = _fault_of(day, faults)
        count = _listed(chance, kind, day, fault)
        if fault:
            bad[day] = began
        if count is not None:
            counts[day] = count
        recent = [each for each in counts.values() if each.day >= day - SPAN - 10 * DAY]
        for now, state in _looks(day, fault, began, step):
            told = lacking(state, [e for e in recent if e.begun_at <= now], now, EVERY)
            if told is None:
                continue
            meant = told.day or day
            if meant in bad or (told.lack is Lack.SILENT and fault):
                name = faults[bad.get(meant, began)]
                first = found.seen.setdefault(name, [])
                since = (now - start_of(bad.get(meant, began))) / HOUR
                if (name, bad.get(meant, began)) not in told_of:
                    told_of.add((name, bad.get(meant, began)))
                    first.append(since)
            elif ("alarm", meant) not in told_of:
                # Over a weekend it is the same one.
                told_of.add(("alarm", meant))
                found.alarms += 1
    for name in faults.values():
        found.faults[name] = found.faults.get(name, 0) + 1
    return found


def _fault_of(day: date, faults: dict[date, str]) -> tuple[str, date]:
    if day in faults:
        return faults[day], day
    before = day - DAY
    if faults.get(before) in {"stale", "silent"}:
        return faults[before], before
    return "", day


def _listed(chance: random.Random, kind: Kind, day: date, fault: str) -> DayCount | None:
    papers = max(0, kind.volume(chance, day))
    begun = start_of(day) + kind.begins * HOUR + chance.uniform(0, 0.7) * HOUR
    ended = start_of(day) + kind.ends * HOUR + chance.uniform(0, 0.7) * HOUR
    if fault in _WITHOUT_PAPERS:
        # It is caught up, two days later.
        begun, ended = begun + 2 * DAY, ended + 2 * DAY
    elif fault == "halved":
        papers //= 2
    return DayCount(day, papers, begun, max(begun, ended)) if papers else None


def _looks(day: date, fault: str, began: date, step: int) -> Iterator[tuple[datetime, SourceState]]:
    for hour in range(0, 24, step):
        now = datetime(day.year, day.month, day.day, hour, 59, tzinfo=UTC)
        if fault == "silent":
            since = start_of(began)
            failures = int((now - since) / HOUR)
            yield (
                now,
                SourceState("s", "S", answered_at=since, failures=failures, failing_since=since),
            )
        else:
            yield now, SourceState("s", "S", answered_at=now)


def main() -> None:
    """Say how it does with every kind of source."""
    print(f"{'source':<24}{'false alarms a year':>20}   faults seen (after hours, median)")
    for name, kind in KINDS.items():
        quiet = [year_of(kind, seed, 0) for seed in range(3)]
        broken = [year_of(kind, seed, 0.08) for seed in range(3)]
        alarms = sum(each.alarms for each in quiet) / len(quiet)
        told = []
        for fault in FAULTS:
            planned = sum(each.faults.get(fault, 0) for each in broken)
            hours = sorted(hour for each in broken for hour in each.seen.get(fault, ()))
            middle = f"{hours[len(hours) // 2]:.0f} h" if hours else "-"
            told.append(f"{fault} {len(hours)}/{planned} ({middle})")
        extra = sum(each.alarms for each in broken) / len(broken)
        print(f"{name:<24}{alarms:>20.1f}   {', '.join(told)}; false beside faults {extra:.1f}")


if __name__ == "__main__":
    main()
