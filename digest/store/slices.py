"""Long lists in parts that one statement takes: SQLite has room for 32,766 variables."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

_SLICE = 5000


def slices(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Return a list in parts, in its order; none of an empty one."""
    return (values[start : start + _SLICE] for start in range(0, len(values), _SLICE))
