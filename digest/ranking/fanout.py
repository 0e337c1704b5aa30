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

from digest.ranking.chosen import MOST, Asked, Batch, Chosen, Likes, check
from digest.ranking.compiled import COMPILED, column, plain, results, scratch, shared
from digest.ranking.desk import NUMBERS, Asking, Desk, Found, Known, Work
from digest.ranking.hits import Hits
from digest.ranking.picking import choose_range
from digest.ranking.readers import Readers
from digest.ranking.wishes import ReaderWishes

DISCOUNT_UNIT = 1 << 16
# .97 for each earlier paper: it showed more of what was asked for, and cost nothing (ranking.md 3.7).
DISCOUNTS = np.array([round(DISCOUNT_UNIT * 0.97**n) for n in range(MOST + 1)])
# So many parts for each thread that none waits long for the last one.
PARTS = 8
# Slots for opened papers at first; few readers need more, and those get a larger desk.
ROOM = 256
NARROW = 1 << 16


def choose_all(
    batch: Batch, readers: Readers, asked: Asked, *, threads: int = 1, fast: bool = COMPILED
) -> Chosen:
    """Return the papers of each reader asked for, in their order.

    `fast` says whether to run compiled. Memory beside the result is a few bytes for each paper,
    expression hit and thread.
    """
    check(batch, readers, asked)
    count = len(asked.rows)
    chosen = Chosen.empty(count, asked.most)
    if not count or not batch.paper_count:
        return chosen
    call = _Call(batch, readers, asked, chosen, fast=fast)
    bounds = np.linspace(0, count, min(count, threads * PARTS) + 1).astype(int).tolist()
    if threads == 1:
        call.serve(0, count)
        return chosen
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(call.serve, begin, end) for begin, end in pairwise(bounds)]:
            done.result()
    return chosen


def warm() -> None:
    """Compile everything on tiny input, so that no reader waits for it; for a worker's start."""
    readers = Readers.build([ReaderWishes(1, 1, 1, [("a", 1)], ["b"], [("c", 1)])])
    asked = Asked.of(readers.all_rows(), 1)
    for papers in (2, (1 << 16) + 1):
        ends = [(0, 1), (papers - 1, 1)]
        likes = Likes(Hits.of([ends]))
        alone = np.full(papers, -1, np.int32)
        batch = Batch(Hits.of([ends, []]), np.ones(papers, np.int32), alone, likes)
        choose_all(batch, readers, asked)


class _Call:
    """One call's arrays in the form the kernel takes; threads share it and have a desk each."""

    def __init__(
        self, batch: Batch, readers: Readers, asked: Asked, chosen: Chosen, *, fast: bool
    ) -> None:
        self.fast = fast
        self.papers = batch.paper_count
        self.items = int(readers.rows["items"][asked.rows].max())
        self.known = _known(batch, fast=fast)
        self.asking = _asking(readers, asked, fast=fast)
        outputs = (chosen.papers, chosen.values, chosen.matched, chosen.excluded)
        flat = (results(array.reshape(-1), fast=fast) for array in outputs)
        self.found = Found(asked.most, *flat)
        self.kernel = choose_range if fast else plain(choose_range)

    def serve(self, begin: int, end: int) -> None:
        room = min(ROOM, self.papers + 2)
        while begin < end:
            work = Work(self.known, self.asking, self.found, self.desk(room))
            begin = self.kernel(work, begin, end)
            room = min(4 * room, self.papers + 2)

    def desk(self, room: int) -> Desk:
        papers = self.papers + 1
        sizes: dict[str, tuple[int, type[np.generic]]] = {
            "sums": (papers, np.int64),
            "likes": (papers, np.int64),
            "states": (papers, np.uint8),
            "slots": (papers, np.int32),
            "touched": (papers, np.uint32),
            "worths": (papers, np.int64),
            "opened": (room, np.uint32),
            "values": (room, np.int64),
            "shares": (room * self.items, np.int64),
            "begins": (self.items, np.int64),
            "ends": (self.items, np.int64),
            "brought": (self.items, np.int64),
            "waiting": (self.items, np.int64),
            "numbers": (NUMBERS, np.int64),
        }
        columns = {name: scratch(*size, fast=self.fast) for name, size in sizes.items()}
        return Desk(**columns, room=room)


def _known(batch: Batch, *, fast: bool) -> Known:
    wide = batch.paper_count > NARROW
    hits, likes = batch.hits, batch.likes
    groups, member_starts, members = _members(batch.groups)
    columns = (
        hits.starts,
        hits.packed(wide=wide),
        batch.priors,
        groups,
        member_starts,
        members,
        likes.impacts.starts,
        likes.impacts.packed(wide=wide),
        DISCOUNTS,
    )
    lists = (shared(each, fast=fast) for each in columns)
    return Known(likes.shift, likes.threshold, *lists)


def _members(
    groups: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the groups numbered from 0, and where the members of each are among all members."""
    members = np.argsort(groups, kind="stable")[np.count_nonzero(groups < 0) :]
    numbers, counts = np.unique(groups[members], return_counts=True)
    numbered = np.where(groups < 0, -1, np.searchsorted(numbers, groups))
    return numbered, np.concatenate([[0], np.cumsum(counts)]), members


def _asking(readers: Readers, asked: Asked, *, fast: bool) -> Asking:
    # The column of a single row counts as without gaps, and numba would compile anew for that.
    rows = readers.rows if len(readers.rows) > 1 else np.resize(readers.rows, 2)
    columns = (
        *(rows[name] for name in ("begin", "items", "hidden", "terms", "limit")),
        readers.codes,
        readers.weights,
        asked.rows,
        asked.first,
        asked.seen_starts,
        asked.seen_papers,
    )
    return Asking(*(column(each, fast=fast) for each in columns))
