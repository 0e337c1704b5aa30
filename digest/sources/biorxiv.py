"""bioRxiv and medRxiv, by the days on which preprints came out there."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from digest.sources.base import FIRST_LOOK, Batch, Listed, Source, SourceWarning
from digest.sources.biorxiv_page import PreprintPage, folded, read_page
from digest.sources.client.http import Client
from digest.sources.formats.json_shape import Node, ShapeError, unknown_shape
from digest.sources.source_names import source_name

_SERVERS = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}
# A day's list grows until the day after, so that the last days are read again.
_READ_AGAIN = timedelta(days=2)
_LONGEST_AWAY = timedelta(days=92)
_MOST_PAGES = 100  # in one look; the next goes on from there
_CATEGORY = re.compile(r"[a-z0-9][a-z0-9_/&,'-]*")
_FULL = 30  # papers on a page, or more: a shorter one may be the last


def open_biorxiv(argument: str, client: Client, _keys: Mapping[str, str]) -> Source:
    """Return bioRxiv, all of it or the categories of `neuroscience+cell_biology`.

    Raises ValueError for what cannot be a category.
    """
    return Preprints(client, "biorxiv", _categories(argument))


def open_medrxiv(argument: str, client: Client, _keys: Mapping[str, str]) -> Source:
    """Return medRxiv, as `open_biorxiv` returns bioRxiv."""
    return Preprints(client, "medrxiv", _categories(argument))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a look goes on: at which day, and after how many papers of its list.

    `before` is the first paper of the page that ended there: whoever gives that one again does not
    count, and whoever counted on would pass over papers when that is mended.
    """

    day: date
    at: int = 0
    before: str = ""


@dataclass(frozen=True, slots=True)
class Preprints:
    """One of the two servers, which post all day long."""

    client: Client
    server: str
    categories: tuple[str, ...] = ()
    every: timedelta = timedelta(hours=3)
    is_ranked: bool = False

    @property
    def name(self) -> str:
        """Its name in the settings."""
        words = "+".join(each.replace(" ", "_") for each in self.categories)
        return source_name(self.server, words)

    @property
    def title(self) -> str:
        """Its name for people."""
        title = _SERVERS[self.server]
        return f"{title} ({', '.join(self.categories)})" if self.categories else title

    def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
        """Yield the list of each day since the cursor's, a page at a time, until today's.

        After a long time away it goes on from look to look, and not further back than three months.
        """
        place, warnings = _begin(cursor, today)
        for _ in range(_MOST_PAGES):
            page = self._ask(place, today)
            if page.size and page.first == place.before:
                raise unknown_shape(self.name, "the same page came twice")
            at = place.at + page.size
            # A total that is too small must not cut a list short: a full page is not the last.
            is_all = page.total is not None and at >= page.total and page.size < _FULL
            is_over = is_all or not page.size
            warnings += page.warnings
            if not page.size and page.total is not None and page.total > place.at:
                problem = f"{place.day}: {place.at} papers came of {page.total} there are"
                warnings.append(SourceWarning(0, problem))
            is_end = is_over and place.day >= today
            following = _Place(place.day + timedelta(days=1))
            place = following if is_over else _Place(place.day, at, page.first)
            listed = [each for each in page.listed if self._is_wanted(each)]
            yield Batch(listed, _end(today) if is_end else _write(place), tuple(warnings))
            if is_end:
                return
            warnings = []

    def _is_wanted(self, listed: Listed) -> bool:
        """Tell whether a paper is of these categories, or of none."""
        of = listed.record.categories
        return not (of and self.categories) or of[0] in self.categories

    def _ask(self, place: _Place, today: date) -> PreprintPage:
        """Return a page of a day's list."""
        url = (
            f"https://api.biorxiv.org/details/{self.server}/{place.day}/{place.day}/{place.at}/json"
        )
        wanted = self.categories
        params = {"category": wanted[0].replace(" ", "_")} if len(wanted) == 1 else {}
        try:
            answer = Node(self.client.get(self.name, url, params).json(self.name))
            return read_page(self.name, self.server, answer, place.at, today)
        except ShapeError as error:
            raise unknown_shape(self.name, error) from error


def _categories(argument: str) -> tuple[str, ...]:
    words = [each.strip().lower() for each in argument.split("+")] if argument else []
    for word in words:
        if not _CATEGORY.fullmatch(word):
            raise ValueError(f"{word!r} is not a category, such as cell_biology")
    return tuple(sorted({folded(word) for word in words}))


def _begin(cursor: str, today: date) -> tuple[_Place, list[SourceWarning]]:
    """Return where to go on, and what is left out by that."""
    try:
        said = json.loads(cursor or "{}")
        day, at = date.fromisoformat(said["day"]), max(0, int(said.get("at", 0)))
        place = _Place(day, at, str(said.get("before", "")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        place = _Place(today - FIRST_LOOK)
    if place.day > today:
        place = _Place(today - _READ_AGAIN)
    farthest = today - _LONGEST_AWAY
    if place.day >= farthest:
        return place, []
    problem = f"preprints of {place.day} to {farthest - timedelta(days=1)} were not asked for"
    return _Place(farthest), [SourceWarning(0, problem)]


def _write(place: _Place) -> str:
    said = {"day": place.day.isoformat(), "at": place.at}
    return json.dumps(said | ({"before": place.before} if place.before else {}))


def _end(today: date) -> str:
    """Return the cursor of a look that came to its end: the last days are read once more."""
    return _write(_Place(today - _READ_AGAIN))
