"""The kernel of the fan-out: the best papers of each reader, greedily, in exact integers.

A reader's worths are summed into one row of the batch (summing), those that may be taken are opened
with the share of every item (opening), and taking one lowers the others in a few strides.
"""

from digest.ranking.compiled import compiled
from digest.ranking.desk import GONE, NEVER, NOBODY, PAPER_BITS, Desk, Found, Work
from digest.ranking.opening import (
    close_all,
    floor_of,
    lower_values,
    open_above,
    open_more,
    open_one,
    paper_of,
    ranked,
    width_of,
)
from digest.ranking.summing import clean, weigh_all, worth


@compiled
def choose_range(work: Work, begin: int, end: int) -> int:
    """Return `end` when all those readers are served, or the one the desk was too small for."""
    for n in range(begin, end):
        row = work.asking.rows[n]
        count = weigh_all(work, n, row)
        if count > 0 and not choose(work, n, row, count):
            return n
        clean(work, n, row, count)
    return end


@compiled
def choose(work: Work, n: int, row: int, count: int) -> bool:
    """Return whether there was room; the reader's places are filled, best first."""
    _, asking, found, desk = work
    places = min(asking.limits[row], found.width, count)
    if places == 0:
        return True
    # With fewer open papers the floor is met often, with more they cost.
    fewest = places + 9
    floor = floor_of(desk, count, fewest, max(2 * fewest, 31))
    used = open_above(work, row, count, floor)
    if used == desk.room:
        return False
    waiting = await_all(work, row)
    taken = 0
    while taken < places:
        if waiting >= places - taken:
            slot, used = best_awaited(work, n, row, used, floor)
        else:
            slot = best(desk, used)
            while used < desk.room and desk.values[slot] < floor:
                used, floor = open_more(work, row, count, used, floor)
                # On a desk that was too small nothing is in its slot: a number there may be any.
                slot = best(desk, used) if used < desk.room else 0
        if used == desk.room:
            return False
        if slot == 0:
            break
        place(desk, found, n, taken, slot)
        waiting -= take(work, row, slot, used)
        taken += 1
    close_all(work, n, used, taken)
    return True


@compiled
def await_all(work: Work, row: int) -> int:
    """Return how many items have a paper that may be taken; none has a place yet."""
    waiting = 0
    for i in range(work.asking.items[row]):
        work.desk.waiting[i] = has_free(work, i)
        waiting += work.desk.waiting[i]
    return waiting


@compiled
def has_free(work: Work, i: int) -> bool:
    """Return whether an item has a paper that may be taken."""
    for paper in work.known.papers[work.desk.begins[i] : work.desk.ends[i]]:
        if work.desk.states[paper] == 0:
            return True
    return False


@compiled
def best(desk: Desk, used: int) -> int:
    """Return the slot of the best open paper, 0 if none is left."""
    values = desk.values
    highest = NEVER
    for slot in range(min(width_of(used), desk.room)):
        highest = max(highest, values[slot])
    return slot_of(desk, highest)


@compiled
def slot_of(desk: Desk, value: int) -> int:
    """Return the slot of the paper a value is of, 0 of none."""
    return 0 if value == NEVER else int(desk.slots[paper_of(value)])


@compiled
def best_awaited(work: Work, n: int, row: int, used: int, floor: int) -> tuple[int, int]:
    """Return the slot of the best paper of the items that wait, 0 if none, and the slots used."""
    desk = work.desk
    items = work.asking.items[row]
    highest = NEVER
    for i in range(items):
        if desk.waiting[i]:
            highest = max(highest, best_of(desk, i, used))
    while highest < floor:
        paper = best_closed(work, n, items, highest)
        if paper == NOBODY:
            break
        used = open_one(work, n, row, paper, used)
        if used == desk.room:
            return 0, used
        highest = max(highest, desk.values[used])
    return slot_of(desk, highest), used


@compiled
def best_of(desk: Desk, i: int, used: int) -> int:
    """Return the largest value of the open papers that an item brings something to."""
    width = width_of(used)
    values, shares = desk.values, desk.shares[i * desk.room : i * desk.room + width]
    highest = NEVER
    for slot in range(width):
        highest = max(highest, values[slot] if shares[slot] > 0 else NEVER)
    return highest


@compiled
def best_closed(work: Work, n: int, items: int, bound: int) -> int:
    """Return the paper not open that was worth most to an item that waits, NOBODY if none is better than a bound."""
    known, _, _, desk = work
    highest = bound
    for i in range(items):
        if desk.waiting[i]:
            for paper in known.papers[desk.begins[i] : desk.ends[i]]:
                if desk.states[paper] == 0 and desk.slots[paper] == 0:
                    highest = max(highest, ranked(worth(work, n, paper), paper))
    return NOBODY if highest == bound else paper_of(highest)


@compiled
def place(desk: Desk, found: Found, n: int, taken: int, slot: int) -> None:
    """Insert a paper among those taken before, best first."""
    paper, value = desk.opened[slot], desk.values[slot] >> PAPER_BITS
    papers, values = found.papers, found.values
    start = n * found.width
    at = start + taken
    while at > start and (
        values[at - 1] < value or (values[at - 1] == value and papers[at - 1] > paper)
    ):
        papers[at], values[at] = papers[at - 1], values[at - 1]
        at -= 1
    papers[at], values[at] = paper, value


@compiled
def take(work: Work, row: int, slot: int, used: int) -> int:
    """Return how many items have waited for a paper; they count less in all others.

    Its near-duplicates are folded.
    """
    known, asking, _, desk = work
    paper = desk.opened[slot]
    desk.values[slot] = NEVER
    desk.states[paper] |= GONE
    served = 0
    for at in range(meet(desk, asking.items[row], slot)):
        i = desk.meeting[at]
        desk.brought[i] += 1
        served += desk.waiting[i]
        desk.waiting[i] = 0
        lower_values(desk, i, width_of(used))
    if known.groups[paper] >= 0:
        served += fold(work, row, known.groups[paper])
    return served


@compiled
def meet(desk: Desk, items: int, slot: int) -> int:
    """Return how many items bring something to an open paper; they are `meeting`."""
    count, at = 0, slot
    for i in range(items):
        # Written again until one counts: no branch to guess wrong.
        desk.meeting[count] = i
        count += desk.shares[at] > 0
        at += desk.room
    return count


@compiled
def fold(work: Work, row: int, group: int) -> int:
    """Return how many items wait for nothing any more; the near-duplicates are put aside."""
    known, asking, _, desk = work
    begin, end = known.member_starts[group], known.member_starts[group + 1]
    for paper in known.members[begin:end]:
        if desk.sums[paper] > 0:
            desk.states[paper] |= GONE
            if desk.slots[paper] > 0:
                desk.values[desk.slots[paper]] = NEVER
    given_up = 0
    for i in range(asking.items[row]):
        if desk.waiting[i] and not has_free(work, i):
            given_up += 1
            desk.waiting[i] = 0
    return given_up
