"""Papers so alike that a reader should see one and be told of the others.

Versions, companions and papers on the very same narrow question share most of the words that tell
them from others; two papers of one field do not. What a word tells is its rarity in the archive, so
two papers are as alike today as in any other batch.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from digest.ranking.archive import Archive
from digest.ranking.arrays import Ints, ranges
from digest.ranking.index import Index
from digest.ranking.vectors import Vectors, strongest_of_each

# Judged on the 135 groups of 15,000 real papers: 3 were no companions. Of the pairs between .55 and
# .58 every third shares no more than a field.
ALIKE = 0.58
# A title alone is thin evidence: what is that short must be all but equal, and a few words are none.
SHORT, ALIKE_IF_SHORT = 12, 0.9
FEWEST = 4
STRONGEST = 50
TITLE_TIMES = 3
# Of a flood of equal papers each knows so many; the rest make further groups.
MOST_ALIKE = 32
# Products made together: some megabytes, however many papers there are.
_TOGETHER = 1 << 19

_Pair = tuple[int, int]


def groups_of(index: Index, archive: Archive) -> Ints:
    """Return for each paper the number of its group's first paper, -1 if it stands alone.

    All papers of a group are alike, each to each, so any of them may be shown for the others. A
    group depends on the texts of its papers and the archive, not on the order or the rest of the
    batch.
    """
    groups = np.full(len(index.papers), -1, np.int32)
    keys = [paper.key for paper in index.papers]
    vectors = Vectors(index, archive, title_times=TITLE_TIMES, most=STRONGEST)
    for members in _merged(_alike(vectors), keys):
        groups[members] = min(members)
    return groups


def _alike(vectors: Vectors) -> list[tuple[float, _Pair]]:
    """Return every pair of papers that are alike, with their cosine; in blocks of papers."""
    papers, roots, values, count = vectors.papers, vectors.stems, vectors.values, vectors.count
    order = np.argsort(roots, kind="stable")
    ends = np.searchsorted(roots[order], roots, "right")
    follows = np.empty(len(order), np.int64)
    follows[order] = np.arange(1, len(order) + 1)
    lengths = np.bincount(papers, minlength=count)
    work = np.cumsum(np.bincount(papers, ends - follows, count) + count)
    tops = np.flatnonzero(np.diff(work // _TOGETHER, prepend=-1.0))
    found: list[tuple[float, _Pair]] = []
    for top, bottom in pairwise([*tops.tolist(), count]):
        here = slice(*np.searchsorted(papers, (top, bottom)))
        # Stems come in one order, so a sum is the same to the last bit in any batch.
        which, places = ranges(follows[here], ends[here])
        others = order[places]
        cells = (papers[here][which] - top) * count + papers[others]
        products = values[here][which] * values[others]
        cosines = np.asarray(np.bincount(cells, products, (bottom - top) * count), np.float64)
        near = np.flatnonzero(cosines >= ALIKE)
        ones, twos = near // count + top, near % count
        shorter = np.minimum(lengths[ones], lengths[twos])
        enough = np.where(shorter < SHORT, np.where(shorter < FEWEST, 2.0, ALIKE_IF_SHORT), ALIKE)
        near = near[cosines[near] >= enough]
        near = near[strongest_of_each(near // count, cosines[near], MOST_ALIKE)]
        pairs = zip((near // count + top).tolist(), (near % count).tolist(), strict=True)
        found += zip(cosines[near].tolist(), pairs, strict=True)
    return found


def _merged(alike: Iterable[tuple[float, _Pair]], keys: Sequence[str]) -> list[list[int]]:
    """Return groups in which each paper is like each other, the most alike put together first."""
    ordered = sorted(alike, key=lambda each: (-each[0], sorted(keys[n] for n in each[1])))
    known = {pair for _, pair in ordered}
    groups: dict[int, list[int]] = {}
    for _, (one, two) in ordered:
        left, right = groups.get(one, [one]), groups.get(two, [two])
        if left is right or any((min(a, b), max(a, b)) not in known for a in left for b in right):
            continue
        merged = left + right
        groups.update(dict.fromkeys(merged, merged))
    return list({id(members): members for members in groups.values()}.values())
