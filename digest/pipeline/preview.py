"""What keyword expressions would have found in the last dumps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from digest.clock import Clock
from digest.model.digests import Entry, Reason
from digest.model.papers import Paper
from digest.ranking.archive import Archive
from digest.ranking.preview import Preview, RecentPapers
from digest.store import dumps, papers
from digest.store.engine import Database

LAST_DUMPS = 30


@dataclass(frozen=True, slots=True)
class Example:
    """A paper an expression finds or hides, and why."""

    paper: Paper
    reason: Reason


@dataclass(frozen=True, slots=True)
class InterestPreview:
    """What an expression, as its reader wrote it, finds in the last dumps, with papers to show."""

    expression: str
    found: Preview
    examples: tuple[Example, ...]
    hidden: tuple[Example, ...]


def preview_interests(
    database: Database,
    archive: Archive,
    expressions: Iterable[str],
    clock: Clock,
    last_dumps: int = LAST_DUMPS,
) -> list[InterestPreview]:
    """Return what each expression matches in the last dumps; raises ExpressionError.

    Reads and analyses all their papers: whoever is asked often keeps RecentPapers.
    """
    return previews_of(recent_papers(database, archive, last_dumps), expressions, clock())


def recent_papers(
    database: Database, archive: Archive, last_dumps: int = LAST_DUMPS
) -> RecentPapers:
    """Return the papers of the last dumps, analysed."""
    with database.reading() as connection:
        recent = dumps.recent_dumps(connection, last_dumps)
        after = min((each.id for each in recent), default=1) - 1
        listed = papers.papers_first_listed(connection, after)
    return RecentPapers(listed, archive)


def previews_of(
    recent: RecentPapers, expressions: Iterable[str], now: datetime
) -> list[InterestPreview]:
    """Return what each expression matches among papers; raises ExpressionError."""
    by_id = {each.paper.id: each.paper for each in recent.listed}

    def shown(entries: tuple[Entry, ...]) -> tuple[Example, ...]:
        return tuple(Example(by_id[each.paper_id], each.reasons[0]) for each in entries)

    return [
        InterestPreview(
            expression, preview, shown(preview.examples), shown(preview.hidden_examples)
        )
        for expression in expressions
        for preview in (recent.preview(expression, now),)
    ]
