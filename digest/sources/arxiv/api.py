"""arXiv's API: the papers that a search of arXiv's finds, by the moment they were handed in."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import unquote_plus

from digest.errors import SourceAwayError, SourceError
from digest.sources.arxiv.api_page import ApiPage, read_page
from digest.sources.arxiv.records import moment_of
from digest.sources.base import FIRST_LOOK, Batch, Source
from digest.sources.client.http import Client
from digest.sources.source_names import source_name
from digest.text import clip

_ADDRESS = "https://export.arxiv.org/api/query"
_SLICE = 500  # the service gives 2,000 at most, and is the slower the more
_MOST_RESULTS = 30_000  # further down it refuses to go
_MOST_ANSWERS = 200  # of one look; the next goes on
_EMPTY_ANSWERS = 4
# It knows a paper by the moment it was handed in, and shows it when it is announced: after a
# weekend, holidays, or when moderators have looked twice.
_OVERLAP = timedelta(days=7)
_LONGEST_QUERY = 1_000


@dataclass(frozen=True)
class ArxivApi:
    """The papers that match a query, oldest first, so that the cursor moves with each answer.

    The cursor is the moment at which the newest paper read so far was handed in.
    """

    query: str
    client: Client
    every: timedelta = timedelta(hours=3)
    is_ranked: bool = False

    @property
    def name(self) -> str:
        """Its name in the settings."""
        return source_name("arxiv-api", self.query.replace(" ", "+"))

    @property
    def title(self) -> str:
        """Its name for people."""
        return clip(f"arXiv search {self.query}", 100)

    def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
        """Yield the papers handed in since a week before the cursor, which are not all known yet."""
        until = datetime.combine(today, time.max, UTC)
        newest = _moment_in(cursor)
        since = datetime.combine(today - FIRST_LOOK, time.min, UTC)
        if newest is not None:
            newest = min(newest, until)
            since = newest - _OVERLAP
        for page in pages(self.client, self.name, self.query, since, until):
            if page.newest is not None:
                newest = min(max(newest or page.newest, page.newest), until)
            kept = json.dumps({"newest": newest.isoformat()}) if newest else ""
            yield Batch(page.listed, kept, page.reader.warnings)


def open_source(argument: str, client: Client, _keys: Mapping[str, str]) -> Source:
    """Return a search, written as in an address of arXiv's API: `+` or `%20` for a blank.

    Raises ValueError for none.
    """
    query = " ".join(unquote_plus(argument).split())
    if not query or not query.isprintable():
        raise ValueError("it searches for nothing")
    if len(query) > _LONGEST_QUERY:
        raise ValueError(f"a search of more than {_LONGEST_QUERY} characters; make two of it")
    return ArxivApi(query, client)


def pages(
    client: Client, name: str, query: str, since: datetime, until: datetime
) -> Iterator[ApiPage]:
    """Yield what was handed in between two moments, oldest first, a page at a time.

    A page may be short, and an empty one is asked for again as long as more is promised: where the
    next begins is told by what came. Past _MOST_RESULTS it goes on from the last moment reached.
    """
    start = empty = 0
    last: ApiPage | None = None
    for _ in range(_MOST_ANSWERS):
        page = _ask(client, name, query, (since, until), start)
        if not page.entries:
            if page.total is None or start >= page.total:
                yield page
                return
            empty += 1
            if empty == _EMPTY_ANSWERS:
                problem = f"gives an empty page after {start} of {page.total} papers"
                raise SourceAwayError(name, problem)
            continue
        empty = 0
        if last is not None and last.papers == page.papers:
            raise SourceError(name, "gives the same page again")
        last = page
        yield page
        start += page.entries
        if page.total is not None and start >= page.total:
            return
        if start + _SLICE > _MOST_RESULTS:
            if page.newest is None or page.newest <= since:
                raise SourceError(name, "does not give papers in the order in which they came")
            since, start = page.newest, 0


def _ask(
    client: Client, name: str, query: str, between: tuple[datetime, datetime], start: int
) -> ApiPage:
    since, until = between
    params = {
        "search_query": f"({query}) AND submittedDate:[{since:%Y%m%d%H%M} TO {until:%Y%m%d%H%M}]",
        "start": str(start),
        "max_results": str(_SLICE),
        "sortBy": "submittedDate",
        "sortOrder": "ascending",
    }
    answer = client.get(name, _ADDRESS, params)
    return read_page(name, answer.body, since, until.date())


def _moment_in(cursor: str) -> datetime | None:
    try:
        return moment_of(json.loads(cursor)["newest"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
