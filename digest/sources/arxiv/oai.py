"""All of arXiv's records by OAI-PMH: what changed since a day, page after page, deletions too."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from digest.errors import SourceAwayError, SourceError
from digest.sources.arxiv.oai_page import OaiPage, read_page
from digest.sources.arxiv.records import day_of
from digest.sources.base import FIRST_LOOK, Batch, Source
from digest.sources.client.http import Client
from digest.sources.source_names import source_name

_ADDRESS = "https://oaipmh.arxiv.org/oai"
_SET = re.compile(r"[a-z]+(?:-[a-z]+)*(?::[a-z]+(?:-[a-z]+)*(?::[A-Za-z]+(?:-[A-Za-z]+)*)?)?")
# What changed on the last day that was read may not have been there yet; what came twice is known.
_OVERLAP = timedelta(days=1)
_EMPTY_PAGES = 5
_MOST_ANSWERS = 5_000  # of one look, all of arXiv; the next goes on
_NOTHING, _BAD_TOKEN = "noRecordsMatch", "badResumptionToken"


@dataclass(frozen=True, slots=True)
class OaiPlace:
    """Where the reading of a list stands, as the cursor keeps it.

    `since` is the day from which on the list is; `token` names its next page, "" at its beginning;
    `newest` is the last change read so far.
    """

    since: date
    token: str = ""
    newest: date | None = None

    @classmethod
    def read(cls, cursor: str, today: date) -> "OaiPlace | None":
        """Return the place that a cursor keeps; None for what is none."""
        try:
            kept = json.loads(cursor)
            since, newest = day_of(kept["since"]), day_of(kept.get("newest") or "")
            token = kept.get("token") or ""
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        if since is None or not isinstance(token, str):
            return None
        return cls(min(since, today), token, newest)

    def after(self, page: OaiPage, today: date) -> "OaiPlace":
        """Return the place after a page: the next of the list, or a list to come."""
        days = (each for each in (self.newest, page.newest) if each is not None)
        newest = min(max(days, default=self.since), today)
        if page.token:
            return OaiPlace(self.since, page.token, newest)
        return OaiPlace(max(self.since, newest))

    def __str__(self) -> str:
        kept = {"since": self.since.isoformat()}
        if self.token:
            kept |= {"token": self.token, "newest": (self.newest or self.since).isoformat()}
        return json.dumps(kept)


@dataclass(frozen=True)
class ArxivOai:
    """The records of a set, or of all of arXiv, by the day on which they changed.

    The cursor moves with each page. A token that is no longer good begins its list again.
    """

    of: str
    client: Client
    every: timedelta = timedelta(hours=6)
    is_ranked: bool = False

    @property
    def name(self) -> str:
        """Its name in the settings."""
        return source_name("arxiv-oai", self.of)

    @property
    def title(self) -> str:
        """Its name for people."""
        return f"arXiv {self.of} (OAI-PMH)" if self.of else "arXiv (OAI-PMH)"

    def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
        """Yield what changed, a page at a time, until the list ends."""
        place = OaiPlace.read(cursor, today) or OaiPlace(today - FIRST_LOOK)
        last: OaiPage | None = None
        is_begun, empty = False, 0
        for _ in range(_MOST_ANSWERS):
            page = self._page(place, today)
            if page.error == _BAD_TOKEN and place.token:
                if is_begun:
                    problem = "gives resumption tokens that it does not take back"
                    raise SourceAwayError(self.name, problem)
                place, last = OaiPlace(place.since), None
                continue
            if page.error and page.error != _NOTHING:
                words = f"{page.error}, {page.explanation!r}" if page.explanation else page.error
                raise SourceError(self.name, f"refuses the question: {words}")
            if page.papers and last is not None and last.papers == page.papers:
                raise SourceError(self.name, "gives the same page again")
            last = page
            is_begun = is_begun or not place.token
            place = place.after(page, today)
            yield Batch(page.listed, str(place), page.reader.warnings, page.withdrawn)
            if not place.token:
                return
            empty = 0 if page.reader.read else empty + 1
            if empty == _EMPTY_PAGES:
                raise SourceAwayError(self.name, "gives nothing but empty pages")

    def _page(self, place: OaiPlace, today: date) -> OaiPage:
        params = {"verb": "ListRecords"}
        if place.token:
            params["resumptionToken"] = place.token
        else:
            params["metadataPrefix"] = "arXiv"
            params["from"] = (place.since - _OVERLAP).isoformat()
            if self.of:
                params["set"] = self.of
        answer = self.client.get(self.name, _ADDRESS, params)
        return read_page(self.name, answer.body, place.since, today)


def open_source(argument: str, client: Client, _keys: Mapping[str, str]) -> Source:
    """Return the set `cs`, `cs:cs` or `cs:cs:CL`, everything for ""; raises ValueError for no set."""
    if argument and not _SET.fullmatch(argument):
        raise ValueError(f"{argument!r} is no set of arXiv's")
    return ArxivOai(argument, client)
