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

    Strings nobody uses any more are left out and the others numbered anew, in the same order.
    """
    live = readers.all_rows()
    rows = readers.rows[live]
    sizes = sizes_of(rows)
    ends = np.cumsum(sizes)
    begins = ends - sizes
    places = np.repeat(rows["begin"] - begins, sizes) + np.arange(ends[-1] if len(ends) else 0)
    codes = readers.codes[places]
    kinds = np.column_stack([sizes - rows["terms"], rows["terms"]]).reshape(-1).astype(np.int64)
    is_stem = np.repeat(np.arange(len(kinds)) % 2 == 1, kinds)
    rows["begin"] = begins
    expressions = _renumber(codes, ~is_stem, readers.expressions)
    stems = _renumber(codes, is_stem, readers.stems)
    return {
        "rows": rows,
        "codes": codes,
        "weights": readers.weights[places],
        **texts_as_parts("expression", expressions, 0),
        **texts_as_parts("stem", stems, 0),
    }


def _renumber(
    codes: NDArray[np.int32], chosen: NDArray[np.bool_], texts: Sequence[str]
) -> list[str]:
    """Return the strings that are used, and change the chosen codes to their numbers among them."""
    used = np.unique(codes[chosen])
    numbers = np.zeros(len(texts), CODE)
    numbers[used] = np.arange(len(used))
    codes[chosen] = numbers[codes[chosen]]
    return [texts[number] for number in used.tolist()]


def texts_as_parts(kind: str, texts: Sequence[str], before: int) -> Mapping[str, NDArray[Any]]:
    """Return strings as bytes, and where each ends when `before` bytes are there already."""
    encoded = [text.encode() for text in texts]
    ends = before + np.cumsum([len(text) for text in encoded], dtype=np.int64)
    return {f"{kind}s": np.frombuffer(b"".join(encoded), np.uint8), f"{kind}_ends": ends}


def texts_of(parts: Mapping[str, NDArray[Any]], kind: str, known: int) -> list[str]:
    """Return the strings that were stored after the first `known`."""
    ends = parts[f"{kind}_ends"]
    begin = int(ends[known - 1]) if known else 0
    data = parts[f"{kind}s"][begin:].tobytes()
    starts = [0, *(ends[known:] - begin).tolist()]
    return [data[start:end].decode() for start, end in pairwise(starts)]
