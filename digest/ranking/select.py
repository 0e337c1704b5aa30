"""The best papers for one reader, with fair shares between the reader's interests.

A paper is worth the sum of its weighted scores. An interest counts a little less for each paper it
has already brought, and none that found something goes without a place while there are places. All
in integers: the same input gives the same list.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace

WEIGHT_UNIT = 16
DISCOUNT_UNIT = 1 << 16
PRIOR_UNIT = 1 << 10
# .97 for each earlier paper: it showed more of what was asked for, and cost nothing (ranking.md 3.7).
DISCOUNTS = tuple(round(DISCOUNT_UNIT * 0.97**n) for n in range(256))


@dataclass(frozen=True, slots=True)
class Wish:
    """One interest against the batch: its place among the reader's, and each paper's score."""

    number: int
    weight: int
    scores: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen paper: its value when chosen, and what each interest brought to it."""

    paper: int
    value: int
    shares: tuple[tuple[int, int], ...]


def choose(
    wishes: Sequence[Wish], hidden: Collection[int], limit: int, priors: Sequence[int]
) -> tuple[list[Choice], int]:
    """Return at most `limit` choices, best first, and how many papers there were to choose from."""
    shares: dict[int, list[tuple[int, int]]] = {}
    for wish in wishes:
        for paper, score in wish.scores.items():
            if paper not in hidden:
                shares.setdefault(paper, []).append((wish.number, score * wish.weight))
    chosen = _Table(shares, priors).take(min(limit, len(shares)))
    return sorted(chosen, key=lambda choice: (-choice.value, choice.paper)), len(shares)


class _Table:
    """The papers still to be had. Values only fall while papers are taken, so a heap may lag."""

    def __init__(
        self, shares: Mapping[int, Sequence[tuple[int, int]]], priors: Sequence[int]
    ) -> None:
        self.shares = shares
        self.priors = priors
        self.brought = dict.fromkeys((n for found in shares.values() for n, _ in found), 0)
        self.heap = [(-self.value(paper), paper) for paper in shares]
        self.taken: set[int] = set()
        heapify(self.heap)

    def value(self, paper: int) -> int:
        brought = self.brought
        points = sum(DISCOUNTS[brought[n]] * points for n, points in self.shares[paper])
        return points * self.priors[paper]

    def take(self, limit: int) -> list[Choice]:
        choices = []
        waiting = set(self.brought)  # interests that found something and have no place yet
        for left in range(limit, 0, -1):
            paper = self.best_of(waiting) if len(waiting) >= left else self.best()
            shares = tuple(self.shares[paper])
            choices.append(Choice(paper, self.value(paper), shares))
            self.taken.add(paper)
            for number, _ in shares:
                self.brought[number] = min(self.brought[number] + 1, len(DISCOUNTS) - 1)
                waiting.discard(number)
        return choices

    def best(self) -> int:
        while True:
            value, paper = self.heap[0]
            if paper in self.taken:
                heappop(self.heap)
            elif (now := -self.value(paper)) == value:
                return paper
            else:
                heapreplace(self.heap, (now, paper))

    def best_of(self, waiting: Collection[int]) -> int:
        """Return the best paper for the interests that still wait for a place."""
        return min(
            (
                paper
                for paper, shares in self.shares.items()
                if paper not in self.taken and any(number in waiting for number, _ in shares)
            ),
            key=lambda paper: (-self.value(paper), paper),
        )
