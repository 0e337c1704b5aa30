"""The papers of many readers at once, from what every expression found in the batch.

The rules are those of one reader's selection: a paper is worth the sum of its weighted points, an
interest counts a little less for each paper it has brought, and none that found something goes
without a place while there are places. Near-duplicates are folded under the one that was taken.
All in integers, so any number of threads gives the same lists, compiled or not.
"""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digest.ranking.arrays import offsets
from digest.ranking.chosen import Asked, Chosen, Extras, Scored, check
from digest.ranking.compiled import COMPILED, column, plain, results, scratch, shared
from digest.ranking.desk import Asking, Desk, Found, Known, Work
from digest.ranking.hits import Hits
from digest.ranking.picking import choose_range
from digest.ranking.readers import CODE, ROW, WEIGHT, Readers

# So many parts for each thread that none waits long for the last one.
PARTS = 8
# Slots for open papers at first; few readers need more, and those get a larger desk.
ROOM = 64


def choose_all(  # noqa: PLR0913
    batch: Scored,
    readers: Readers,
    asked: Asked,
    *,
    extras: Extras | None = None,
    threads: int = 1,
    fast: bool = COMPILED,
) -> Chosen:
    """Return the papers of each reader asked for, in their order.

    `extras[n, paper]` is added to what a paper that an item met is worth to reader n, in the unit
    of weight times points, and neither discounted nor multiplied by the prior. `fast` says whether
    to run compiled. Memory beside the result is a few bytes for each paper, expression hit and
    thread.
    """
    check(batch, readers, asked, extras)
    count = len(asked.rows)
    chosen = Chosen.empty(count, asked.most)
    if not count or not batch.paper_count:
        return chosen
    call = _Call(batch, readers, asked, extras, chosen, fast=fast)
    if threads == 1:
        call.serve(0, count)
        return chosen
    bounds = np.linspace(0, count, min(count, threads * PARTS) + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(call.serve, begin, end) for begin, end in pairwise(bounds)]:
            done.result()
    return chosen


def warm() -> None:
    """Compile everything on tiny input, so that no reader waits for it; for a worker's start."""
    row, codes, weights = (0, 1, 1, 1), (0, 1), (1, 0)  # one item, and one that hides papers
    readers = Readers(
        np.array([row], ROW), np.array(codes, CODE), np.array(weights, WEIGHT), ("a", "b")
    )
    batch = Scored(Hits.of([[(0, 1)], []]), np.ones(1, np.int32), np.full(1, -1, np.int32))
    choose_all(batch, readers, Asked.of([0], 1))


class _Call:
    """One call's arrays in the form the kernel takes; threads share it and have a desk each."""

    def __init__(  # noqa: PLR0913
        self,
        batch: Scored,
        readers: Readers,
        asked: Asked,
        extras: Extras | None,
        chosen: Chosen,
        *,
        fast: bool,
    ) -> None:
        self.fast = fast
        self.papers = batch.paper_count
        self.items = int(readers.rows["items"][asked.rows].max())
        self.known = _known(batch, fast=fast)
        self.asking = _asking(readers, asked, extras, fast=fast)
        outputs = (chosen.papers, chosen.values, chosen.matched, chosen.excluded)
        flat = (results(array.reshape(-1), fast=fast) for array in outputs)
        self.found = Found(asked.most, *flat)
        self.kernel = choose_range if fast else plain(choose_range)

    def serve(self, begin: int, end: int) -> None:
        room = ROOM
        while begin < end:
            work = Work(self.known, self.asking, self.found, self.desk(room))
            begin = self.kernel(work, begin, end)
            room *= 4

    def desk(self, room: int) -> Desk:
        papers = self.papers + 1
        sizes: dict[str, tuple[int, type[np.generic]]] = {
            "sums": (papers, np.int64),
            "states": (papers, np.uint8),
            "slots": (papers, np.uint32),
            "touched": (papers, np.uint32),
            "worths": (papers, np.int64),
            "begins": (self.items, np.int64),
            "ends": (self.items, np.int64),
            "brought": (self.items, np.int64),
            "waiting": (self.items, np.int64),
            "meeting": (self.items, np.int64),
            # Opening writes first and counts then, so all papers may be written.
            "opened": (papers + room, np.int64),
            "values": (room, np.int64),
            "shares": (room * self.items, np.int64),
        }
        columns = {name: scratch(*size, fast=self.fast) for name, size in sizes.items()}
        return Desk(**columns, room=room)


def _known(batch: Scored, *, fast: bool) -> Known:
    hits = batch.hits
    columns = (
        hits.starts,
        # Of an index without a sign the compiled code need not ask whether it counts from the end.
        hits.papers.view(np.uint32),
        hits.points,
        batch.priors,
        *_members(batch.groups),
    )
    return Known(*(shared(each, fast=fast) for each in columns))


def _members(
    groups: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the groups numbered from 0, and where the members of each are among all members."""
    members = np.argsort(groups, kind="stable")[np.count_nonzero(groups < 0) :]
    numbers, counts = np.unique(groups[members], return_counts=True)
    numbered = np.where(groups < 0, -1, np.searchsorted(numbers, groups))
    return numbered, offsets(counts), members


def _asking(readers: Readers, asked: Asked, extras: Extras | None, *, fast: bool) -> Asking:
    # The column of a single row counts as without gaps, and numba would compile anew for that.
    rows = readers.rows if len(readers.rows) > 1 else np.resize(readers.rows, 2)
    columns = (
        *(rows[name] for name in ("begin", "items", "hidden", "limit")),
        readers.codes,
        readers.weights,
        asked.rows,
        asked.first,
        asked.seen_starts,
        asked.seen_papers,
        np.zeros(0, np.int32) if extras is None else np.ascontiguousarray(extras).reshape(-1),
    )
    stride = 0 if extras is None else extras.shape[1]
    return Asking(stride, *(column(each, fast=fast) for each in columns))
