"""The readers as ranking sees them: flat arrays of what each wants, by the thousand or million."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digest.ranking.row_index import RowIndex
from digest.ranking.wishes import CODE, ROW, WEIGHT, Encoded, Numbering, ReaderWishes, Texts, encode

CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Readers:
    """Many readers at one moment; later changes make another of these.

    Of a reader's row, `codes[begin:]` and `weights[begin:]` are first the items, then the hidden
    expressions; codes are numbers in `expressions`. Rows may be left over from before a change:
    `rows_of` and `all_rows` know which ones count.
    """

    rows: NDArray[np.void]
    codes: NDArray[np.int32]
    weights: NDArray[np.int16]
    index: RowIndex
    expressions: Sequence[str]

    @classmethod
    def build(cls, wishes: Iterable[ReaderWishes]) -> Self:
        """Return readers that are kept in memory only."""
        expressions = Numbering()
        parts = []
        begin = 0
        for part in _encoded(wishes, expressions):
            part.rows["begin"] += begin
            begin += len(part.codes)
            parts.append(part)
        rows = np.concatenate([np.empty(0, ROW), *(part.rows for part in parts)])
        codes = np.concatenate([np.empty(0, CODE), *(part.codes for part in parts)])
        weights = np.concatenate([np.empty(0, WEIGHT), *(part.weights for part in parts)])
        return cls(rows, codes, weights, RowIndex.of(rows), Texts(expressions))

    def rows_of(self, subscriber_ids: ArrayLike) -> NDArray[np.int64]:
        """Return the row of each subscriber, -1 where it is not known."""
        return self.index.rows_of(subscriber_ids)

    def all_rows(self) -> NDArray[np.int64]:
        """Return the rows of all subscribers, in the order of their ids."""
        return self.index.all_rows()

    def stale(self, subscriber_ids: ArrayLike, revisions: ArrayLike) -> NDArray[np.int64]:
        """Return the ids of those who are not known, or known with another revision."""
        ids = np.asarray(subscriber_ids, np.int64)
        rows = self.rows_of(ids)
        same = rows >= 0
        same[same] = self.rows["revision"][rows[same]] == np.asarray(revisions, np.int64)[same]
        return ids[~same]

    def items_of(self, row: int) -> list[tuple[int, int]]:
        """Return a reader's items: number of the expression, and weight."""
        begin = int(self.rows["begin"][row])
        end = begin + int(self.rows["items"][row])
        return list(
            zip(self.codes[begin:end].tolist(), self.weights[begin:end].tolist(), strict=True)
        )

    def hidden_of(self, row: int) -> list[int]:
        """Return the numbers of the expressions that hide papers from a reader."""
        begin = int(self.rows["begin"][row]) + int(self.rows["items"][row])
        hidden: list[int] = self.codes[begin : begin + int(self.rows["hidden"][row])].tolist()
        return hidden


def _encoded(wishes: Iterable[ReaderWishes], expressions: Numbering) -> Iterable[Encoded]:
    remaining = iter(wishes)
    while chunk := list(islice(remaining, CHUNK)):
        yield encode(chunk, expressions, 0)
