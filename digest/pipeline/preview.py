"""What keyword expressions would have found in the last dumps."""

from collections.abc import Iterable
from dataclasses import dataclass

from digest.clock import Clock
from digest.model.digests import Reason
from digest.model.papers import Paper
from digest.ranking.rank import preview
from digest.store import dumps, papers
from digest.store.engine import Database


@dataclass(frozen=True, slots=True)
class Example:
    """A paper an expression finds, and why."""

    paper: Paper
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class InterestPreview:
    """What an expression finds in the last dumps."""

    expression: str
    matched: int
    per_dump: float
    warning: str | None
    examples: tuple[Example, ...]


def preview_interests(
    database: Database, expressions: Iterable[str], clock: Clock, last_dumps: int = 5
) -> list[InterestPreview]:
    """Return what each expression matches in the last dumps; raises ExpressionError."""
    with database.reading() as connection:
        recent = dumps.recent_dumps(connection, last_dumps)
        after = min((each.id for each in recent), default=1) - 1
        listed = papers.papers_first_listed(connection, after)
    by_id = {each.paper.id: each.paper for each in listed}
    now = clock()
    found = []
    for expression in expressions:
        seen = preview(expression, listed, now)
        examples = tuple(
            Example(by_id[entry.paper_id], entry.reasons[0] if entry.reasons else None)
            for entry in seen.examples
        )
        found.append(
            InterestPreview(expression, seen.matched, seen.per_dump, seen.warning, examples)
        )
    return found
