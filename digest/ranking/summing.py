"""Kernels: what each paper is worth to one reader, and which papers the reader may have."""

from digest.ranking.compiled import Ints, compiled
from digest.ranking.desk import EXCLUDED, LIKED, OPENED, PAPER, SEEN, Work


@compiled
def hide(work: Work, n: int, row: int) -> None:
    """Mark the papers the reader has seen or excluded."""
    known, asking, _, desk = work
    states = desk.states
    begin = asking.begins[row] + asking.items[row]
    for at in range(begin, begin + asking.hidden[row]):
        code = asking.codes[at]
        for entry in range(known.starts[code], known.starts[code + 1]):
            states[(known.entries[entry] & PAPER) >> 16] = EXCLUDED
    for at in range(asking.seen_starts[n], asking.seen_starts[n + 1]):
        states[asking.seen_papers[at]] |= SEEN


@compiled
def find(entries: Ints, begin: int, end: int, paper: int) -> int:
    """Return where a paper is among ascending entries, or would be."""
    while begin < end:
        middle = (begin + end) >> 1
        if (entries[middle] & PAPER) >> 16 < paper:
            begin = middle + 1
        else:
            end = middle
    return begin


@compiled
def add_items(work: Work, row: int, first: int) -> int:
    """Return how many papers the reader's interests met; their sums are in."""
    known, asking, _, desk = work
    entries, sums, touched = known.entries, desk.sums, desk.touched
    count = 0
    start = asking.begins[row]
    for i in range(asking.items[row]):
        code, weight = asking.codes[start + i], asking.weights[start + i]
        begin, end = known.starts[code], known.starts[code + 1]
        if first > 0:
            begin = find(entries, begin, end, first)
        desk.begins[i], desk.ends[i] = begin, end
        for at in range(begin, end):
            entry = entries[at]
            paper = (entry & PAPER) >> 16
            before = sums[paper]
            # Written past the end until it counts: a branch here would be guessed wrong too often.
            touched[count] = paper
            count += before == 0
            sums[paper] = before + weight * (entry & 0xFFFF)
    return count


@compiled
def keep_free(work: Work, n: int, row: int, met: int) -> int:
    """Return how many of the papers met may be taken; the others' sums are wiped."""
    _, asking, found, desk = work
    sums, states, touched = desk.sums, desk.states, desk.touched
    free = met
    if asking.hidden[row] > 0 or asking.seen_starts[n] < asking.seen_starts[n + 1]:
        free = excluded = 0
        for at in range(met):
            paper = touched[at]
            state = states[paper]
            if state:
                sums[paper] = 0
                excluded += state == EXCLUDED
            else:
                touched[free] = paper
                free += 1
        found.excluded[n] = excluded
    found.matched[n] = free
    return free


@compiled
def add_likes(work: Work, row: int, first: int, count: int) -> int:
    """Return how many papers may be taken with those that are only like what the reader liked."""
    known, asking, _, desk = work
    impacts, likes, states, touched = known.impacts, desk.likes, desk.states, desk.touched
    begin = asking.begins[row] + asking.items[row] + asking.hidden[row]
    end = begin + asking.terms[row]
    for at in range(begin, end):
        code, weight = asking.codes[at], asking.weights[at]
        for where in range(known.impact_starts[code], known.impact_starts[code + 1]):
            likes[(impacts[where] & PAPER) >> 16] += weight * (impacts[where] & 0xFFFF)
    for at in range(begin, end):
        code = asking.codes[at]
        for where in range(known.impact_starts[code], known.impact_starts[code + 1]):
            paper = (impacts[where] & PAPER) >> 16
            near = likes[paper] >> known.shift >= known.threshold
            if near and paper >= first and states[paper] == 0 and desk.sums[paper] == 0:
                states[paper] = LIKED
                touched[count] = paper
                count += 1
    return count


@compiled
def clean(work: Work, n: int, row: int, count: int) -> None:
    """Leave the desk as it was before the reader."""
    known, asking, _, desk = work
    sums, touched = desk.sums, desk.touched
    for at in range(count):
        sums[touched[at]] = 0
    for slot in range(1, desk.numbers[OPENED] + 1):
        paper = desk.opened[slot]
        group = known.groups[paper]
        desk.states[paper] = 0
        desk.slots[paper] = 0
        if group >= 0:
            for at in range(known.member_starts[group], known.member_starts[group + 1]):
                desk.states[known.members[at]] = 0
    begin = asking.begins[row] + asking.items[row]
    middle = begin + asking.hidden[row]
    for at in range(begin, middle):
        code = asking.codes[at]
        for entry in range(known.starts[code], known.starts[code + 1]):
            desk.states[(known.entries[entry] & PAPER) >> 16] = 0
    for at in range(asking.seen_starts[n], asking.seen_starts[n + 1]):
        desk.states[asking.seen_papers[at]] = 0
    for at in range(middle, middle + asking.terms[row]):
        code = asking.codes[at]
        for where in range(known.impact_starts[code], known.impact_starts[code + 1]):
            paper = (known.impacts[where] & PAPER) >> 16
            desk.likes[paper] = 0
            desk.states[paper] = 0
