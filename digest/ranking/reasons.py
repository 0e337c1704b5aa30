"""Which of a reader's interests brought a paper, for many entries of digests at once."""

from dataclasses import dataclass

import numpy as np

from digest.ranking.arrays import Floats, Ints, Longs, offsets, ranges
from digest.ranking.hits import Hits
from digest.ranking.readers import Readers

MAX_REASONS = 3


@dataclass(frozen=True, slots=True)
class Reasons:
    """The reasons of entry n stand from `starts[n]` to `starts[n + 1]`, the largest share first.

    Each is one of the readers' `items`, by its place among their codes, with its share of the score.
    """

    starts: Longs
    items: Longs
    shares: Floats

    @property
    def entries(self) -> Longs:
        """The entry of each reason."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


def reasons_of(hits: Hits, readers: Readers, rows: Longs, papers: Ints) -> Reasons:
    """Return the reasons why readers' rows were given papers.

    Of equal shares the one that the reader wrote first comes first.
    """
    begins = readers.rows["begin"][rows]
    entries, items = ranges(begins, begins + readers.rows["items"][rows])
    points = hits.points_at(readers.codes[items], papers[entries])
    met = np.flatnonzero(points)
    entries, items = entries[met], items[met]
    brought = points[met] * readers.weights[items]
    totals = np.bincount(entries, brought, len(papers))
    # Whole numbers far below 2 ** 53, so the sums and the quotients are those of Python's integers.
    order = np.lexsort((-brought, entries))
    entries, items, brought = entries[order], items[order], brought[order]
    starts = offsets(np.bincount(entries, minlength=len(papers)))
    kept = np.flatnonzero(np.arange(len(entries)) - starts[entries] < MAX_REASONS)
    entries = entries[kept]
    return Reasons(
        offsets(np.bincount(entries, minlength=len(papers))),
        items[kept],
        brought[kept] / totals[entries],
    )
