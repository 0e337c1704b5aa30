"""arXiv's daily lists as it publishes them for feed readers; days gone by are asked of its API."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from digest.sources.arxiv import api as arxiv_api
from digest.sources.arxiv.days import last_list, listed_on, lists_between
from digest.sources.arxiv.feed_page import read_page
from digest.sources.arxiv.records import CATEGORY, day_of
from digest.sources.base import Batch, Listed, Source
from digest.sources.client.http import Client
from digest.sources.source_names import source_name
from digest.text import clip

_ADDRESS = "https://rss.arxiv.org/rss/"
_MOST_CATEGORIES = 50
# Further back nobody waits for a list any more.
_FURTHEST_BACK = timedelta(days=30)
# From handing in to the list: a weekend and a holiday beside it.
_BEFORE_LIST = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class FeedPlace:
    """What is read of the lists, as the cursor keeps it.

    `day` is the newest list, `validators` those of the feed it was in. The lists from `missed` to
    `missed_to` came and went while nobody asked.
    """

    validators: str = ""
    day: date | None = None
    missed: date | None = None
    missed_to: date | None = None

    @classmethod
    def read(cls, cursor: str, today: date) -> "FeedPlace":
        """Return the place that a cursor keeps; the beginning for what is none."""
        try:
            kept = json.loads(cursor)
            validators = kept["validators"]
            days = (day_of(kept.get(each) or "") for each in ("day", "missed", "missed_to"))
            day, missed, missed_to = (each and min(each, today) for each in days)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return cls()
        if not isinstance(validators, str):
            return cls()
        if missed is None or missed_to is None or missed_to < today - _FURTHEST_BACK:
            missed = missed_to = None
        return cls(validators, day, missed, missed_to)

    def after(self, validators: str, day: date | None) -> "FeedPlace":
        """Return the place after a feed whose newest list is of a day; None if it had none."""
        if day is None or (self.day is not None and day <= self.day):
            return replace(self, validators=validators)
        gap = lists_between(self.day, day) if self.day else None
        if gap is None:
            return replace(self, validators=validators, day=day)
        first = max(self.missed or gap[0], day - _FURTHEST_BACK)
        return FeedPlace(validators, day, first, gap[1])

    def __str__(self) -> str:
        days = {"day": self.day, "missed": self.missed, "missed_to": self.missed_to}
        kept = {name: day.isoformat() for name, day in days.items() if day is not None}
        return json.dumps({"validators": self.validators, **kept})


@dataclass(frozen=True)
class ArxivFeed:
    """The newest list of some categories, asked with validators: a day's list is read once.

    The feed holds one day. Those that were missed since the last are asked of arXiv's API, after
    the list that is out: its failure holds up nothing.
    """

    categories: tuple[str, ...]
    client: Client
    every: timedelta = timedelta(hours=1)
    is_ranked: bool = False

    @property
    def name(self) -> str:
        """Its name in the settings."""
        return source_name("arxiv", "+".join(self.categories))

    @property
    def title(self) -> str:
        """Its name for people."""
        return clip(f"arXiv {', '.join(self.categories)}", 100)

    def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
        """Yield the list that is out now, none at a weekend, then what was missed before it.

        Whoever looks first at a weekend gets the list before it.
        """
        place = FeedPlace.read(cursor, today)
        url = _ADDRESS + "+".join(self.categories)
        answer = self.client.get(self.name, url, validators=place.validators)
        if answer.is_unchanged:
            yield Batch((), str(place))
        else:
            page = read_page(self.name, answer.body, today)
            newest = max((each.day for each in page.listed), default=None)
            place = place.after(answer.validators, newest)
            if place.day is None:
                # First asked at a weekend: Friday's list is what is new.
                last = last_list(today)
                place = replace(place, day=last, missed=last, missed_to=last)
            yield Batch(page.listed, str(place), page.reader.warnings)
        if place.missed and place.missed_to:
            yield from self._missed(place, place.missed, place.missed_to)

    def _missed(self, place: FeedPlace, first: date, last: date) -> Iterator[Batch]:
        since = datetime.combine(first - _BEFORE_LIST, time.min, UTC)
        until = datetime.combine(last, time.max, UTC)
        for page in arxiv_api.pages(self.client, self.name, self._query(), since, until):
            days = map(listed_on, page.moments)
            pairs = zip(page.listed, days, strict=True)
            listed = [Listed(day, each.record) for each, day in pairs if first <= day <= last]
            if page.newest is not None:
                reached = min(max(first, listed_on(page.newest)), last)
                place = replace(place, missed=reached)
            yield Batch(listed, str(place), page.reader.warnings)
        yield Batch((), str(replace(place, missed=None, missed_to=None)))

    def _query(self) -> str:
        """Return the same categories as a search; those of an archive are not found by its name."""
        names = [
            f"cat:{each}" if "." in each else f"cat:{each} OR cat:{each}.*"
            for each in self.categories
        ]
        return " OR ".join(names)


def open_source(argument: str, client: Client, _keys: Mapping[str, str]) -> Source:
    """Return the list of `cs.CL+cs.LG`; raises ValueError for what is no category."""
    categories = tuple(dict.fromkeys(argument.split("+")))
    for each in categories:
        if not CATEGORY.fullmatch(each):
            raise ValueError(f"{each!r} is no archive or category of arXiv's")
    if len(categories) > _MOST_CATEGORIES:
        raise ValueError(f"more than {_MOST_CATEGORIES} categories; name their archive instead")
    return ArxivFeed(categories, client)
