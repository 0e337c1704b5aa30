"""How much an interest counts, in its reader's own writing, and how to let it count more or less."""

import re
from dataclasses import dataclass

from digest.model.subscribers import MAX_EXPRESSION
from digest.ranking.query import parse

# What the buttons lead through; by hand any weight may be written.
_STEPS = (0.25, 0.5, 1.0, 2.0, 4.0)
_WRITTEN = re.compile(r"\s*\^[0-9.]+\s*$")


@dataclass(frozen=True, slots=True)
class Weighed:
    """How much an interest counts; the same with more and with less, "" where that is the end."""

    weight: float
    more: str
    less: str


def weighed(expression: str) -> Weighed | None:
    """Return how much an expression counts, None if it finds nothing; raises ExpressionError."""
    parsed = parse(expression)
    if not parsed.alternatives:
        return None
    more = next((step for step in _STEPS if step > parsed.weight), None)
    less = next((step for step in reversed(_STEPS) if step < parsed.weight), None)
    return Weighed(parsed.weight, _with(expression, more), _with(expression, less))


def _with(expression: str, weight: float | None) -> str:
    if weight is None:
        return ""
    plain = _WRITTEN.sub("", expression)
    changed = plain if weight == 1 else f"{plain}^{weight:g}"
    return changed if len(changed) <= MAX_EXPRESSION else ""
