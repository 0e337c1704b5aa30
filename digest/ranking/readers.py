"""The readers as ranking sees them: flat arrays of what each wants, by the thousand or million."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A reader's items and hidden expressions lie one after the other from `begin`. Memory views, which
# kernels read where they are not compiled, must be aligned.
ROW = np.dtype(
    [("begin", np.int64), ("items", np.uint32), ("hidden", np.uint16), ("limit", np.uint8)],
    align=True,
)
CODE = np.dtype("<i4")
WEIGHT = np.dtype("<i2")


@dataclass(frozen=True, slots=True)
class Readers:
    """Many readers at one moment, a row for each.

    Of a reader's row, `codes[begin:]` and `weights[begin:]` are first the items, then the hidden
    expressions; codes are numbers in `expressions`, weights count 1/16.
    """

    rows: NDArray[np.void]
    codes: NDArray[np.int32]
    weights: NDArray[np.int16]
    expressions: Sequence[str]

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
