"""Which of a reader's interests a paper meets."""

from collections.abc import Iterable
from dataclasses import dataclass

from digest.errors import ExpressionError
from digest.model.digests import Reason
from digest.model.feedback import Mute
from digest.model.papers import Paper
from digest.model.subscribers import Interest
from digest.pipeline.search import Known
from digest.ranking.expressions import Expression
from digest.ranking.query import parse
from digest.ranking.search import Search


@dataclass(frozen=True, slots=True)
class Matches:
    """The interests a paper meets, the best first, and what hides it from digests, if anything.

    `hidden_by` are exclusions, `muted_by` what is muted for a while.
    """

    reasons: tuple[Reason, ...]
    hidden_by: tuple[str, ...]
    muted_by: tuple[Mute, ...] = ()


def matches_of(
    paper: Paper, interests: Iterable[Interest], known: Known, mutes: Iterable[Mute] = ()
) -> Matches:
    """Return which interests a paper meets, as a digest would say it."""
    search = Search([paper], known.archive, known.acronyms)
    found: list[tuple[float, Reason]] = []
    hidden_by = []
    for interest in interests:
        key = _key_of(interest.expression)
        if key is None or not len(points := search.hits([key]).points):
            continue
        if key.alternatives:
            reason = search.quotation(key, 0).as_reason(interest.expression, 1.0)
            found.append((int(points[0]) * interest.weight, reason))
        else:
            hidden_by.append(interest.expression)
    found.sort(key=lambda each: -each[0])
    muted_by = tuple(
        each
        for each in mutes
        for key in (_key_of(each.expression),)
        if key is not None and len(search.hits([key]).points)
    )
    return Matches(tuple(reason for _, reason in found), tuple(hidden_by), muted_by)


def _key_of(text: str) -> Expression | None:
    """Return the key of an expression, None for one of a release that read them otherwise."""
    try:
        return parse(text).key
    except ExpressionError:
        return None
