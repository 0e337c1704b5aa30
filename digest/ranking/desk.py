"""What the kernels of the fan-out read and write, as flat columns."""

from typing import NamedTuple

from digest.ranking.compiled import Ints

# Why a reader may not have a paper, as bits of its state; GONE ones were taken or folded.
EXCLUDED, SEEN, GONE = 1, 2, 4
# A prior of so much changes nothing.
PRIOR_UNIT = 1 << 10
# The value of an open paper has below it, in so many bits, how far its number is from the last one:
# so the largest of all is that of the best paper, and of equals the lower one's.
PAPER_BITS = 17
LAST = (1 << PAPER_BITS) - 1
# Below every value by more than a value can lose, and more than any number of a paper.
NEVER = -(1 << 62)
NOBODY = 1 << 62


class Known(NamedTuple):
    """What is the same for all readers: who met what, in rows that begin at `starts`."""

    starts: Ints
    papers: Ints
    points: Ints
    priors: Ints
    groups: Ints
    member_starts: Ints
    members: Ints


class Asking(NamedTuple):
    """The readers: columns of their rows, what the rows point to, and what is asked for.

    `extras` holds `stride` of them for each reader: as many as papers, or none.
    """

    stride: int
    begins: Ints
    items: Ints
    hidden: Ints
    limits: Ints
    codes: Ints
    weights: Ints
    rows: Ints
    first: Ints
    seen_starts: Ints
    seen_papers: Ints
    extras: Ints


class Found(NamedTuple):
    """Where the results go; papers and values hold `width` for each reader."""

    width: int
    papers: Ints
    values: Ints
    matched: Ints
    excluded: Ints


class Desk(NamedTuple):
    """What one thread writes on.

    By paper, clean between readers: `sums` of weighted points, `states` and `slots`. By the order
    in which papers were met: their numbers, `touched`, and what each is worth, `worths`. By item:
    where its hits begin and end, how many papers it has brought, whether it waits for one; `meeting`
    are those that meet the paper at hand. By slot: the paper that is open in it, its value by now
    (`ranked`), and what each item brings to it by now times the prior, `room` slots an item. Slot 0
    is a dust bin for all that is not open.
    """

    sums: Ints
    states: Ints
    slots: Ints
    touched: Ints
    worths: Ints
    begins: Ints
    ends: Ints
    brought: Ints
    waiting: Ints
    meeting: Ints
    opened: Ints
    values: Ints
    shares: Ints
    room: int


class Work(NamedTuple):
    """All of it, as one thread has it."""

    known: Known
    asking: Asking
    found: Found
    desk: Desk
