"""What an expression that a reader wrote means to all who ask the same."""

from functools import lru_cache
from typing import NamedTuple

from digest.errors import ExpressionError
from digest.ranking.query import parse


class Meaning(NamedTuple):
    """The text all share who ask the same, its weight, and whether it only excludes."""

    text: str
    weight: float
    only_excludes: bool


@lru_cache(maxsize=1 << 17)
def meaning_of(expression: str) -> Meaning | str:
    """Return what an expression means; of what can no longer be read, what is wrong with it."""
    try:
        parsed = parse(expression)
    except ExpressionError as error:
        return error.problem
    return Meaning(str(parsed.key), parsed.weight, not parsed.alternatives)
