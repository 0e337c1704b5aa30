"""Ask a source what it has, and keep nothing of it: for somebody who wants to see whether it works."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from digest.clock import Clock, steady
from digest.errors import SourceError
from digest.sources.base import Source, SourceWarning
from digest.store.engine import Database
from digest.store.sources import source_states

_TITLES = 3
_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What a source answered: how many papers, of which days, and the first of their titles.

    `has_more` says that it was not asked for all; `problem` is "" if it answered as it should.
    """

    name: str
    title: str
    answers: int
    papers: int
    withdrawn: int
    newest: date | None
    titles: tuple[str, ...]
    warnings: tuple[SourceWarning, ...]
    seconds: float
    has_more: bool = False
    problem: str = ""

    @property
    def is_good(self) -> bool:
        """Tell whether it answered as it should."""
        return not self.problem


def check_source(  # noqa: PLR0913  a source, and how it is asked
    database: Database,
    source: Source,
    clock: Clock,
    advance: Callable[[int], object] = lambda _count: None,
    *,
    most: int = 3,
    is_fresh: bool = False,
) -> Checked:
    """Ask a source for what is new since its cursor, or since long ago if `is_fresh`.

    No more than `most` answers are asked for, with the waits between them that the service wants.
    Nothing is stored but whose turn it is.
    """
    cursor = "" if is_fresh else _cursor(database, source)
    began = steady()
    answers = papers = withdrawn = 0
    newest: date | None = None
    titles: list[str] = []
    warnings: list[SourceWarning] = []
    problem, has_more = "", False
    try:
        for batch in source.harvest(cursor, clock().date()):
            answers += 1
            papers += len(batch.listed)
            withdrawn += len(batch.withdrawn)
            newest = max((each.day for each in batch.listed), default=newest)
            titles += [each.record.title for each in batch.listed[: _TITLES - len(titles)]]
            warnings += batch.warnings[: _WARNINGS - len(warnings)]
            advance(len(batch.listed))
            if answers >= most:
                has_more = True
                break
    except SourceError as error:
        problem = error.problem
    return Checked(
        name=source.name,
        title=source.title,
        answers=answers,
        papers=papers,
        withdrawn=withdrawn,
        newest=newest,
        titles=tuple(titles),
        warnings=tuple(warnings),
        seconds=steady() - began,
        has_more=has_more,
        problem=problem,
    )


def _cursor(database: Database, source: Source) -> str:
    with database.reading() as connection:
        known = source_states(connection, [source.name])
    return known[0].cursor if known else ""
