"""The readers that count, without what changes have left behind."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digest.ranking.readers import Readers
from digest.ranking.wishes import CODE, sizes_of


def compacted(readers: Readers) -> Mapping[str, NDArray[Any]]:
    """Return all parts of a generation with the newest row of each reader and no other.

    Expressions nobody uses any more are left out, the others numbered anew in the same order.
    """
    live = readers.all_rows()
    rows = readers.rows[live]
    sizes = sizes_of(rows)
    ends = np.cumsum(sizes)
    begins = ends - sizes
    places = np.repeat(rows["begin"] - begins, sizes) + np.arange(ends[-1] if len(ends) else 0)
    codes = readers.codes[places]
    rows["begin"] = begins
    used, codes = np.unique(codes, return_inverse=True)
    expressions = [readers.expressions[number] for number in used.tolist()]
    return {
        "rows": rows,
        "codes": codes.astype(CODE),
        "weights": readers.weights[places],
        **texts_as_parts(expressions, 0),
    }


def texts_as_parts(texts: Sequence[str], before: int) -> Mapping[str, NDArray[Any]]:
    """Return strings as bytes, and where each ends when `before` bytes are there already."""
    encoded = [text.encode() for text in texts]
    ends = before + np.cumsum([len(text) for text in encoded], dtype=np.int64)
    return {"expressions": np.frombuffer(b"".join(encoded), np.uint8), "expression_ends": ends}


def texts_of(parts: Mapping[str, NDArray[Any]], known: int) -> list[str]:
    """Return the strings that were stored after the first `known`."""
    ends = parts["expression_ends"]
    begin = int(ends[known - 1]) if known else 0
    data = parts["expressions"][begin:].tobytes()
    starts = [0, *(ends[known:] - begin).tolist()]
    return [data[start:end].decode() for start, end in pairwise(starts)]
