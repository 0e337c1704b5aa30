"""The fan-out's rules, written down without a thought of time: dicts, sets and sorting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.ranking.reader_wishes import ReaderWishes

Table = Mapping[str, Mapping[int, int]]


@dataclass(frozen=True)
class World:
    hits: Table
    priors: Sequence[int]
    groups: Sequence[int]


def discounted(share: int, brought: int) -> int:
    for _ in range(brought):
        share -= share // 32
    return share


@dataclass
class Answer:
    papers: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    matched: int = 0
    excluded: int = 0


class Reader:
    def __init__(
        self,
        world: World,
        wishes: ReaderWishes,
        first: int,
        seen: Sequence[int],
        extras: Sequence[int] | None = None,
    ) -> None:
        self.world = world
        self.extras = [0] * len(world.priors) if extras is None else extras
        self.limit = wishes.limit
        weights: dict[str, int] = {}
        for text, weight in wishes.items:
            weights[text] = max(weight, weights.get(text, 0))
        hidden = {paper for text in wishes.hidden for paper in world.hits.get(text, {})}
        everything = range(first, len(world.priors))
        self.shares: dict[int, dict[str, int]] = {}
        self.excluded = 0
        for paper in everything:
            shares = {
                text: weight * world.hits[text][paper]
                for text, weight in weights.items()
                if paper in world.hits.get(text, {})
            }
            if paper in seen:
                continue
            if paper in hidden:
                self.excluded += bool(shares)
            elif shares:
                self.shares[paper] = shares
        self.matched = len(self.shares)
        self.brought = dict.fromkeys(weights, 0)

    def value(self, paper: int) -> int:
        prior = self.world.priors[paper]
        shares = (
            discounted(share * prior, self.brought[text])
            for text, share in self.shares[paper].items()
        )
        return sum(shares) + self.extras[paper] * 1024

    def answer(self, most: int) -> Answer:
        self.brought = dict.fromkeys(self.brought, 0)
        left = set(self.shares)
        served: set[str] = set()
        taken: list[tuple[int, int]] = []
        places = min(self.limit, most, len(left))
        while left and len(taken) < places:
            waiting = {text for paper in left for text in self.shares[paper]} - served
            candidates = left
            if waiting and len(waiting) >= places - len(taken):
                candidates = {paper for paper in left if waiting & self.shares[paper].keys()}
            paper = min(candidates, key=lambda paper: (-self.value(paper), paper))
            taken.append((-self.value(paper), paper))
            for text in self.shares[paper]:
                self.brought[text] += 1
                served.add(text)
            group = self.world.groups[paper]
            left -= {paper}
            left -= {other for other in left if group >= 0 and self.world.groups[other] == group}
        taken.sort()
        papers, values = [paper for _, paper in taken], [-value for value, _ in taken]
        return Answer(papers, values, self.matched, self.excluded)

    def folded(self, paper: int) -> list[int]:
        group = self.world.groups[paper]
        others = [
            other
            for other in self.shares
            if group >= 0 and self.world.groups[other] == group and other != paper
        ]
        return sorted(others, key=lambda other: (-self.value(other), other))
