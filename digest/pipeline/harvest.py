"""Ask a live source for what is new, and take it in, an answer at a time."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from digest.clock import Clock
from digest.errors import SourceAwayError, SourceError, StoreAwayError
from digest.model.papers import DateOrigin, Dump
from digest.pipeline.asking import TURN, keeping_turn
from digest.pipeline.intake import CHUNK, Intake, Recognised
from digest.pipeline.marking import mark_papers
from digest.sources.base import Batch, Listed, Source, SourceWarning
from digest.sources.identity.paper_ids import normal_ids
from digest.store import dumps, papers, sources
from digest.store.engine import Database, told_if_away

LAYOUT = "live"
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
_LONGEST_ASKED = timedelta(days=1)
_MOST_WARNINGS = 100
_FAULT = "cannot be taken in, by a fault of Digest's: the log has it"


class _OvertakenError(Exception):
    """Ends a transaction: somebody else asks this source by now."""


@dataclass(frozen=True, slots=True)
class LookReport:
    """What came of a look at a source: how many listings and new papers, or what was wrong.

    `completed` are known papers that gained something. What came before a problem is kept.
    """

    source: str
    papers: int = 0
    new_papers: int = 0
    completed: int = 0
    warnings: tuple[SourceWarning, ...] = ()
    problem: str = ""

    @property
    def has_news(self) -> bool:
        """Tell whether anything was written that a feed may show."""
        return bool(self.papers or self.completed)

    def __add__(self, other: "LookReport") -> "LookReport":
        return LookReport(
            self.source,
            self.papers + other.papers,
            self.new_papers + other.new_papers,
            self.completed + other.completed,
            (*self.warnings, *other.warnings)[:_MOST_WARNINGS],
            self.problem or other.problem,
        )


def look_at(
    database: Database,
    source: Source,
    clock: Clock,
    is_stopping: Callable[[], bool] = lambda: False,
    advance: Callable[[int], object] = lambda _count: None,
) -> LookReport | None:
    """Ask a source for what is new since its cursor, if it is due; None if it is not.

    Each answer is one transaction with the cursor after it: killed half way, the next look goes on
    there. Two who look at once take turns. No transaction is open while the service is waited for.
    A problem of the source ends the look, and is written down with it and in the report.
    """
    claimed = clock()
    with database.writing() as connection:
        sources.know_sources(connection, [(source.name, source.title)])
        state = sources.claim_source(connection, source.name, claimed, claimed + TURN)
    if state is None:
        return None
    report = LookReport(source.name)
    try:
        with keeping_turn(database, source.name, claimed, clock), told_if_away():
            for batch in source.harvest(state.cursor, claimed.date()):
                report += _keep(database, source, batch, claimed, clock)
                advance(len(batch.listed))
                if is_stopping():
                    break
    except _OvertakenError:
        return report
    except SourceError as error:
        asked = error.wait if isinstance(error, SourceAwayError) else None
        if asked is None and is_stopping():
            # It was left in the middle, which is no fault of its: it is asked again at the start.
            with database.writing() as connection:
                sources.leave_source(connection, source.name, claimed, clock())
            return report
        wait = next_wait(state.failures + 1, source.every, asked)
        now = clock()
        with database.writing() as connection:
            sources.note_failed(connection, source.name, claimed, error.problem, now, now + wait)
        return report + LookReport(source.name, problem=error.problem)
    except StoreAwayError:
        raise  # no fault of the source: it is asked again once the turn is over
    except Exception:
        now = clock()
        wait = next_wait(state.failures + 1, source.every, None)
        with database.writing() as connection:
            sources.note_failed(connection, source.name, claimed, _FAULT, now, now + wait)
        raise
    now = clock()
    # Told to stop, it goes on at once after the next start.
    following = now if is_stopping() else now + source.every
    with database.writing() as connection:
        sources.note_answered(connection, source.name, claimed, now, following)
    return report


def next_wait(failures: int, every: timedelta, asked: timedelta | None) -> timedelta:
    """Return how long to leave a source alone after so many failures in a row.

    As long as it asked for, a day at most; else a minute, and twice as long each time, until it is
    as long as between two looks, or an hour where those are further apart.
    """
    if asked is not None:
        return max(_FIRST_WAIT, min(asked, _LONGEST_ASKED))
    doubled: timedelta = _FIRST_WAIT * 2 ** min(failures - 1, 10)
    return min(doubled, max(_FIRST_WAIT, min(every, _LONGEST_WAIT)))


def _keep(
    database: Database, source: Source, batch: Batch, claimed: datetime, clock: Clock
) -> LookReport:
    """Take an answer in, whole, with the cursor after it.

    Of each day only what the source has not listed under it before makes a dump, so that an answer
    that says again what is known adds none.
    """
    with database.ingesting() as connection:
        now = clock()
        intake = Intake(connection, now, source.name)
        lists = _Lists(intake, source)
        # Of a paper that is listed under two days, the first is its first listing.
        listed = sorted(batch.listed, key=lambda each: each.day)
        for start in range(0, len(listed), CHUNK):
            lists.take(listed[start : start + CHUNK])
        count = lists.close()
        gone = papers.withdraw_papers(connection, normal_ids(batch.withdrawn), now)
        mark_papers(connection, gone)
        report = LookReport(
            source.name, count, intake.new_papers, intake.completed, tuple(batch.warnings)
        )
        if not sources.move_cursor(
            connection, source.name, claimed, batch.cursor, now, has_news=bool(count)
        ):
            raise _OvertakenError
    return report


@dataclass
class _Dump:
    """What a source lists anew under one day, as far as it is stored."""

    id: int
    papers: int = 0
    new_papers: int = 0
    used: set[int] = field(default_factory=set)

    def place(self, wanted: int) -> int:
        """Return a position that is free: the one in the source's own list if there is one."""
        place = wanted
        while place < 1 or place in self.used:
            place = max(place + 1, len(self.used) + 1)
        self.used.add(place)
        return place


