"""What the kernels of the fan-out read and write, as flat columns."""

from typing import NamedTuple

from digest.ranking.compiled import Ints

# What hides a paper from a reader, as bits of its state; LIKED only says that it is listed already.
LIKED, EXCLUDED, SEEN, GONE = 1, 2, 4, 8
NEVER = -(1 << 62)
# Masked with this an entry stays a signed number: shifted as it is, numba would compare floats.
PAPER = ~0xFFFF
# Where `Desk.numbers` keeps the slots in use, the floor, the worths' range, how many to
# open, and how many are above the floor.
NUMBERS = 6
OPENED, FLOOR, LOWEST, HIGHEST, TARGET, ABOVE = range(NUMBERS)


class Known(NamedTuple):
    """What is the same for all readers; entries are `paper << 16 | points`."""

    shift: int
    threshold: int
    starts: Ints
    entries: Ints
    priors: Ints
    groups: Ints
    member_starts: Ints
    members: Ints
    impact_starts: Ints
    impacts: Ints
    discounts: Ints


class Asking(NamedTuple):
    """The readers: columns of their rows, what the rows point to, and what is asked for."""

    begins: Ints
    items: Ints
    hidden: Ints
    terms: Ints
    limits: Ints
    codes: Ints
    weights: Ints
    rows: Ints
    first: Ints
    seen_starts: Ints
    seen_papers: Ints


class Found(NamedTuple):
    """Where the results go; papers and values hold `width` for each reader."""

    width: int
    papers: Ints
    values: Ints
    matched: Ints
    excluded: Ints


class Desk(NamedTuple):
    """What one thread writes on. By paper: clean between readers. By slot: 0 is a dust bin.

    `shares` holds `room` slots for each item: what it brings to a paper, times the prior.
    """

    sums: Ints
    likes: Ints
    states: Ints
    slots: Ints
    touched: Ints
    worths: Ints
    opened: Ints
    values: Ints
    shares: Ints
    begins: Ints
    ends: Ints
    brought: Ints
    waiting: Ints
    numbers: Ints
    room: int


class Work(NamedTuple):
    """All of it, as one thread has it."""

    known: Known
    asking: Asking
    found: Found
    desk: Desk
