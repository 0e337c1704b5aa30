"""Rank a batch of papers for every profile at once."""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache

import numpy as np

from digest.errors import ExpressionError
from digest.model.digests import Entry, Reason
from digest.model.papers import ListedPaper
from digest.model.profiles import Profile, Selection
from digest.model.subscribers import Interest
from digest.ranking.archive import Archive
from digest.ranking.chosen import Asked
from digest.ranking.chosen import Batch as Scored
from digest.ranking.expressions import Expression
from digest.ranking.fanout import DISCOUNT_UNIT, choose_all
from digest.ranking.hits import Hits
from digest.ranking.query import parse
from digest.ranking.readers import Readers
from digest.ranking.scoring import UNIT
from digest.ranking.search import search_of
from digest.ranking.wishes import ReaderWishes

MAX_REASONS = 3
WEIGHT_UNIT, PRIOR_UNIT = 16, 1 << 10
# Two priors of 2 % of a score at most: they order what the reader's own words leave equal.
PRIOR = 20
HALF_LIFE_DAYS = 14

_log = logging.getLogger(__name__)


def rank(
    papers: Iterable[ListedPaper],
    profiles: Sequence[Profile],
    now: datetime,
    archive: Archive | None = None,
) -> list[Selection]:
    """Return what each profile gets, in the order of the profiles.

    Papers may come in any order. Every distinct expression is matched once for all profiles. A
    stored expression that can no longer be read is left out and logged; it stops nobody's digest.
    """
    ranking = Ranking(first_listings(papers), now.astimezone(UTC).date(), archive)
    return ranking.select(profiles)


def first_listings(papers: Iterable[ListedPaper]) -> list[ListedPaper]:
    """Return each paper where it was listed first, in the order of the listings."""
    firsts: dict[int, ListedPaper] = {}
    for listed in sorted(papers, key=lambda each: (each.dump_id, each.position, each.paper.id)):
        firsts.setdefault(listed.paper.id, listed)
    return list(firsts.values())


class Ranking:
    """A batch of papers in the order they were first listed, ready to be ranked for anybody."""

    def __init__(
        self, listed: Sequence[ListedPaper], today: date, archive: Archive | None = None
    ) -> None:
        self.listed = listed
        self.search = search_of(tuple(each.paper for each in listed), archive)
        self._number_of = {each.paper.id: number for number, each in enumerate(listed)}
        self._dumps = np.array([each.dump_id for each in listed], np.int64)
        self._priors = np.array([_prior(each, today) for each in listed], np.int32)

    def select(self, profiles: Sequence[Profile]) -> list[Selection]:
        """Return what each profile gets, in the order of the profiles."""
        wanted = [_Wanted(profile) for profile in profiles]
        readers = Readers.build(each.wishes(number) for number, each in enumerate(wanted))
        hits = self.search.hits([parse(text).key for text in readers.expressions])
        first = np.searchsorted(self._dumps, [profile.after for profile in profiles], "right")
        seen = [self._seen(profile, int(at)) for profile, at in zip(profiles, first, strict=True)]
        most = max((profile.limit for profile in profiles), default=0)
        asked = Asked.of(readers.rows_of(range(len(profiles))), most, first, seen)
        groups = np.full(len(self.listed), -1, np.int32)
        chosen = choose_all(Scored(hits, self._priors, groups), readers, asked)
        found = zip(
            wanted,
            first,
            seen,
            chosen.papers,
            chosen.values,
            chosen.matched,
            chosen.excluded,
            strict=True,
        )
        return [
            Selection(
                each.profile.subscriber_id,
                len(self.listed) - int(at) - len(hidden),
                int(matched),
                tuple(
                    self._entry(each, readers, number, hits, int(paper), int(value))
                    for paper, value in zip(papers, values, strict=True)
                    if paper >= 0
                ),
                excluded=int(excluded),
            )
            for number, (each, at, hidden, papers, values, matched, excluded) in enumerate(found)
        ]

    def _seen(self, profile: Profile, first: int) -> list[int]:
        seen = (self._number_of.get(paper_id, -1) for paper_id in profile.seen)
        return sorted(number for number in seen if number >= first)

    def _entry(
        self, wanted: "_Wanted", readers: Readers, row: int, hits: Hits, paper: int, value: int
    ) -> Entry:
        shares = [
            (hits.points_of(code, paper) * weight, readers.expressions[code])
            for code, weight in readers.items_of(row)
        ]
        total = sum(points for points, _ in shares)
        largest = sorted((-points, wanted.place[text], text) for points, text in shares if points)
        reasons = tuple(
            self._reason(wanted.interests[text], text, paper, -points / total)
            for points, _, text in largest[:MAX_REASONS]
        )
        score = value / (UNIT * WEIGHT_UNIT * DISCOUNT_UNIT * PRIOR_UNIT)
        return Entry(self.listed[paper].paper.id, score, reasons)

    def _reason(self, interest: Interest, text: str, paper: int, share: float) -> Reason:
        quotation = self.search.quotation(parse(text).key, paper)
        return quotation.as_reason(interest.expression, share)


class _Wanted:
    """A profile in terms of the expressions that readers share."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.interests: dict[str, Interest] = {}
        self.place: dict[str, int] = {}
        self.weights: dict[str, int] = {}
        self.hidden = [text for text, _, _ in filter(None, map(_shared, profile.muted))]
        for interest in profile.interests:
            shared = _shared(interest.expression)
            if shared is None:
                continue
            text, own_weight, excludes = shared
            if excludes:
                self.hidden.append(text)
                continue
            weight = max(1, round(interest.weight * own_weight * WEIGHT_UNIT))
            if weight > self.weights.get(text, 0):
                self.weights[text] = weight
                self.interests[text] = interest
                self.place.setdefault(text, len(self.place))

    def wishes(self, number: int) -> ReaderWishes:
        """Return them as the fan-out takes them, under a number."""
        return ReaderWishes(number, 0, self.profile.limit, list(self.weights.items()), self.hidden)


@lru_cache(maxsize=1 << 16)
def _shared(expression: str) -> tuple[str, float, bool] | None:
    """Return the expression all share who ask the same, its weight, and whether it only excludes."""
    try:
        parsed = parse(expression)
    except ExpressionError as error:
        _log.warning("A stored interest is left out: %s", error.problem)
        return None
    return str(parsed.key), parsed.weight, not parsed.alternatives


def _prior(listed: ListedPaper, today: date) -> int:
    """Return what a paper's place and age multiply its score by, in units of PRIOR_UNIT."""
    trending = 10 / (9 + max(1, listed.position))
    age = max(0, (today - listed.dated_on).days)
    recent = 2 ** (-age / HALF_LIFE_DAYS)
    return PRIOR_UNIT + round(PRIOR * trending) + round(PRIOR * recent)
