"""Kernel: binary search, which `bisect` does not do for compiled code."""

from digest.ranking.arrays import Ints as Array
from digest.ranking.compiled import Ints, compiled


@compiled
def first_from(values: Ints | Array, low: int, high: int, wanted: int) -> int:
    """Return the first place in the ascending values[low:high] whose value is at least `wanted`."""
    while low < high:
        middle = (low + high) >> 1
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low
