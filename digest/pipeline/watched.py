"""How the sources are: what each gave, what it usually gives, and in what it is incomplete."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from digest.clock import Clock
from digest.model.sources import FOLDER, DayCount, Lack, Lacking, SourceState
from digest.sources.base import Judged
from digest.sources.health.expected import SPAN, Expected, expected_on
from digest.sources.health.lacking import lacking
from digest.store import lacking as store
from digest.store.engine import Connection, Database
from digest.store.sources import day_counts, know_sources, source_states
from digest.text import clean_line, clip

# Its lists come by themselves, or not.
FOLDER_TITLE = "The dumps folder"
# So far back goes the newest day with papers, for a glance.
_GLANCE = 10
_ADDRESS = re.compile(r"\w+://(?:\S*@)?([^\s/?#]*)\S*|\b([\w.-]+\.\w+(?::\d+)?)[/?#]\S*")
_QUESTION = re.compile(r"[?#]\S+")
_LONGEST_PROBLEM, _LONGEST_READ = 200, 1000
_DAY = timedelta(days=1)
_SEEN = SPAN + timedelta(days=14)
# Of a day that lists almost nothing but the papers of the day before, the source repeated itself.
_REPEATED, _USUALLY_REPEATED = 0.9, 0.5
_DAYS_COMPARED = 10


@dataclass(frozen=True, slots=True)
class Watched:
    """A source as it is at a moment; `every` is None for what comes by itself.

    `days` are the last of them, each with its papers and what was to be expected.
    """

    state: SourceState
    every: timedelta | None
    lacking: Lacking | None
    days: tuple[tuple[date, int, Expected | None], ...]

    @property
    def is_unasked(self) -> bool:
        """Tell whether it is to be asked, and never was."""
        return self.every is not None and self.state.answered_at is None

    @property
    def newest(self) -> tuple[date, int] | None:
        """Return the last day that has papers, and how many."""
        return next(((day, papers) for day, papers, _ in reversed(self.days) if papers), None)

    @property
    def usual(self) -> int | None:
        """Return how many papers such a day as that one has, None if nobody knows."""
        newest = self.newest
        found = (each for day, _, each in self.days if newest and day == newest[0])
        expected = next(found, None)
        return expected.usual if expected else None


def watch(database: Database, asked: Sequence[Judged], clock: Clock) -> bool:
    """Judge the sources and keep in what they are incomplete; tell whether that is new.

    A source that is in the settings no more is judged no more.
    """
    with database.reading() as connection:
        if set(_lacking(connection, asked, clock())) == set(store.lacking_now(connection)):
            return False
    # Judged again while nobody else takes anything in: what was missing may have come meanwhile.
    with database.ingesting() as connection:
        told = _lacking(connection, asked, clock())
        know_sources(connection, [(each.source, each.title) for each in told])
        return store.save_lacking(connection, told)


def look_over(
    database: Database, asked: Sequence[Judged], clock: Clock, days: int = _GLANCE
) -> list[Watched]:
    """Return how each source is now and was in the last days; the folder only if it has a rhythm."""
    now = clock()
    every = {each.name: each.every for each in asked}
    with database.reading() as connection:
        judged = _judged(connection, asked, now)
    return [
        Watched(state, every.get(state.name), found, _days(counts, now.date(), days))
        for state, counts, found in judged
    ]


def _lacking(connection: Connection, asked: Sequence[Judged], now: datetime) -> list[Lacking]:
    return [each for _, _, each in _judged(connection, asked, now) if each is not None]


def _judged(
    connection: Connection, asked: Sequence[Judged], now: datetime
) -> list[tuple[SourceState, list[DayCount], Lacking | None]]:
    names = [each.name for each in asked]
    known = {each.name: each for each in source_states(connection, names)}
    found = []
    for each in asked:
        state = known.get(each.name) or SourceState(each.name, each.title)
        found.append(_judge(connection, state, now, each.every))
    if FOLDER not in names:
        state, counts, told = _judge(connection, SourceState(FOLDER, FOLDER_TITLE), now, None)
        if any(expected_on(now.date() - back * _DAY, counts) for back in range(7)):
            found.append((state, counts, told))
    return found


def _judge(
    connection: Connection, state: SourceState, now: datetime, every: timedelta | None
) -> tuple[SourceState, list[DayCount], Lacking | None]:
    counts = day_counts(connection, state.name, (now - _SEEN).date())
    if every is not None:
        counts = _without_repetition(connection, state.name, counts)
    found = lacking(state, counts, now, every)
    # To the second, as it is kept.
    return (
        state,
        counts,
        replace(found, since=found.since.replace(microsecond=0)) if found else None,
    )


def _without_repetition(
    connection: Connection, name: str, counts: list[DayCount]
) -> list[DayCount]:
    """Leave the newest days out that list the papers of the day before; not if all days do."""
    if not counts:
        return counts
    fresh = len(counts)
    papers = store.papers_of_day(connection, name, counts[-1].day)
    for before in counts[-2:-_DAYS_COMPARED:-1]:
        papers_before = store.papers_of_day(connection, name, before.day)
        shared = len(papers & papers_before)
        if not papers or shared < _REPEATED * len(papers):
            # One that says the half again on any day is made like that.
            return counts if shared >= _USUALLY_REPEATED * len(papers) else counts[:fresh]
        fresh, papers = fresh - 1, papers_before
    return counts


def _days(
    counts: Sequence[DayCount], today: date, number: int
) -> tuple[tuple[date, int, Expected | None], ...]:
    papers = {each.day: each.papers for each in counts}
    days = [today - _DAY * back for back in reversed(range(number))]
    return tuple((day, papers.get(day, 0), expected_on(day, counts)) for day in days)


def in_the_open(problem: str) -> str:
    """Return what was wrong as anybody may read it: of addresses only whose they are."""
    told = _QUESTION.sub("", _ADDRESS.sub(r"\1\2", problem[:_LONGEST_READ]))
    return clip(clean_line(told), _LONGEST_PROBLEM)


def in_a_word(watched: Watched) -> str:
    """Return how a source is, in a word or two: for pages and machines."""
    if watched.lacking is not None:
        words = {Lack.SILENT: "silent", Lack.NOTHING: "nothing", Lack.FEW: "few"}
        return words[watched.lacking.lack]
    if watched.state.failures:
        return "failing"
    return "not asked yet" if watched.is_unasked else "ok"
