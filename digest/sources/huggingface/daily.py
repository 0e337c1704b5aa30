"""The daily papers of Hugging Face, which its readers propose and vote for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from digest.sources.base import FIRST_LOOK, Batch, Source, SourceWarning
from digest.sources.client.http import Client
from digest.sources.formats.json_shape import Node, ShapeError, read_each, unknown_shape
from digest.sources.huggingface.paper import DailyPaper, each_once, list_day, read_paper
from digest.sources.stated import listed_under

_URL = "https://huggingface.co/api/daily_papers"
# The most that every description of the service allows: fewer than that are the last page.
_PAGE = 50
_MOST_PAGES = 40
# Readers vote for days: a list is read again for so long.
_READ_AGAIN = timedelta(days=3)
_LONGEST_AWAY = timedelta(days=30)


def open_source(argument: str, client: Client, _keys: Mapping[str, str]) -> Source:
    """Return the daily papers of Hugging Face; raises ValueError, as there is only one list."""
    if argument:
        raise ValueError("there is only one list of daily papers")
    return HuggingFace(client)


@dataclass(frozen=True, slots=True)
class HuggingFace:
    """The lists of daily papers, one for each day but many weekends and holidays.

    They are asked for in the order in which papers were put on them, not the trending one, and so
    are not ranked: a list is read while it grows, when votes say little yet, and pages of an order
    that changes between two requests would skip papers. The votes are in the records.
    """

    client: Client
    name: str = "huggingface"
    title: str = "Hugging Face daily papers"
    every: timedelta = timedelta(hours=1)
    is_ranked: bool = False

    def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
        """Yield the list of each day since the cursor's, and of some days before, until today's.

        A paper is listed under the day that is answered. A day without papers is answered with the
        last one that has some, which then only says again what is known. After a long time away it
        goes no further back than a month.
        """
        day, warnings = _begin(cursor, today)
        while day <= today:
            batch = self._read(day, today)
            following = day + timedelta(days=1)
            yield replace(
                batch,
                cursor=_write(following, today if following > today else None),
                warnings=(*warnings, *batch.warnings),
            )
            day, warnings = following, ()

    def _read(self, asked: date, today: date) -> Batch:
        """Return the list that is answered for a day, all its pages together."""
        found: list[DailyPaper] = []
        warnings: list[SourceWarning] = []
        for number in range(_MOST_PAGES):
            nodes = self._page(asked, number)
            papers, problems = read_each(self.name, nodes, read_paper)
            longer = each_once([*found, *papers])
            # A service that does not count pages answers with the same one for ever.
            is_last = len(nodes) < _PAGE or len(longer) == len(found)
            if len(longer) > len(found) or not number:
                warnings += problems
            found = longer
            if is_last:
                break
        day = list_day(found)
        if found and day is None:
            raise unknown_shape(self.name, "no paper says on which day it was listed")
        listed = [
            listed_under(each.day or day or today, each.record, today)
            for each in found
            if not each.is_withdrawn
        ]
        gone = [each.record.ids[0] for each in found if each.is_withdrawn]
        return Batch(listed, "", warnings, gone)

    def _page(self, asked: date, number: int) -> list[Node]:
        params = {"date": asked.isoformat(), "p": str(number), "limit": str(_PAGE)}
        answer = Node(self.client.get(self.name, _URL, params).json(self.name))
        try:
            return answer.need_items()
        except ShapeError as error:
            raise unknown_shape(self.name, error) from error


def _begin(cursor: str, today: date) -> tuple[date, tuple[SourceWarning, ...]]:
    """Return the first day to ask for, and what is left out by that.

    Once a day the lists are read again in which votes still change; else only those that grow.
    """
    try:
        said = Node(json.loads(cursor or "{}"))
        following, finished = said.field("next").day(), said.field("finished").day()
    except (ValueError, RecursionError):
        following = finished = None
    if following is None or following > today + timedelta(days=1):
        return today - FIRST_LOOK, ()
    if finished is not None:
        again = timedelta(days=1) if finished == today else _READ_AGAIN
        following = min(following, finished) - again
    farthest = today - _LONGEST_AWAY
    if following >= farthest:
        return following, ()
    problem = f"the lists of {following} to {farthest - timedelta(days=1)} were not asked for"
    return farthest, (SourceWarning(0, problem),)


def _write(following: date, finished: date | None) -> str:
    """Return the cursor: the day to ask for next, and which day's look came to its end."""
    said = {"next": following.isoformat()}
    return json.dumps(said | ({"finished": finished.isoformat()} if finished else {}))
