"""Kernels: the papers that are worth a look for one reader, with what each item brings.

Only papers above a floor are opened: kept in slots with their value and shares. What is not open is
worth less than the floor, and values only fall, so an open paper that is above it beats them all.
"""

from digest.ranking.bisection import first_from
from digest.ranking.compiled import compiled
from digest.ranking.desk import GONE, LAST, NEVER, PAPER_BITS, Desk, Work
from digest.ranking.summing import worth

# Slots are blank up to a multiple of this, so that loops over them run in whole vectors.
STRIDE = 8
# An item counts 1/32 less with each paper it has brought: such a shift needs neither table nor
# product. That paper showed more of what was asked for, and it cost nothing (ranking.md 3.7).
DISCOUNT_BITS = 5
# ruff: noqa: B905 - as in summing


@compiled
def ranked(worth: int, paper: int) -> int:
    """Return a value that is larger for the better of two papers, never equal."""
    return (worth << PAPER_BITS) + LAST - paper


@compiled
def paper_of(value: int) -> int:
    """Return the paper that a value is of."""
    return LAST - (value & LAST)


@compiled
def width_of(used: int) -> int:
    """Return how many slots loops go over when so many are used, and the dust bin."""
    return (used + STRIDE) & -STRIDE


@compiled
def floor_of(desk: Desk, count: int, fewest: int, most: int) -> int:
    """Return a value that at least `fewest` papers begin with, and if it can be no more than `most`.

    NEVER if those are all papers. Narrowing the range in a few counts, which run in vectors, beats
    sorting and buckets by far.
    """
    worths = desk.worths
    reached = highest = worths[0]
    for at in range(count):
        reached = min(reached, worths[at])
        highest = max(highest, worths[at])
    missed, above = highest + 1, count
    while above > most and missed - reached > 1:
        # A quarter up, not half: most worths of a reader are low.
        middle = reached + ((missed - reached + 3) >> 2)
        there = 0
        for at in range(count):
            there += worths[at] >= middle
        if there < fewest:
            missed = middle
        else:
            reached, above = middle, there
    return NEVER if above == count else reached << PAPER_BITS


@compiled
def open_above(work: Work, row: int, count: int, floor: int) -> int:
    """Return how many papers begin with the floor or more, now open; `room` if they do not fit."""
    desk = work.desk
    worths, opened, values = desk.worths, desk.opened, desk.values
    lowest = floor >> PAPER_BITS
    used = 0
    for at in range(count):
        # Written again until one counts: no branch to guess wrong.
        opened[used + 1] = at
        used += worths[at] >= lowest
    if used + 1 >= desk.room:
        return desk.room
    for slot in range(1, used + 1):
        at = opened[slot]
        paper = desk.touched[at]
        opened[slot], values[slot] = paper, ranked(worths[at], paper)
        desk.slots[paper] = slot
    values[0] = NEVER
    for slot in range(used + 1, width_of(used)):
        values[slot] = NEVER
    fill_shares(work, row, width_of(used))
    return used


@compiled
def fill_shares(work: Work, row: int, width: int) -> None:
    """Note what every item brings to the papers that are open."""
    known, asking, _, desk = work
    slots, priors = desk.slots, known.priors
    start = asking.begins[row]
    for i in range(asking.items[row]):
        base, weight = i * desk.room, asking.weights[start + i]
        begin, end = desk.begins[i], desk.ends[i]
        shares = desk.shares[base : base + width]
        for slot in range(width):
            shares[slot] = 0
        for paper, points in zip(known.papers[begin:end], known.points[begin:end]):
            # What has no slot goes to the dust bin without a branch.
            shares[slots[paper]] = weight * points * priors[paper]
        shares[0] = 0


@compiled
def open_more(work: Work, row: int, count: int, used: int, floor: int) -> tuple[int, int]:
    """Return how many papers are open above a lower floor, and that floor: NEVER in the end.

    Everything is opened anew, which is as quick as the first time.
    """
    _, asking, _, desk = work
    for slot in range(1, used + 1):
        desk.slots[desk.opened[slot]] = 0
    lower = floor_of(desk, count, 2 * used, 4 * used)
    if lower == floor:
        lower = NEVER
    used = open_above(work, row, count, lower)
    if used < desk.room:
        for i in range(asking.items[row]):
            for _ in range(desk.brought[i]):
                lower_values(desk, i, width_of(used))
        for slot in range(1, used + 1):
            if desk.states[desk.opened[slot]] & GONE:
                desk.values[slot] = NEVER
    return used, lower


@compiled
def lower_values(desk: Desk, i: int, width: int) -> None:
    """Lower what an item brings to the open papers, as it has brought one more; and their values."""
    values = desk.values
    shares = desk.shares[i * desk.room : i * desk.room + width]
    for slot in range(width):
        fall = shares[slot] >> DISCOUNT_BITS
        shares[slot] -= fall
        values[slot] -= fall << PAPER_BITS


@compiled
def open_one(work: Work, n: int, row: int, paper: int, used: int) -> int:
    """Return how many slots are used with one more paper, in the last; `room` if it does not fit."""
    known, asking, _, desk = work
    room = desk.room
    slot = used + 1
    if slot >= room:
        return room
    if slot % STRIDE == 0:
        blank(desk, asking.items[row], slot, slot + STRIDE)
    prior = known.priors[paper]
    value = ranked(worth(work, n, paper), paper)
    start = asking.begins[row]
    rest = desk.sums[paper]
    for i in range(asking.items[row]):
        if rest == 0:  # few items share a paper, so most need not be searched
            break
        at = first_from(known.papers, desk.begins[i], desk.ends[i], paper)
        if at < desk.ends[i] and known.papers[at] == paper:
            points = asking.weights[start + i] * known.points[at]
            rest -= points
            share = points * prior
            for _ in range(desk.brought[i]):
                fall = share >> DISCOUNT_BITS
                share -= fall
                value -= fall << PAPER_BITS
            desk.shares[i * room + slot] = share
    desk.slots[paper], desk.opened[slot], desk.values[slot] = slot, paper, value
    return slot


@compiled
def blank(desk: Desk, items: int, begin: int, end: int) -> None:
    """Make slots ones that are never chosen."""
    for slot in range(begin, end):
        desk.values[slot] = NEVER
        for i in range(items):
            desk.shares[i * desk.room + slot] = 0


@compiled
def close_all(work: Work, n: int, used: int, taken: int) -> None:
    """Leave the slots as they were before the reader, and what was taken and folded."""
    known, _, found, desk = work
    for slot in range(1, used + 1):
        desk.slots[desk.opened[slot]] = 0
    for at in range(n * found.width, n * found.width + taken):
        paper = found.papers[at]
        group = known.groups[paper]
        desk.states[paper] = 0
        if group >= 0:
            for other in known.members[known.member_starts[group] : known.member_starts[group + 1]]:
                desk.states[other] = 0
