"""Kernels: what each paper is worth to one reader, and which papers the reader may have."""

from digest.ranking.bisection import first_from
from digest.ranking.compiled import compiled
from digest.ranking.desk import EXCLUDED, PRIOR_UNIT, SEEN, Work

# Kernels walk rows of hits by zip, which numba has without `strict`; both have one length.
# ruff: noqa: B905


@compiled
def weigh_all(work: Work, n: int, row: int) -> int:
    """Return how many papers may be taken; they are `touched`, with their worths in the same order."""
    _, asking, found, desk = work
    bars = asking.hidden[row] > 0 or asking.seen_starts[n] < asking.seen_starts[n + 1]
    count = add_items(work, row, asking.first[n])
    if bars:
        bar(work, n, row)
        count = keep_free(work, n, count)
    found.matched[n] = count
    for at in range(count):
        desk.worths[at] = worth(work, n, desk.touched[at])
    return count


@compiled
def add_items(work: Work, row: int, first: int) -> int:
    """Return how many papers the reader's items met; their sums are in."""
    known, asking, _, desk = work
    sums, touched = desk.sums, desk.touched
    find_hits(work, row, first)
    count = 0
    start = asking.begins[row]
    for i in range(asking.items[row]):
        weight, begin, end = asking.weights[start + i], desk.begins[i], desk.ends[i]
        for paper, points in zip(known.papers[begin:end], known.points[begin:end]):
            before = sums[paper]
            # Written past the end until it counts: a branch here would be guessed wrong too often.
            touched[count] = paper
            count += before == 0
            sums[paper] = before + weight * points
    return count


@compiled
def find_hits(work: Work, row: int, first: int) -> None:
    """Note where the hits of the reader's items begin and end.

    In a loop of its own: the starts are anywhere in memory, and it waits for all of them at once.
    """
    known, asking, _, desk = work
    start = asking.begins[row]
    for i in range(asking.items[row]):
        code = asking.codes[start + i]
        desk.begins[i], desk.ends[i] = known.starts[code], known.starts[code + 1]
        desk.brought[i] = 0
    if first > 0:
        for i in range(asking.items[row]):
            desk.begins[i] = first_from(known.papers, desk.begins[i], desk.ends[i], first)


@compiled
def bar(work: Work, n: int, row: int) -> None:
    """Mark the papers the reader has seen or excluded."""
    known, asking, _, desk = work
    states = desk.states
    begin = asking.begins[row] + asking.items[row]
    for code in asking.codes[begin : begin + asking.hidden[row]]:
        for paper in known.papers[known.starts[code] : known.starts[code + 1]]:
            states[paper] = EXCLUDED
    for paper in asking.seen_papers[asking.seen_starts[n] : asking.seen_starts[n + 1]]:
        states[paper] |= SEEN


@compiled
def keep_free(work: Work, n: int, met: int) -> int:
    """Return how many of the papers met may be taken; the others' sums are wiped."""
    _, _, found, desk = work
    sums, states, touched = desk.sums, desk.states, desk.touched
    free = excluded = 0
    for paper in touched[:met]:
        if states[paper]:
            excluded += states[paper] == EXCLUDED
            sums[paper] = 0
        else:
            touched[free] = paper
            free += 1
    found.excluded[n] = excluded
    return free


@compiled
def worth(work: Work, n: int, paper: int) -> int:
    """Return what a paper that was met is worth before any was taken."""
    known, asking, _, desk = work
    if asking.stride:
        extra = asking.extras[n * asking.stride + paper]
        # A prior is for what was asked for: it would make a loss larger.
        return desk.sums[paper] * known.priors[paper] + extra * PRIOR_UNIT
    return desk.sums[paper] * known.priors[paper]


@compiled
def clean(work: Work, n: int, row: int, count: int) -> None:
    """Leave the desk as it was before the reader; what was open was closed before."""
    known, asking, _, desk = work
    sums, states = desk.sums, desk.states
    for paper in desk.touched[:count]:
        sums[paper] = 0
    begin = asking.begins[row] + asking.items[row]
    for code in asking.codes[begin : begin + asking.hidden[row]]:
        for paper in known.papers[known.starts[code] : known.starts[code + 1]]:
            states[paper] = 0
    for paper in asking.seen_papers[asking.seen_starts[n] : asking.seen_starts[n + 1]]:
        states[paper] = 0