@dataclass
class _Lists:
    """The lists of an answer, a dump a day, each begun when there is something to put in."""

    intake: Intake
    source: Source
    dumps: dict[date, _Dump] = field(default_factory=dict)

    def take(self, listed: list[Listed]) -> None:
        """Store a chunk of records, ascending by day."""
        found = self.intake.recognise([each.record for each in listed])
        by_day: dict[date, list[int]] = {}
        for place, each in enumerate(listed):
            if found.numbers[place] is not None and not each.record.is_update:
                by_day.setdefault(each.day, []).append(place)
        stored: dict[int, int] = {}
        for day, places in by_day.items():
            self._list(day, places, found, stored)

    def close(self) -> int:
        """Write down how long the lists became; return how many listings they are together."""
        for dump in self.dumps.values():
            dumps.count_dump(self.intake.connection, dump.id, dump.papers, dump.new_papers)
        return sum(dump.papers for dump in self.dumps.values())

    def _list(
        self, day: date, places: list[int], found: Recognised, stored: dict[int, int]
    ) -> None:
        """List records under a day; `stored` has the ids of new papers by their numbers."""
        connection = self.intake.connection
        places_by_number: dict[int, int] = {}
        for place in places:
            number = found.numbers[place] or 0
            places_by_number.setdefault(stored.get(number, number), place)
        known = {number for number in places_by_number if number > 0}
        before = sources.listed_already(connection, self.source.name, day, known)
        fresh = {n: place for n, place in places_by_number.items() if n not in before}
        if not fresh:
            return
        dump = self.dumps.get(day) or self._begin(day, found, next(iter(fresh)))
        new = [number for number in fresh if number < 0]
        ids = self.intake.add([found.new[~number] for number in new], dump.id)
        stored.update(zip(new, ids, strict=True))
        listings = [
            (dump.place(found.records[place].position), stored.get(number, number))
            for number, place in fresh.items()
        ]
        papers.add_listings(connection, dump.id, listings)
        dump.papers += len(fresh)
        dump.new_papers += len(new)

    def _begin(self, day: date, found: Recognised, number: int) -> _Dump:
        # No other dump of this source and day begins with this paper: it is listed there once.
        paper = found.new[~number].key if number < 0 else str(number)
        checksum = hashlib.sha256(f"{self.source.name}\0{day}\0{paper}".encode()).hexdigest()
        dump = Dump(
            source=self.source.name,
            name=f"{self.source.title}, {day}"[:255],
            checksum=checksum,
            dated_on=day,
            date_origin=DateOrigin.STATED,
            layout=LAYOUT,
            is_ranked=self.source.is_ranked,
        )
        number_of_dump = dumps.add_dump(self.intake.connection, dump, self.intake.now)
        assert number_of_dump is not None  # noqa: S101  see above
        return self.dumps.setdefault(day, _Dump(number_of_dump))
