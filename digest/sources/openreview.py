"""The submissions to a venue on OpenReview, as far as they are public."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from digest.sources.base import FIRST_LOOK, Batch, Source, SourceWarning
from digest.sources.client.http import Client
from digest.sources.formats.json_shape import Node, ShapeError, read_each, unknown_shape
from digest.sources.openreview_note import Note, read_note
from digest.sources.source_names import source_name

_URL = "https://api2.openreview.net/notes"
_LIMIT = 1000
_MOST_PAGES = 200  # in one look; the next goes on from there
_EVER = date(1970, 1, 1)
_VENUE = re.compile(r"[A-Za-z0-9][\w.-]{0,60}(?:/[A-Za-z0-9][\w.-]{0,60}){1,7}", re.ASCII)


def open_source(argument: str, client: Client, _keys: Mapping[str, str]) -> Source:
    """Return the submissions to a venue such as `ICLR.cc/2026/Conference`; raises ValueError."""
    venue = argument.strip().strip("/")
    if not _VENUE.fullmatch(venue):
        raise ValueError(f"{argument!r} is no venue of OpenReview's")
    return Venue(client, venue)


@dataclass(frozen=True, slots=True)
class _Run:
    """Where a look goes on, and what the one before came to.

    Submissions are public long after they were made, ten thousand at once, and change and go. So
    the whole list is read once a day (`read_on` is the last), else only what was made after
    `newest`, in milliseconds. `begun` is the day from which on they are listed. While a look
    is under way `at` of its notes are behind it, all those made after `since`.
    """

    begun: date
    read_on: date | None = None
    newest: int = 0
    since: int = 0
    at: int = 0


@dataclass(frozen=True, slots=True)
class _Page:
    """One answer: `size` notes, `total` with those of all pages if it says so, and the papers."""

    notes: list[Note]
    size: int
    total: int | None
    warnings: list[SourceWarning]


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue, listing submissions under the day on which they became public.

    Authors' keywords are no categories: they are in their own words, which no two of them share.
    """

    client: Client
    venue: str
    limit: int = _LIMIT
    every: timedelta = timedelta(hours=6)
    is_ranked: bool = False

    @property
    def name(self) -> str:
        """Its name in the settings."""
        return source_name("openreview", self.venue)

    @property
    def title(self) -> str:
        """Its name for people."""
        return f"OpenReview, {self.venue}"

    def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
        """Yield the notes that are public, a page at a time.

        What became public before the first look began is not listed, but completes what is known.
        """
        run = _begin(cursor, today)
        seen: set[str] = set()
        for _ in range(_MOST_PAGES):
            page = self._ask(run, today)
            size, warnings = page.size, page.warnings
            fresh = [each for each in page.notes if each.paper_id.value not in seen]
            if page.notes and not fresh:
                # A service that does not count answers with the same page for ever.
                problem = f"the notes after {run.at} are those before them once more"
                warnings, size = [SourceWarning(0, problem)], 0
            seen |= {each.paper_id.value for each in fresh}
            at = run.at + size
            newest = max([run.newest, *(each.made for each in fresh)])
            # What counts otherwise than we do must not cut a list short: a full page is not the last.
            is_counted = page.total is not None and at >= page.total and size < self.limit
            is_over = not size or is_counted
            run = replace(run, newest=newest, at=at)
            if is_over:
                run = _ended(run, today, is_empty=not (seen or at))
            listed = [each.listed for each in fresh if each.listed]
            gone = [each.paper_id for each in fresh if each.is_gone]
            yield Batch(listed, _write(run), warnings, gone)
            if is_over:
                return

    def _ask(self, run: _Run, today: date) -> _Page:
        """Return the page of notes at which a look is."""
        params = {
            "invitation": f"{self.venue}/-/Submission",
            "sort": "tcdate:asc",  # so that what is added while it is read comes last
            "count": "true",
            "limit": str(self.limit),
            "offset": str(run.at),
        }
        if run.since:
            params["mintcdate"] = str(run.since)
        answer = Node(self.client.get(self.name, _URL, params).json(self.name))
        try:
            nodes = answer.need_object().field("notes").need_items()
        except ShapeError as error:
            raise unknown_shape(self.name, error) from error
        found, warnings = read_each(
            self.name, nodes, lambda node: read_note(node, run.begun, today, run.at)
        )
        papers = [each for each in found if each is not None]
        return _Page(papers, len(nodes), answer.field("count").count(), warnings)


def _begin(cursor: str, today: date) -> _Run:
    """Return where to go on; a cursor that cannot be read counts as none."""
    try:
        said = Node(json.loads(cursor or "{}"))
    except (ValueError, RecursionError):
        said = Node(None)
    begun = said.field("begun").day()
    if begun is None or begun > today:
        return _Run(today - FIRST_LOOK)
    newest, since = _ms(said.field("newest")), _ms(said.field("since"))
    at = said.field("at").count() or 0
    read_on = said.field("read_on").day()
    if at:
        return _Run(begun, read_on, newest, since, at)
    return _Run(begun, read_on, newest, newest if read_on == today else 0)


def _ended(run: _Run, today: date, *, is_empty: bool) -> _Run:
    """Return the end of a look.

    Where nothing is public yet, all that will be is news, however long before it was made.
    """
    begun = _EVER if is_empty and not run.since else run.begun
    return _Run(begun, run.read_on if run.since else today, run.newest)


def _write(run: _Run) -> str:
    said = {"begun": run.begun.isoformat(), "newest": run.newest, "since": run.since, "at": run.at}
    return json.dumps(said | ({"read_on": run.read_on.isoformat()} if run.read_on else {}))


def _ms(node: Node) -> int:
    number = node.number()
    return int(number) if number is not None and number > 0 else 0
