"""Where papers stand in lists, and what the lists of a day or a week come to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Place:
    """A paper at its place in one dump of a day."""

    paper_id: int
    dump_id: int
    dated_on: date
    position: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A paper at its best place in the lists of some days, and on how many of them it stood."""

    paper_id: int
    position: int
    days: int


def standings_of_day(places: Iterable[Place]) -> list[Standing]:
    """Return the papers of one day in the order of its lists, each where it stood first."""
    first: dict[int, Standing] = {}
    for place in sorted(places, key=lambda each: (each.dump_id, each.position)):
        first.setdefault(place.paper_id, Standing(place.paper_id, place.position, 1))
    return list(first.values())


def standings_of_days(places: Iterable[Place]) -> list[Standing]:
    """Return the papers of several days: the best place first, of equals what stood there longer."""
    best: dict[int, int] = {}
    days: dict[int, set[date]] = {}
    for place in sorted(places, key=lambda each: (each.dump_id, each.position)):
        before = best.setdefault(place.paper_id, place.position)
        best[place.paper_id] = min(before, place.position)
        days.setdefault(place.paper_id, set()).add(place.dated_on)
    found = [Standing(number, place, len(days[number])) for number, place in best.items()]
    return sorted(found, key=lambda each: (each.position, -each.days))
