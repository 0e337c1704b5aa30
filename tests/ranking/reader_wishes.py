"""Readers for the kernels, from what each wants: what `AskedProfiles` makes of profiles, and no more."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from digest.ranking.numbering import Numbering
from digest.ranking.readers import CODE, ROW, WEIGHT, Readers


@dataclass(frozen=True, slots=True)
class ReaderWishes:
    """What one reader wants, every expression in the form that all share who ask the same.

    `items` are expressions with their weight in 1/16, 1 to 32767; of one that is there twice the
    larger weight counts. Papers that meet a `hidden` expression are never chosen.
    """

    subscriber_id: int
    limit: int
    items: Sequence[tuple[str, int]]
    hidden: Sequence[str] = ()


def build_readers(wishes: Iterable[ReaderWishes]) -> Readers:
    """Return readers, in the order they come in; by the million they take no more than arrays."""
    expressions, codes, weights = Numbering(), array("i"), array("h")

    def rows() -> Iterator[tuple[int, int, int, int]]:
        for wish in wishes:
            begin = len(codes)
            largest: dict[int, int] = {}
            for text, weight in wish.items:
                code = expressions[text]
                largest[code] = max(weight, largest.get(code, 0))
            codes.extend(largest)
            codes.extend(expressions[text] for text in wish.hidden)
            weights.extend(largest.values())
            weights.extend([0] * len(wish.hidden))
            yield begin, len(largest), len(wish.hidden), wish.limit

    found = np.fromiter(rows(), ROW)
    return Readers(found, np.array(codes, CODE), np.array(weights, WEIGHT), expressions.texts)
