"""The entries of a digest: chosen papers with the reasons for them, largest share first."""

from dataclasses import dataclass, field

from digest.model.digests import Entry, Reason
from digest.ranking.asked import LIKED, WEIGHT_UNIT, AskedProfile
from digest.ranking.chosen import Asked, Extras, Scored
from digest.ranking.desk import PRIOR_UNIT
from digest.ranking.explain import quote_shared
from digest.ranking.likes import Tastes
from digest.ranking.readers import Readers
from digest.ranking.scoring import UNIT
from digest.ranking.search import Search, key_of
from digest.ranking.shares import folded_of

MAX_REASONS = 3


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What a block of readers was ranked with, for the reasons of what was chosen."""

    search: Search
    scored: Scored
    readers: Readers
    asked: Asked
    extras: Extras | None
    tastes: Tastes | None
    _points_of: dict[int, dict[int, int]] = field(default_factory=dict)

    def entry(self, number: int, reader: AskedProfile, paper: int, value: int) -> Entry:
        """Return a chosen paper as reader `number` sees it, with the near-duplicates under it."""
        shares = [
            (points * weight, self.readers.expressions[code])
            for code, weight in self.readers.items_of(int(self.asked.rows[number]))
            if (points := self._points(code).get(paper))
        ]
        total = sum(points for points, _ in shares)
        shares.sort(key=lambda share: -share[0])  # of equals the one that the reader wrote first
        reasons = tuple(
            self._reason(reader, text, paper, points / total)
            for points, text in shares[:MAX_REASONS]
        )
        folded = folded_of(self.scored, self.readers, self.asked, number, paper, self.extras)
        papers = self.search.batch.papers
        return Entry(
            papers[paper].id,
            value / (UNIT * WEIGHT_UNIT * PRIOR_UNIT),
            reasons,
            tuple(papers[other].id for other in folded),
            self.search.topic((paper, *folded)) if folded else "",
        )

    def _points(self, code: int) -> dict[int, int]:
        """Return the points of an expression by paper."""
        points = self._points_of.get(code)
        if points is None:
            hits = self.scored.hits
            here = slice(hits.starts[code], hits.starts[code + 1])
            found = zip(hits.papers[here].tolist(), hits.points[here].tolist(), strict=True)
            points = self._points_of[code] = dict(found)
        return points

    def _reason(self, reader: AskedProfile, text: str, paper: int, share: float) -> Reason:
        if text.startswith(LIKED) and self.tastes is not None:
            liked, roots = self.tastes.closest(reader.profile.liked, paper)
            quotation = quote_shared(self.search.batch.index, paper, roots)
            return quotation.as_reason(liked.title, share)
        quotation = self.search.quotation(key_of(text), paper)
        return quotation.as_reason(reader.written[text], share)
