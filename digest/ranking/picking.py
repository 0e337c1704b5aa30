"""The kernel of the fan-out: the best papers of each reader, greedily, in exact integers.

A reader's worths are summed into one row of the batch. Only the papers that may be taken at all are
opened: kept in slots with the share of every interest, so that taking one lowers the others in a
few strides. What is not open is worth less than the floor, so whatever beats the floor is the best.
"""

from digest.ranking.compiled import compiled
from digest.ranking.desk import GONE, LIKED, NEVER, OPENED, Desk, Found, Known, Work
from digest.ranking.next_paper import best_of_all, best_waiting, left_waiting
from digest.ranking.opening import has_free, open_best
from digest.ranking.summing import add_items, add_likes, clean, hide, keep_free


@compiled
def choose_range(work: Work, begin: int, end: int) -> int:
    """Return `end` when all those readers are served, or the one the desk was too small for."""
    asking = work.asking
    for n in range(begin, end):
        row = asking.rows[n]
        hide(work, n, row)
        met = add_items(work, row, asking.first[n])
        count = keep_free(work, n, row, met)
        if asking.terms[row] > 0:
            count = add_likes(work, row, asking.first[n], count)
        served = count == 0 or choose(work, n, row, count)
        if not served:
            return n
        clean(work, n, row, count)
    return end


@compiled
def choose(work: Work, n: int, row: int, count: int) -> bool:
    """Return whether there was room; the reader's places are filled, best first."""
    known, asking, found, desk = work
    items = asking.items[row]
    places = min(asking.limits[row], found.width, count)
    if places == 0:
        return True
    if not open_best(work, row, count, places):
        return False
    for taken in range(places):
        if left_waiting(desk, items) >= places - taken:
            slot = best_waiting(work, row)
        else:
            slot = best_of_all(work, row, count)
        if slot < 0:
            return False
        if slot == 0:
            break
        place(desk, found, n, taken, slot)
        take(known, desk, items, slot)
    return True


@compiled
def place(desk: Desk, found: Found, n: int, taken: int, slot: int) -> None:
    """Insert a paper among those taken before, best first."""
    paper, value = desk.opened[slot], desk.values[slot]
    start = n * found.width
    at = start + taken
    while at > start and (
        found.values[at - 1] < value
        or (found.values[at - 1] == value and found.papers[at - 1] > paper)
    ):
        found.papers[at] = found.papers[at - 1]
        found.values[at] = found.values[at - 1]
        at -= 1
    found.papers[at] = paper
    found.values[at] = value


@compiled
def take(known: Known, desk: Desk, items: int, slot: int) -> None:
    """Take a paper: its interests count less in all others, and near-duplicates are folded."""
    opened = desk.numbers[OPENED]
    values, shares = desk.values, desk.shares
    paper = desk.opened[slot]
    # It may fall further: all a paper can lose is less than NEVER is from the smallest number.
    values[slot] = NEVER
    desk.states[paper] |= GONE
    for i in range(items):
        base = i * desk.room
        if shares[base + slot] > 0:
            brought = desk.brought[i]
            fall = known.discounts[brought] - known.discounts[brought + 1]
            desk.brought[i] = brought + 1
            desk.waiting[i] = 0
            lowered = shares[base : base + opened + 1]
            for other in range(1, opened + 1):
                values[other] -= fall * lowered[other]
    if known.groups[paper] >= 0:
        fold(known, desk, items, paper)


@compiled
def fold(known: Known, desk: Desk, items: int, paper: int) -> None:
    """Put aside the near-duplicates of a paper, and interests that had nothing else."""
    group = known.groups[paper]
    begin, end = known.member_starts[group], known.member_starts[group + 1]
    for at in range(begin, end):
        other = known.members[at]
        if desk.sums[other] > 0 or desk.states[other] & LIKED:
            desk.states[other] |= GONE
            slot = desk.slots[other]
            if slot > 0:
                desk.values[slot] = NEVER
    if end - begin > 1:
        for i in range(items):
            if desk.waiting[i] and not has_free(known, desk, i):
                desk.waiting[i] = 0
