"""What many readers want, as flat arrays of numbers instead of objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

# A reader's items and hidden expressions lie one after the other from `begin`.
ROW = np.dtype(
    [
        ("id", "<i8"),
        ("revision", "<i8"),
        ("begin", "<i8"),
        ("items", "<u4"),
        ("hidden", "<u2"),
        ("limit", "u1"),
        ("removed", "u1"),
    ]
)
CODE = np.dtype("<i4")
WEIGHT = np.dtype("<i2")


@dataclass(frozen=True, slots=True)
class ReaderWishes:
    """What one reader wants, every expression as it stands in the table of expressions.

    `items` are expressions with their weight in 1/16, 1 to 32767; of one that is there twice the
    larger weight counts. Papers that meet a `hidden` expression are never chosen.
    """

    subscriber_id: int
    revision: int
    limit: int
    items: Sequence[tuple[str, int]]
    hidden: Sequence[str] = ()


class Numbering(dict[str, int]):
    """Strings with their numbers, in the order they first came: asking for one adds it."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        self.texts.append(text)
        return number

    def learn(self, texts: Sequence[str]) -> None:
        """Take in strings with the numbers they were stored under: those that come next.

        They may be known already, to the writer that has just stored them.
        """
        for text in texts:
            self[text]

    def forget_from(self, number: int) -> None:
        """Forget what was added since there were `number`."""
        for text in self.texts[number:]:
            del self[text]
        del self.texts[number:]


class Texts(Sequence[str]):
    """The first strings of a vocabulary, which may grow meanwhile."""

    def __init__(self, vocabulary: Numbering) -> None:
        self._texts = vocabulary.texts
        self._count = len(vocabulary.texts)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return self._texts[: self._count][at]
        return self._texts[range(self._count)[at]]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Rows of readers, and the codes and weights they point to."""

    rows: NDArray[np.void]
    codes: NDArray[np.int32]
    weights: NDArray[np.int16]


def encode(wishes: Sequence[ReaderWishes], expressions: Numbering, begin: int) -> Encoded:
    """Return readers as arrays whose codes will stand at `begin`; new expressions get numbers.

    Raises ValueError where a number is out of its range.
    """
    rows = []
    codes: list[int] = []
    weights: list[int] = []
    for wish in wishes:
        items = _largest(wish.items, expressions)
        at = begin + len(codes)
        counts = len(items), len(wish.hidden)
        rows.append((wish.subscriber_id, wish.revision, at, *counts, wish.limit, 0))
        codes += items
        codes += [expressions[text] for text in wish.hidden]
        weights += items.values()
        weights += [0] * len(wish.hidden)
    try:
        return Encoded(np.array(rows, ROW), np.array(codes, CODE), np.array(weights, WEIGHT))
    except OverflowError as error:
        raise ValueError(f"A reader's number is out of its range: {error}") from error


def _largest(items: Sequence[tuple[str, int]], expressions: Numbering) -> Mapping[int, int]:
    largest: dict[int, int] = {}
    for text, weight in items:
        if weight < 1:
            raise ValueError(f"The weight {weight} of {text!r} is less than 1")
        code = expressions[text]
        largest[code] = max(weight, largest.get(code, 0))
    return largest


def sizes_of(rows: NDArray[np.void]) -> NDArray[np.int64]:
    """Return how many codes each row points to."""
    sizes: NDArray[np.int64] = rows["items"].astype(np.int64) + rows["hidden"]
    return sizes
