"""Kernels: which papers are worth a look for one reader, with what each interest brings."""

from digest.ranking.compiled import compiled
from digest.ranking.desk import (
    ABOVE,
    FLOOR,
    GONE,
    HIGHEST,
    LOWEST,
    NEVER,
    OPENED,
    PAPER,
    TARGET,
    Desk,
    Known,
    Work,
)
from digest.ranking.summing import find

# Papers to open at first for each place: with fewer the floor is met often, with more it costs.
OPEN_FOR_EACH = 2


@compiled
def open_best(work: Work, row: int, count: int, places: int) -> bool:
    """Return whether there was room to open the papers above a floor; the greedy start is set."""
    known, asking, _, desk = work
    items, room = asking.items[row], desk.room
    weigh(known, desk, count, asking.terms[row])
    desk.numbers[TARGET] = OPEN_FOR_EACH * places
    set_floor(desk, count)
    if desk.numbers[ABOVE] + 2 > room:
        return False
    opened = open_above(desk, count)
    start = asking.begins[row]
    for i in range(items):
        base, weight = i * room, asking.weights[start + i]
        for slot in range(base, base + opened + 1):
            desk.shares[slot] = 0
        for at in range(desk.begins[i], desk.ends[i]):
            entry = known.entries[at]
            paper = (entry & PAPER) >> 16
            # What has no slot goes to the dust bin, slot 0, without a branch.
            desk.shares[base + desk.slots[paper]] = weight * (entry & 0xFFFF) * known.priors[paper]
        desk.brought[i] = 0
        desk.waiting[i] = has_free(known, desk, i)
    return True


@compiled
def open_above(desk: Desk, count: int) -> int:
    """Return how many papers are at the floor or above; they have slots and values."""
    floor = desk.numbers[FLOOR] >> 16
    touched, worths, papers, values = desk.touched, desk.worths, desk.opened, desk.values
    opened = 0
    for at in range(count):
        # Written again until one counts: no branch to guess wrong.
        papers[opened + 1] = touched[at]
        values[opened + 1] = worths[at] << 16
        opened += worths[at] >= floor
    for slot in range(1, opened + 1):
        desk.slots[papers[slot]] = slot
    papers[0], values[0] = 0, NEVER
    desk.numbers[OPENED] = opened
    return opened


@compiled
def weigh(known: Known, desk: Desk, count: int, liked: int) -> None:
    """Note what each paper that may be taken is worth, and the range of that."""
    lowest = highest = worth(known, desk, desk.touched[0])
    touched, worths, sums, priors = desk.touched, desk.worths, desk.sums, known.priors
    for at in range(count):
        paper = touched[at]
        worths[at] = sums[paper] * priors[paper]
    if liked:
        for at in range(count):
            worths[at] = worth(known, desk, touched[at])
    for at in range(count):
        lowest = min(lowest, worths[at])
        highest = max(highest, worths[at])
    desk.numbers[LOWEST] = lowest
    desk.numbers[HIGHEST] = highest


@compiled
def worth(known: Known, desk: Desk, paper: int) -> int:
    """Return the value of a paper before any was taken, in units of the discount."""
    return (desk.sums[paper] + (desk.likes[paper] >> known.shift)) * known.priors[paper]


@compiled
def set_floor(desk: Desk, count: int) -> None:
    """Set the floor below at least as many of the best worths as are the target; maybe below all.

    Halving the range in a few counts that run in vectors beats sorting and buckets by far.
    """
    numbers, worths = desk.numbers, desk.worths
    target, low, high = numbers[TARGET], numbers[LOWEST], numbers[HIGHEST] + 1
    above = count
    while above > 2 * target and high - low > 1:
        # A quarter up, not half: most worths of a reader are low.
        middle = low + ((high - low + 3) >> 2)
        there = 0
        for at in range(count):
            there += worths[at] >= middle
        if there < target:
            high = middle
        else:
            low, above = middle, there
    numbers[FLOOR] = NEVER if above == count else low << 16
    numbers[ABOVE] = above


@compiled
def lower_floor(work: Work, row: int, count: int) -> bool:
    """Return whether there was room to open the papers above a lower floor."""
    desk = work.desk
    before = desk.numbers[FLOOR]
    desk.numbers[TARGET] *= 4
    set_floor(desk, count)
    if desk.numbers[FLOOR] == before:
        desk.numbers[FLOOR] = NEVER
    floor = desk.numbers[FLOOR] >> 16
    for at in range(count):
        if floor <= desk.worths[at] < before >> 16:
            paper = desk.touched[at]
            free = desk.states[paper] & GONE == 0 and desk.slots[paper] == 0
            if free and open_one(work, row, paper) == 0:
                return False
    return True


@compiled
def open_one(work: Work, row: int, paper: int) -> int:
    """Return the slot of a paper with its value by now, or 0 where there is no room."""
    known, asking, _, desk = work
    slot = desk.numbers[OPENED] + 1
    if slot == desk.room:
        return 0
    prior = known.priors[paper]
    value = ((desk.likes[paper] >> known.shift) << 16) * prior
    start = asking.begins[row]
    for i in range(asking.items[row]):
        at = find(known.entries, desk.begins[i], desk.ends[i], paper)
        share = 0
        if at < desk.ends[i] and (known.entries[at] & PAPER) >> 16 == paper:
            share = asking.weights[start + i] * (known.entries[at] & 0xFFFF) * prior
        desk.shares[i * desk.room + slot] = share
        value += known.discounts[desk.brought[i]] * share
    desk.numbers[OPENED] = slot
    desk.slots[paper] = slot
    desk.opened[slot] = paper
    desk.values[slot] = value
    return slot


@compiled
def has_free(known: Known, desk: Desk, i: int) -> bool:
    """Return whether an interest has a paper that may be taken."""
    for at in range(desk.begins[i], desk.ends[i]):
        if desk.states[(known.entries[at] & PAPER) >> 16] == 0:
            return True
    return False
