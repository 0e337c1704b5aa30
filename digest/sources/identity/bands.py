"""The numbers by which a store finds abstracts that are much alike, in one indexed query."""

import numpy as np
from numpy.typing import NDArray

from digest.sources.texts.normalize import title_key

SHINGLE = 14  # letters, about three words
_OCTETS = 8  # the bytes of one 64-bit number
_DICE = np.random.default_rng(1997)  # the same for ever: the bands are stored
_MULTIPLIERS = _DICE.integers(1 << 63, size=12, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_NUMBERS = np.arange(6, dtype=np.uint64)  # so that one pair of minima is another number per band


def bands_of(abstract: str) -> tuple[int, ...]:
    """Return six numbers of 31 bits, at least one of which a similar abstract has too; none if empty.

    MinHash (Broder 1997) in bands of two: abstracts that share a fraction s of their shingles have
    a band in common with probability 1 - (1 - s^2)^6, which is 99 % at three quarters; two papers
    of one field share a hundredth, and so hardly ever one.
    """
    octets = np.frombuffer(title_key(abstract).encode("utf-8"), dtype=np.uint8)
    if octets.size == 0:
        return ()
    octets = np.pad(octets, (0, max(0, SHINGLE - octets.size)))
    windows = np.lib.stride_tricks.sliding_window_view(octets, _OCTETS)
    numbers = np.ascontiguousarray(windows).view("<u8").ravel()
    apart = SHINGLE - _OCTETS
    shingles = _mixed(numbers[:-apart] ^ _mixed(numbers[apart:]))
    least = (shingles[np.newaxis, :] * _MULTIPLIERS[:, np.newaxis]).min(axis=1)
    pairs = _mixed(least[::2] ^ _mixed(least[1::2] + _NUMBERS))
    return tuple(int(band) for band in pairs >> np.uint64(33))


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the numbers with their bits spread evenly (the finaliser of splitmix64)."""
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
