"""What was chosen for many profiles, told in arrays: objects would cost more than the choosing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from digest.model.digests import Entry
from digest.model.profiles import Profile, Selection
from digest.ranking.arrays import offsets
from digest.ranking.explain import Quotation

Number = TypeVar("Number", bound=np.generic)


class Quotations:
    """Sentences of papers by number, each once."""

    def __init__(self) -> None:
        self.all: list[tuple[int, Quotation]] = []
        self._numbers: dict[tuple[object, ...], int] = {}

    def number(self, paper_id: int, quotation: Quotation) -> int:
        """Return the number of a quotation of a paper, a new one where it is new."""
        # Kinds and fields are there once each, and told apart much faster than hashed.
        kind, field = id(quotation.kind), id(quotation.field)
        key = (paper_id, quotation.sentence, quotation.spans, kind, field)
        number = self._numbers.setdefault(key, len(self.all))
        if number == len(self.all):
            self.all.append((paper_id, quotation))
        return number


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen for many profiles, as flat arrays.

    By profile: how many papers were `considered`, `matched` an interest, and were `excluded`;
    entries of profile n stand from `starts[n]` to `starts[n + 1]`, best first. By entry: the ids of
    the `papers`, their `scores`, and where the reasons of each begin (`reason_starts`, one more than
    entries), largest share first. By reason: `interests` is the place of the expression among its
    profile's interests, `quoted` says which of the `quotations`, each of which is there once beside
    its paper's id, and `shares` are parts of the score.

    Whom the arrays cannot tell (folded papers, a liked paper's reason, the best of the rest) are
    `told` whole, and have no entries in the arrays.
    """

    considered: NDArray[np.int64]
    matched: NDArray[np.int64]
    excluded: NDArray[np.int64]
    starts: NDArray[np.int64]
    papers: NDArray[np.int64]
    scores: NDArray[np.float64]
    reason_starts: NDArray[np.int64]
    interests: NDArray[np.int32]
    quoted: NDArray[np.int32]
    shares: NDArray[np.float64]
    quotations: Sequence[tuple[int, Quotation]]
    told: dict[int, Selection]

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return parts, at least one, whose quotations are numbered together, as one."""
        if len(parts) == 1:
            return parts[0]
        begins = np.cumsum([0, *(len(part.considered) for part in parts)]).tolist()
        return cls(
            _stacked(part.considered for part in parts),
            _stacked(part.matched for part in parts),
            _stacked(part.excluded for part in parts),
            _follow_on([part.starts for part in parts]),
            _stacked(part.papers for part in parts),
            _stacked(part.scores for part in parts),
            _follow_on([part.reason_starts for part in parts]),
            _stacked(part.interests for part in parts),
            _stacked(part.quoted for part in parts),
            _stacked(part.shares for part in parts),
            parts[0].quotations,
            {
                begin + number: selection
                for begin, part in zip(begins, parts, strict=False)
                for number, selection in part.told.items()
            },
        )

    def selections(self, profiles: Sequence[Profile]) -> list[Selection]:
        """Return the same as objects, for the profiles these choices are of."""
        starts, told = self.starts.tolist(), self.told
        counts = zip(self.considered.tolist(), self.matched.tolist(), self.excluded.tolist())  # noqa: B905
        entries = self._entries(profiles)
        return [
            told[number]
            if number in told
            else Selection(
                profile.subscriber_id, considered, matched, entries[begin:end], excluded=excluded
            )
            for number, (profile, (begin, end), (considered, matched, excluded)) in enumerate(
                zip(profiles, pairwise(starts), counts, strict=True)
            )
        ]

    def _entries(self, profiles: Sequence[Profile]) -> tuple[Entry, ...]:
        """Return the entries of all profiles."""
        owners = np.repeat(np.arange(len(profiles)), np.diff(self.starts)).tolist()
        interests, quoted = self.interests.tolist(), self.quoted.tolist()
        shares = self.shares.tolist()
        found = []
        for owner, paper, score, (begin, end) in zip(
            owners,
            self.papers.tolist(),
            self.scores.tolist(),
            pairwise(self.reason_starts.tolist()),
            strict=True,
        ):
            own = profiles[owner].interests
            reasons = tuple(
                self.quotations[quoted[at]][1].as_reason(own[interests[at]].expression, shares[at])
                for at in range(begin, end)
            )
            found.append(Entry(paper, score, reasons))
        return tuple(found)


def _stacked(columns: Iterable[NDArray[Number]]) -> NDArray[Number]:
    return np.concatenate(list(columns))


def _follow_on(starts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return where runs begin when those of each part follow on those of the part before."""
    return offsets(np.concatenate([np.diff(each) for each in starts]))
