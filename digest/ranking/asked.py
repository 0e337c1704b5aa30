"""What many profiles ask for, in terms of the expressions that readers share."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from digest.model.profiles import Profile
from digest.ranking.arrays import Floats, Ints, Longs, offsets
from digest.ranking.meaning import meaning_of
from digest.ranking.numbering import Numbering
from digest.ranking.readers import CODE, ROW, WEIGHT, Readers

WEIGHT_UNIT = 16
# Of what a reader did not write as an interest: a like, or what hides papers.
NO_PLACE = -1
_ITEM, _LIKE, _HIDDEN = range(3)
_MOST_WEIGHT, _MOST_LIMIT = np.iinfo(WEIGHT).max, np.iinfo(np.uint8).max

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AskedProfiles:
    """Profiles as `readers`, row n for profile n.

    `places` stands beside the readers' codes: the place of each item among its profile's interests.
    Of a profile the first `counts` items are its interests, which weigh `totals` together. The codes
    from `shared` on are the likes of one profile each, those of `likers`. A stored expression that
    can no longer be read is left out and logged.
    """

    profiles: Sequence[Profile]
    readers: Readers
    places: Ints
    counts: Longs
    totals: Floats
    shared: int
    likers: Sequence[int]

    @classmethod
    def of(cls, profiles: Sequence[Profile]) -> Self:
        """Return what profiles ask for; raise ValueError where a number is out of its range."""
        written = Numbering()
        interests = _interests(profiles, written)
        mutes = _mutes(profiles, written)
        expressions = Numbering()
        meant = _Meanings.of(written.texts, expressions)
        _report(meant, interests.written)
        items = _largest(interests.where(meant.finds[interests.written]), meant)
        excluding = interests.where(meant.excludes[interests.written])
        hidden = [mutes.where(meant.codes[mutes.written] >= 0), excluding]
        likers = np.array([n for n, profile in enumerate(profiles) if profile.liked], np.int64)
        shared = len(expressions)

        count = len(profiles)
        counts = np.bincount(items.owners, minlength=count)
        sums = np.bincount(items.owners, items.weights, count) / WEIGHT_UNIT
        hiding = np.concatenate([each.owners for each in hidden])
        owners = np.concatenate((items.owners, likers, hiding))
        kinds = np.repeat((_ITEM, _LIKE, _HIDDEN), (len(items.owners), len(likers), len(hiding)))
        order = np.argsort(owners * 3 + kinds, kind="stable")
        codes = np.concatenate(
            (
                meant.codes[items.written],
                np.arange(shared, shared + len(likers)),
                *(meant.codes[each.written] for each in hidden),
            )
        )
        weights = np.zeros(len(owners))
        weights[: len(items.owners)] = items.weights
        weights[kinds == _LIKE] = WEIGHT_UNIT
        places = np.full(len(owners), NO_PLACE, np.int32)
        places[: len(items.owners)] = items.places
        rows = np.zeros(count, ROW)
        rows["begin"] = offsets(np.bincount(owners, minlength=count))[:-1]
        rows["items"] = counts + np.bincount(likers, minlength=count)
        rows["hidden"] = np.bincount(hiding, minlength=count)
        limits = np.array([profile.limit for profile in profiles], np.int64)
        _check(weights, limits)
        rows["limit"] = limits
        readers = Readers(
            rows,
            codes[order].astype(CODE),
            weights[order].astype(WEIGHT),
            [*expressions.texts, *("" for _ in likers)],
        )
        # Likes without any interest count as much as beside one.
        totals = np.where(sums > 0, sums, 1.0)
        return cls(profiles, readers, places[order], counts, totals, shared, likers.tolist())

    def items_of(self, number: int) -> list[tuple[str, int, str]]:
        """Return a profile's interests: the text all share, the weight, and as it was written."""
        interests = self.profiles[number].interests
        begin = int(self.readers.rows["begin"][number])
        places = self.places[begin : begin + int(self.counts[number])].tolist()
        items = self.readers.items_of(number)[: len(places)]
        return [
            (self.readers.expressions[code], weight, interests[place].expression)
            for (code, weight), place in zip(items, places, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Written:
    """Expressions by the number of their text: whose they are, at which place, of what weight."""

    owners: Longs
    places: Longs
    written: Longs
    weights: Floats

    def where(self, which: NDArray[np.bool_]) -> "_Written":
        """Return some of them."""
        return _Written(
            self.owners[which], self.places[which], self.written[which], self.weights[which]
        )


def _interests(profiles: Sequence[Profile], written: Numbering) -> _Written:
    counts = np.array([len(profile.interests) for profile in profiles], np.int64)
    owners = np.repeat(np.arange(len(counts)), counts)
    places = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    every = [interest for profile in profiles for interest in profile.interests]
    numbers = np.array([written[each.expression] for each in every], np.int64)
    return _Written(owners, places, numbers, np.array([each.weight for each in every], np.float64))


def _mutes(profiles: Sequence[Profile], written: Numbering) -> _Written:
    every = [(n, text) for n, profile in enumerate(profiles) for text in profile.muted]
    owners = np.array([number for number, _ in every], np.int64)
    numbers = np.array([written[text] for _, text in every], np.int64)
    return _Written(owners, np.zeros_like(owners), numbers, np.zeros(len(owners)))


@dataclass(frozen=True, slots=True)
class _Meanings:
    """What texts mean, by their number: code -1 of those that cannot be read."""

    codes: Longs
    weights: Floats
    excludes: NDArray[np.bool_]
    problems: dict[int, str]

    @classmethod
    def of(cls, texts: Sequence[str], expressions: Numbering) -> Self:
        codes = np.full(len(texts), -1, np.int64)
        weights = np.ones(len(texts))
        excludes = np.zeros(len(texts), np.bool_)
        problems = {}
        for number, meant in enumerate(map(meaning_of, texts)):
            if isinstance(meant, str):
                problems[number] = meant
            else:
                codes[number] = expressions[meant.text]
                weights[number] = meant.weight
                excludes[number] = meant.only_excludes
        return cls(codes, weights, excludes, problems)

    @property
    def finds(self) -> NDArray[np.bool_]:
        """Whether each finds papers."""
        return (self.codes >= 0) & ~self.excludes


def _report(meant: _Meanings, numbers: Longs) -> None:
    if meant.problems:
        for number in numbers[meant.codes[numbers] < 0].tolist():
            _log.warning("A stored interest is left out: %s", meant.problems[number])


def _largest(items: _Written, meant: _Meanings) -> _Written:
    """Return what each reader asks for once, where it stood first, as it was written with most weight."""
    weights = np.maximum(1, np.rint(items.weights * meant.weights[items.written] * WEIGHT_UNIT))
    items = _Written(items.owners, items.places, items.written, weights)
    keys = items.owners * (len(meant.codes) + 1) + meant.codes[items.written]
    order = np.argsort(keys, kind="stable")
    is_first = np.append(True, np.diff(keys[order]) > 0)[: len(order)]
    if is_first.all():
        return items
    firsts = np.sort(order[is_first])
    # By what is asked, then the largest first, then as it was written: the first of each counts.
    best = np.lexsort((items.places, -weights, keys))[is_first]
    best = best[np.argsort(order[is_first], kind="stable")]
    return _Written(items.owners[firsts], items.places[best], items.written[best], weights[best])


def _check(weights: Floats, limits: Longs) -> None:
    for what, values, most in (("weight", weights, _MOST_WEIGHT), ("limit", limits, _MOST_LIMIT)):
        if values.size and not 0 <= values.min() <= values.max() <= most:
            raise ValueError(f"A reader's {what} is out of its range: it is not 0 to {most}")
