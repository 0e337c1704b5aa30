"""What a block of readers gets, in arrays: chosen papers with the reasons for them."""

import numpy as np

from digest.model.digests import Entry, Reason
from digest.model.profiles import Selection
from digest.ranking.arrays import Ints, Longs, offsets
from digest.ranking.asked import WEIGHT_UNIT, AskedProfiles
from digest.ranking.choices import Choices, Quotations
from digest.ranking.chosen import Asked, Chosen, Extras, Scored
from digest.ranking.desk import PRIOR_UNIT
from digest.ranking.explain import quote_shared
from digest.ranking.likes import Tastes
from digest.ranking.reasons import reasons_of
from digest.ranking.rest import best_of_the_rest
from digest.ranking.scoring import UNIT
from digest.ranking.search import Search
from digest.ranking.shares import folded_of


class Reasoning:
    """The entries that were chosen for a block of readers, and why.

    Flat arrays by entry: whose it is (`owners`), its paper and its score. Reader n has row n.
    """

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        search: Search,
        scored: Scored,
        wanted: AskedProfiles,
        asked: Asked,
        extras: Extras | None,
        tastes: Tastes | None,
        chosen: Chosen,
    ) -> None:
        self.search, self.scored, self.wanted, self.asked = search, scored, wanted, asked
        self.extras, self.tastes, self.chosen = extras, tastes, chosen
        taken = chosen.papers >= 0
        self.counts = taken.sum(axis=1)
        self.owners = np.repeat(np.arange(len(taken)), self.counts)
        self.papers = chosen.papers[taken]
        self.scores = chosen.values[taken] / (UNIT * WEIGHT_UNIT * PRIOR_UNIT)
        self.reasons = reasons_of(scored.hits, wanted.readers, self.owners, self.papers)
        self._ids = np.array([paper.id for paper in search.batch.papers], np.int64)

    def choices(self, quotations: Quotations) -> Choices:
        """Return it all, the sentences numbered among these quotations."""
        told = self._told()
        kept = np.ones(len(self.counts), np.bool_)
        kept[list(told)] = False
        is_kept = kept[self.owners]
        entries, reasons = np.flatnonzero(is_kept), np.flatnonzero(is_kept[self.reasons.entries])
        papers = self.papers[self.reasons.entries[reasons]]
        items = self.reasons.items[reasons]
        return Choices(
            self._considered(),
            self.chosen.matched.astype(np.int64),
            self.chosen.excluded.astype(np.int64),
            offsets(np.where(kept, self.counts, 0)),
            self._ids[self.papers[entries]],
            self.scores[entries],
            offsets(np.diff(self.reasons.starts)[entries]),
            self.wanted.places[items],
            self._quoted(self.wanted.readers.codes[items], papers, quotations),
            self.reasons.shares[reasons],
            quotations.all,
            told,
        )

    def _considered(self) -> Longs:
        seen = np.diff(self.asked.seen_starts)
        return self.scored.paper_count - self.asked.first.astype(np.int64) - seen

    def _quoted(self, codes: Ints, papers: Ints, quotations: Quotations) -> Ints:
        """Return the numbers of the sentences that show how papers meet expressions."""
        count = max(1, self.scored.paper_count)
        pairs, which = np.unique(codes.astype(np.int64) * count + papers, return_inverse=True)
        texts, quotation_of = self.wanted.readers.expressions, self.search.quotation_of
        numbers = [
            quotations.number(paper_id, quotation_of(texts[code], paper))
            for code, paper, paper_id in zip(
                (pairs // count).tolist(),
                (pairs % count).tolist(),
                self._ids[pairs % count].tolist(),
                strict=True,
            )
        ]
        return np.array(numbers, np.int32)[which]

    def _told(self) -> dict[int, Selection]:
        """Return the readers whose entries arrays cannot tell."""
        folded = self._folded()
        by_like = self.wanted.readers.codes[self.reasons.items] >= self.wanted.shared
        special = {*self.owners[list(folded)].tolist()}
        special.update(self.owners[self.reasons.entries[by_like]].tolist())
        starts = offsets(self.counts)
        told = {
            number: self._selection(
                number,
                tuple(
                    self._entry(entry, folded.get(entry, []))
                    for entry in range(int(starts[number]), int(starts[number + 1]))
                ),
            )
            for number in sorted(special)
        }
        for number in np.flatnonzero(self.counts == 0).tolist():
            if self.wanted.profiles[number].rest:
                rest = best_of_the_rest(self.search, self.scored, self.wanted, self.asked, number)
                if rest:
                    told[number] = self._selection(number, rest, is_rest=True)
        return told

    def _folded(self) -> dict[int, list[int]]:
        """Return the near-duplicates that stand under an entry, where there are any."""
        found = {}
        for entry in np.flatnonzero(self.scored.groups[self.papers] >= 0).tolist():
            number, paper = int(self.owners[entry]), int(self.papers[entry])
            readers = self.wanted.readers
            folded = folded_of(self.scored, readers, self.asked, number, paper, self.extras)
            if folded:
                found[entry] = folded
        return found

    def _selection(
        self, number: int, entries: tuple[Entry, ...], *, is_rest: bool = False
    ) -> Selection:
        return Selection(
            self.wanted.profiles[number].subscriber_id,
            int(self._considered()[number]),
            int(self.chosen.matched[number]),
            entries,
            is_rest,
            int(self.chosen.excluded[number]),
        )

    def _entry(self, entry: int, folded: list[int]) -> Entry:
        """Return a chosen paper as its reader sees it, with the near-duplicates under it."""
        number, paper = int(self.owners[entry]), int(self.papers[entry])
        here = slice(self.reasons.starts[entry], self.reasons.starts[entry + 1])
        items, shares = self.reasons.items[here].tolist(), self.reasons.shares[here].tolist()
        return Entry(
            int(self._ids[paper]),
            float(self.scores[entry]),
            tuple(
                self._reason(number, item, paper, share)
                for item, share in zip(items, shares, strict=True)
            ),
            tuple(self._ids[folded].tolist()),
            self.search.topic((paper, *folded)) if folded else "",
        )

    def _reason(self, number: int, item: int, paper: int, share: float) -> Reason:
        profile = self.wanted.profiles[number]
        code = int(self.wanted.readers.codes[item])
        if code >= self.wanted.shared and self.tastes is not None:
            liked, roots = self.tastes.closest(profile.liked, paper)
            quotation = quote_shared(self.search.batch.index, paper, roots)
            return quotation.as_reason(liked.title, share)
        written = profile.interests[int(self.wanted.places[item])].expression
        quotation = self.search.quotation_of(self.wanted.readers.expressions[code], paper)
        return quotation.as_reason(written, share)
