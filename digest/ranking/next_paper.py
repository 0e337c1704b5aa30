"""Kernels: the next paper for one reader."""

from digest.ranking.compiled import compiled
from digest.ranking.desk import FLOOR, NEVER, OPENED, PAPER, Desk, Known, Work
from digest.ranking.opening import lower_floor, open_one, worth


@compiled
def best_of_all(work: Work, row: int, count: int) -> int:
    """Return the slot of the best paper, opening more as needed; 0 if none is left, -1 no room."""
    desk = work.desk
    slot = best(desk)
    while desk.values[slot] < desk.numbers[FLOOR]:
        if not lower_floor(work, row, count):
            return -1
        slot = best(desk)
    return slot


@compiled
def best_waiting(work: Work, row: int) -> int:
    """Return the slot of the best paper of the interests without a place, -1 without room."""
    known, asking, _, desk = work
    items = asking.items[row]
    chosen = 0
    for i in range(items):
        if desk.waiting[i]:
            chosen = best_open_of(desk, i, chosen)
    while desk.values[chosen] < desk.numbers[FLOOR]:
        paper = best_closed(known, desk, items, desk.values[chosen])
        if paper < 0:
            return chosen
        slot = open_one(work, row, paper)
        if slot == 0:
            return -1
        if beats(desk, slot, chosen):
            chosen = slot
    return chosen


@compiled
def best(desk: Desk) -> int:
    """Return the slot of the best paper that is open, 0 if none is; of equals the lower paper."""
    end = desk.numbers[OPENED] + 1
    values = desk.values
    highest = NEVER
    for slot in range(end):
        highest = max(highest, values[slot])
    if highest == NEVER:
        return 0
    chosen = 0
    for slot in range(end):
        same = values[slot] == highest
        if same and (chosen == 0 or desk.opened[slot] < desk.opened[chosen]):
            chosen = slot
    return chosen


@compiled
def best_open_of(desk: Desk, i: int, chosen: int) -> int:
    """Return the slot of an interest's best open paper, or the one given if that is better."""
    base = i * desk.room
    for slot in range(1, desk.numbers[OPENED] + 1):
        if desk.shares[base + slot] > 0 and beats(desk, slot, chosen):
            chosen = slot
    return chosen


@compiled
def beats(desk: Desk, slot: int, other: int) -> bool:
    """Return whether one open paper comes before another."""
    value, highest = desk.values[slot], desk.values[other]
    return value > highest or (value == highest and desk.opened[slot] < desk.opened[other])


@compiled
def best_closed(known: Known, desk: Desk, items: int, bound: int) -> int:
    """Return the paper not open that was worth most to a waiting interest, -1 if below a bound."""
    best_paper, highest = -1, bound >> 16
    for i in range(items):
        if desk.waiting[i]:
            for at in range(desk.begins[i], desk.ends[i]):
                paper = (known.entries[at] & PAPER) >> 16
                worths = worth(known, desk, paper)
                if worths >= highest and desk.states[paper] == 0 and desk.slots[paper] == 0:
                    best_paper, highest = paper, worths
    return best_paper


@compiled
def left_waiting(desk: Desk, items: int) -> int:
    """Return how many interests found something and have no place yet."""
    waiting = 0
    for i in range(items):
        waiting += desk.waiting[i]
    return waiting
