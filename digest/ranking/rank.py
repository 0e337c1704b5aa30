"""Rank a batch of papers for every profile at once."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from digest.errors import ExpressionError
from digest.model.digests import Entry, Reason
from digest.model.papers import ListedPaper
from digest.model.profiles import Profile, Selection
from digest.model.subscribers import Interest
from digest.ranking.explain import Quotation, quote
from digest.ranking.matching import Batch, Match, batch_of
from digest.ranking.query import Expression, parse
from digest.ranking.scoring import UNIT
from digest.ranking.select import DISCOUNT_UNIT, PRIOR_UNIT, WEIGHT_UNIT, Choice, Wish, choose

MAX_REASONS = 3
MAX_EXAMPLES = 5
TOO_BROAD = 0.25
# Two priors of 2 % of a score at most: they order what the reader's own words leave equal.
PRIOR = 20
HALF_LIFE_DAYS = 14

_log = logging.getLogger(__name__)


def rank(
    papers: Sequence[ListedPaper], profiles: Sequence[Profile], now: datetime
) -> list[Selection]:
    """Return what each profile gets, in the order of the profiles.

    Papers may come in any order. Every distinct expression is matched once for all profiles. A
    stored expression that can no longer be read is left out and logged; it stops nobody's digest.
    """
    return _Ranking(papers, now).select_all(profiles)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an expression would have found, before it is saved.

    `per_dump` is a mean over the dumps the papers come from; `warning` a sentence or None.
    """

    matched: int
    per_dump: float
    examples: tuple[Entry, ...]
    warning: str | None


def preview(expression: str, papers: Sequence[ListedPaper], now: datetime) -> Preview:
    """Return what an expression finds among papers; raise ExpressionError if it cannot be read."""
    parsed = parse(expression)
    ranking = _Ranking(papers, now)
    matched = len(ranking.batch.matches(parsed.unweighted))
    total = len(ranking.batch.papers)
    dumps = len({listed.dump_id for listed in papers})
    profile = Profile(0, (Interest(expression),), MAX_EXAMPLES, after=ranking.before_all)
    examples = ranking.select_all([profile])[0].entries
    warning = _warning(parsed, matched, total)
    return Preview(matched, matched / max(1, dumps), examples, warning)


def _warning(parsed: Expression, matched: int, total: int) -> str | None:
    if not total:
        return None
    if not parsed.alternatives:
        return f"This only hides papers: {matched} of the last {total}."
    if not matched:
        return f"None of the last {total} papers matches this."
    if matched > TOO_BROAD * total:
        return f"This is broad: it matches {matched} of the last {total} papers."
    return None


@dataclass(slots=True)
class _Interest:
    """An expression as some readers wrote it, with what it found."""

    parsed: Expression
    matches: Mapping[int, Match]
    scores: Mapping[int, int]
    quotations: dict[int, Quotation] = field(default_factory=dict)


class _Ranking:
    """One batch and what all profiles share of it."""

    def __init__(self, papers: Sequence[ListedPaper], now: datetime) -> None:
        firsts: dict[int, ListedPaper] = {}
        for listed in sorted(papers, key=lambda p: (p.dump_id, p.position)):
            firsts.setdefault(listed.paper.id, listed)
        self.batch: Batch = batch_of(frozenset(listed.paper for listed in firsts.values()))
        self.listed = [firsts[paper.id] for paper in self.batch.papers]
        self.number_of = {paper.id: number for number, paper in enumerate(self.batch.papers)}
        self.before_all = min((listed.dump_id for listed in self.listed), default=1) - 1
        today = now.astimezone(UTC).date()
        self.priors = [_prior(listed, today) for listed in self.listed]
        self._older: dict[int, frozenset[int]] = {}
        self._interests: dict[str, _Interest | None] = {}

    def select_all(self, profiles: Sequence[Profile]) -> list[Selection]:
        written = {i.expression for profile in profiles for i in profile.interests}
        self._interests = {expression: self.resolve(expression) for expression in sorted(written)}
        return [self.select(profile) for profile in profiles]

    def resolve(self, expression: str) -> _Interest | None:
        try:
            parsed = parse(expression)
        except ExpressionError as error:
            _log.warning("A stored interest is left out: %s", error.problem)
            return None
        matches = self.batch.matches(parsed.unweighted)
        scores = {paper: matches[paper].score for paper in sorted(matches)}
        return _Interest(parsed, matches, scores)

    def select(self, profile: Profile) -> Selection:
        hidden = set(self.older_than(profile.after))
        hidden.update(self.number_of[seen] for seen in profile.seen & self.number_of.keys())
        considered = len(self.listed) - len(hidden)
        wishes: dict[Expression, Wish] = {}
        for number, interest in enumerate(profile.interests):
            resolved = self._interests[interest.expression]
            if resolved is None:
                continue
            if not resolved.parsed.alternatives:
                hidden.update(resolved.matches)
                continue
            wish = Wish(number, _weight(interest, resolved.parsed), resolved.scores)
            wanted = resolved.parsed.unweighted
            other = wishes.get(wanted)
            if other is None or other.weight < wish.weight:
                wishes[wanted] = wish
        choices, matched = choose(list(wishes.values()), hidden, profile.limit, self.priors)
        entries = tuple(self.entry(profile, choice) for choice in choices)
        return Selection(profile.subscriber_id, considered, matched, entries)

    def older_than(self, after: int) -> frozenset[int]:
        """Return the papers outside a window that begins after a dump."""
        older = self._older.get(after)
        if older is None:
            older = frozenset(n for n, listed in enumerate(self.listed) if listed.dump_id <= after)
            self._older[after] = older
        return older

    def entry(self, profile: Profile, choice: Choice) -> Entry:
        total = sum(points for _, points in choice.shares)
        largest = sorted(choice.shares, key=lambda share: (-share[1], share[0]))[:MAX_REASONS]
        reasons = tuple(
            self.reason(profile.interests[number].expression, choice.paper, points / total)
            for number, points in largest
        )
        score = choice.value / (UNIT * WEIGHT_UNIT * DISCOUNT_UNIT * PRIOR_UNIT)
        return Entry(self.batch.papers[choice.paper].id, score, reasons)

    def reason(self, expression: str, paper: int, share: float) -> Reason:
        interest = self._interests[expression]
        if interest is None:
            raise AssertionError("an interest that could not be read has chosen a paper")
        quotation = interest.quotations.get(paper)
        if quotation is None:
            quotation = quote(self.batch.index, interest.matches[paper])
            interest.quotations[paper] = quotation
        return quotation.as_reason(expression, share)


def _weight(interest: Interest, parsed: Expression) -> int:
    return max(1, round(interest.weight * parsed.weight * WEIGHT_UNIT))


def _prior(listed: ListedPaper, today: date) -> int:
    """Return what a paper's place and age multiply its score by, in units of PRIOR_UNIT."""
    trending = 10 / (9 + max(1, listed.position))
    age = max(0, (today - listed.dated_on).days)
    recent = 2 ** (-age / HALF_LIFE_DAYS)
    return PRIOR_UNIT + round(PRIOR * trending) + round(PRIOR * recent)
