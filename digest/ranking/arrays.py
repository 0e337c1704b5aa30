"""Flat arrays of runs: what belongs to n stands from one place up to another."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


def offsets(counts: Longs) -> Longs:
    """Return where each of so many begins, and where the last ends."""
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))


def ranges(first: Longs, last: Longs) -> tuple[Longs, Longs]:
    """Return all places from first[n] up to last[n], each n in turn, beside their n."""
    counts = last - first
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts - first, counts)
