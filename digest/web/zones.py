"""The time zones to choose from: those of each country, by continent."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from digest.model.cadence import time_zones

# Comments, then a line a zone: countries, coordinates, name, and perhaps more.
_NAME = 2


def zones(*also: str) -> dict[str, list[str]]:
    """Return the names of zones, those without a continent under ""; `also` are there in any case.

    So that whoever lives in Amsterdam finds it, though its clocks are those of Brussels. Old names and
    abbreviations are as good, and would only make every page with them longer.
    """
    found = {"": ["UTC"]}
    known = time_zones()
    for zone in sorted({*_offered(), *(each for each in also if each in known)} - {"UTC"}):
        area, _, place = zone.partition("/")
        found.setdefault(area if place else "", []).append(zone)
    return found


@cache
def _offered() -> frozenset[str]:
    return frozenset(_read()) & time_zones()


def _read() -> Iterator[str]:
    table = files("tzdata") / "zoneinfo" / "zone.tab"
    for line in table.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split("\t")[_NAME]
