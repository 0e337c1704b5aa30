"""Where each subscriber's newest row is, among rows that are only ever added."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

UNKNOWN = -1
# The recent layer is merged into the other when it has grown to this share of it.
MERGE_AT = 8
SMALLEST_BASE = 1024


@dataclass(frozen=True, slots=True)
class Layer:
    """Subscribers in ascending order with their rows; UNKNOWN says removed."""

    ids: NDArray[np.int64]
    rows: NDArray[np.int64]

    @classmethod
    def of(cls, ids: NDArray[np.int64], rows: NDArray[np.int64]) -> Self:
        """Return a layer in which the last of equal ids counts."""
        order = np.argsort(ids, kind="stable")
        ids = ids[order]
        last = np.ones(len(ids), bool)
        last[:-1] = ids[1:] != ids[:-1]
        return cls(ids[last], rows[order][last])

    def over(self, other: Self) -> Self:
        """Return both layers as one, this one's rows first."""
        return self.of(
            np.concatenate([other.ids, self.ids]), np.concatenate([other.rows, self.rows])
        )

    def look_up(self, ids: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        """Put in the rows of the ids that are known here."""
        if len(self.ids):
            at = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
            known = self.ids[at] == ids
            rows[known] = self.rows[at[known]]


@dataclass(frozen=True, slots=True)
class RowIndex:
    """The rows of all subscribers: a large layer, and above it the recent changes."""

    base: Layer
    recent: Layer

    @classmethod
    def of(cls, rows: NDArray[np.void]) -> Self:
        """Return the index of all rows."""
        empty = Layer(np.empty(0, np.int64), np.empty(0, np.int64))
        return cls(empty, empty).plus(rows, 0)

    def plus(self, rows: NDArray[np.void], first: int) -> Self:
        """Return the index with rows that were added at `first`."""
        numbers = np.where(rows["removed"] > 0, UNKNOWN, np.arange(first, first + len(rows)))
        recent = Layer.of(rows["id"].astype(np.int64), numbers).over(self.recent)
        if len(recent.ids) * MERGE_AT <= max(len(self.base.ids), SMALLEST_BASE):
            return type(self)(self.base, recent)
        empty = Layer(recent.ids[:0], recent.rows[:0])
        merged = recent.over(self.base)
        known = merged.rows != UNKNOWN
        return type(self)(Layer(merged.ids[known], merged.rows[known]), empty)

    def rows_of(self, ids: ArrayLike) -> NDArray[np.int64]:
        """Return the row of each subscriber, UNKNOWN where there is none."""
        wanted = np.asarray(ids, np.int64)
        rows = np.full(len(wanted), UNKNOWN, np.int64)
        self.base.look_up(wanted, rows)
        self.recent.look_up(wanted, rows)
        return rows

    def all_rows(self) -> NDArray[np.int64]:
        """Return the rows of all subscribers, in the order of their ids."""
        rows: NDArray[np.int64] = self.recent.over(self.base).rows
        return np.extract(rows != UNKNOWN, rows)
