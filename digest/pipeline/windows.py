"""The papers that readers are ranked against, analysed once a window for all whom it serves.

Most readers have seen all but the newest list; one who was away for months must not have everybody of
their chunk ranked against those months. Windows begin where the papers up to now are at least 64, and
then at least four times as many each: a reader is served by the smallest one that has all they have
not seen. That makes six at most, all of which are remembered: a chunk of thousands may need each.
"""

from collections.abc import Sequence
from datetime import datetime

from digest.model.papers import ListedPaper
from digest.ranking.archive import Archive
from digest.ranking.firsts import first_listings
from digest.ranking.rank import Ranking
from digest.ranking.search import Search
from digest.store import dumps, papers
from digest.store.engine import Connection

SMALLEST = 64
GROWTH = 4
# Who was away for longer than so many papers is ranked against the newest: months of them.
MOST_PAPERS = 20_000


class Windows:
    """The windows up to a dump, by where they begin; remembered while nothing about them changes."""

    def __init__(self) -> None:
        self._state: object = None
        self._begins: list[int] = []
        self._listed: dict[int, list[ListedPaper]] = {}
        self._ranked: dict[int, Ranking] = {}
        self._archive: Archive | None = None
        self._rests_on: object = None
        self.through = 0

    def look(self, connection: Connection) -> None:
        """Take note of what was taken in or completed meanwhile."""
        self.through = dumps.newest_dump_id(connection)
        state = (self.through, papers.last_completed_at(connection))
        if state != self._state:
            self._begins = begins_of(dumps.new_papers_of(connection))
            self._listed, self._ranked, self._state = {}, {}, state

    def begin_for(self, seen_through: int) -> int:
        """Return where the window begins that serves a reader who has seen so much."""
        served = (begin for begin in self._begins if begin <= seen_through)
        return max(served, default=self._begins[0])

    def load(self, connection: Connection, begin: int) -> list[ListedPaper]:
        """Return the papers of a window, loaded once."""
        listed = self._listed.get(begin)
        if listed is None:
            listed = papers.papers_first_listed(connection, begin, self.through)
            self._listed[begin] = listed
        return listed

    def ranking(self, begin: int, now: datetime, archive: Archive, *, has_priors: bool) -> Ranking:
        """Return a window that was loaded, ready to rank; a paper's age is told in days."""
        rests_on = (now.date(), has_priors)
        if archive is not self._archive or rests_on != self._rests_on:
            self._ranked, self._archive, self._rests_on = {}, archive, rests_on
        found = self._ranked.get(begin)
        if found is None:
            listed = self._listed[begin]
            # A search of its own, which goes when the window does: 20,000 papers are some 600 MB.
            search = Search([each.paper for each in first_listings(listed)], archive)
            found = Ranking(listed, now, archive, has_priors=has_priors, search=search)
            self._ranked[begin] = found
        return found


def begins_of(counts: Sequence[tuple[int, int]]) -> list[int]:
    """Return where windows begin, ascending: dump ids of which only later ones are in the window.

    `counts` are dumps with how many papers each listed first, newest first. The first window has
    all papers, or the newest MOST_PAPERS and the rest of their dump.
    """
    listing = [(dump_id, count) for dump_id, count in counts if count]
    # From the dump before that lists any: who has seen that one has seen all up to here.
    before = [*(dump_id for dump_id, _ in listing[1:]), 0]
    found: list[tuple[int, int]] = []
    begin = total = 0
    wanted = SMALLEST
    for begin, (_, count) in zip(before, listing, strict=False):
        total += count
        if total >= wanted:
            found.append((begin, total))
            wanted = total * GROWTH
        if total >= MOST_PAPERS:
            break
    # One that is nearly as large as the first would only be analysed twice.
    return sorted({begin, *(each for each, size in found if 2 * size <= total)})
