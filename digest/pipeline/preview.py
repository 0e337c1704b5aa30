"""What keyword expressions would have found in the last dumps."""

from collections.abc import Iterable
from dataclasses import dataclass

from digest.clock import Clock
from digest.ranking.rank import preview
from digest.store import dumps, papers
from digest.store.engine import Database


@dataclass(frozen=True, slots=True)
class InterestPreview:
    """How much an expression matches; `examples` are (title, sentence with the words) pairs."""

    expression: str
    matched: int
    per_dump: float
    warning: str | None
    examples: tuple[tuple[str, str], ...]


def preview_interests(
    database: Database, expressions: Iterable[str], clock: Clock, last_dumps: int = 5
) -> list[InterestPreview]:
    """Return what each expression matches in the last dumps; raises ExpressionError."""
    with database.reading() as connection:
        recent = dumps.recent_dumps(connection, last_dumps)
        after = min((each.id for each in recent), default=1) - 1
        listed = papers.papers_first_listed(connection, after)
    titles = {each.paper.id: each.paper.title for each in listed}
    found = []
    for expression in expressions:
        seen = preview(expression, listed, clock())
        examples = tuple(
            (titles[entry.paper_id], entry.reasons[0].sentence if entry.reasons else "")
            for entry in seen.examples
        )
        found.append(
            InterestPreview(expression, seen.matched, seen.per_dump, seen.warning, examples)
        )
    return found
