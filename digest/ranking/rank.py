"""Rank a batch of papers for every profile at once."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from digest.model.papers import ListedPaper
from digest.model.profiles import Profile, Selection
from digest.ranking.archive import Archive
from digest.ranking.asked import WEIGHT_UNIT, AskedProfiles
from digest.ranking.choices import Choices, Quotations
from digest.ranking.chosen import Asked, Extras, Scored
from digest.ranking.desk import LAST, PRIOR_UNIT
from digest.ranking.fanout import choose_all
from digest.ranking.firsts import first_listings
from digest.ranking.hits import Hits
from digest.ranking.latent import Items, extras
from digest.ranking.likes import Tastes
from digest.ranking.reasoning import Reasoning
from digest.ranking.scoring import CLOSE, UNIT
from digest.ranking.search import Search, search_of

# Readers ranked together: their closeness to every paper is one array.
BLOCK = 4096
MOST_PAPERS = LAST
# Two priors of 2 % of a score at most: they order what the reader's own words leave equal.
PRIOR = 20
HALF_LIFE_DAYS = 14


def rank(
    papers: Iterable[ListedPaper],
    profiles: Sequence[Profile],
    now: datetime,
    archive: Archive | None = None,
    *,
    has_priors: bool = True,
) -> list[Selection]:
    """Return what each profile gets, in the order of the profiles.

    Papers may come in any order. Every distinct expression is matched once for all profiles. Scores
    rest on the archive; without one, on the papers themselves. A stored expression that can no
    longer be read is left out and logged; it stops nobody's digest. With `has_priors` a paper's
    place in its list and its age order what the reader's words leave equal.
    """
    return Ranking(papers, now, archive, has_priors=has_priors).select(profiles)


class Ranking:
    """A batch of papers in the order they were first listed, ready to be ranked for anybody.

    Of more than MOST_PAPERS, years of them, the newest count. Who has these very papers analysed
    already gives their `search`.
    """

    def __init__(
        self,
        papers: Iterable[ListedPaper],
        now: datetime,
        archive: Archive | None = None,
        *,
        has_priors: bool = True,
        search: Search | None = None,
    ) -> None:
        self.listed = first_listings(papers)[-MOST_PAPERS:]
        self.search: Search = search or search_of([each.paper for each in self.listed], archive)
        self._number_of = {each.paper.id: number for number, each in enumerate(self.listed)}
        self._dumps = np.array([each.dump_id for each in self.listed], np.int64)
        today = now.astimezone(UTC).date()
        self._priors = np.full(len(self.listed), PRIOR_UNIT, np.int32)
        if has_priors:
            self._priors += _priors(self.listed, today)

    def select(self, profiles: Sequence[Profile]) -> list[Selection]:
        """Return what each profile gets, in the order of the profiles."""
        return [
            selection
            for block in self._blocks(profiles)
            for selection in block.choices(Quotations()).selections(block.wanted.profiles)
        ]

    def choose(self, profiles: Sequence[Profile]) -> Choices:
        """Return the same as arrays, which take a tenth of the time."""
        quotations = Quotations()
        return Choices.joined([block.choices(quotations) for block in self._blocks(profiles)])

    def _blocks(self, profiles: Sequence[Profile]) -> Iterator[Reasoning]:
        rated = [paper for each in profiles for paper in (*each.liked, *each.disliked)]
        tastes = Tastes(self.search.vectors, rated, self.search.batch.archive) if rated else None
        for at in range(0, len(profiles) or 1, BLOCK):
            wanted = AskedProfiles.of(profiles[at : at + BLOCK])
            scored = Scored(self._hits(wanted, tastes), self._priors, self.search.groups)
            added = self._extras(wanted, tastes)
            asked = self._asked(wanted.profiles)
            chosen = choose_all(scored, wanted.readers, asked, extras=added)
            yield Reasoning(self.search, scored, wanted, asked, added, tastes, chosen)

    def _hits(self, wanted: AskedProfiles, tastes: Tastes | None) -> Hits:
        """Return what each expression found, and of each reader's likes the papers like them."""
        rows = self.search.rows(wanted.readers.expressions[: wanted.shared])
        if tastes is not None:
            rows += [
                tastes.liked(wanted.profiles[number].liked, float(wanted.totals[number]))
                for number in wanted.likers
            ]
        return Hits.stacked(rows)

    def _asked(self, profiles: Sequence[Profile]) -> Asked:
        first = np.searchsorted(self._dumps, [profile.after for profile in profiles], "right")
        seen: list[list[int]] = []
        if any(profile.seen for profile in profiles):
            seen = [
                sorted(
                    n for n in map(self._number_of.get, profile.seen) if n is not None and n >= at
                )
                if profile.seen
                else []
                for profile, at in zip(profiles, first.tolist(), strict=True)
            ]
        most = max((profile.limit for profile in profiles), default=0)
        return Asked.of(range(len(profiles)), most, first, seen)

    def _extras(self, wanted: AskedProfiles, tastes: Tastes | None) -> Extras | None:
        """Return what closeness adds to each paper for each reader, and what dislikes take away.

        The whole of a reader's interests says more than one of them: a single one has no closeness.
        """
        disliked = [
            (number, each.disliked) for number, each in enumerate(wanted.profiles) if each.disliked
        ]
        places, latent = self.search.places, self.search.batch.archive.latent
        if latent is None or places is None:
            if not disliked:
                return None
            added = np.zeros((len(wanted.profiles), len(self.listed)), np.int32)
        else:
            readers = wanted.readers
            counts = np.where(wanted.counts > 1, wanted.counts, 0)
            # A reader's likes come after the interests that count here: they need no phrase.
            items = Items(readers.rows["begin"], counts, readers.codes, readers.weights)
            phrases = self.search.phrases(readers.expressions[: wanted.shared], latent)
            added = extras(items, phrases, places, CLOSE * UNIT)
        if tastes is not None:
            for number, papers in disliked:
                lost = tastes.disliked(papers, float(wanted.totals[number]))
                added[number] -= (lost * WEIGHT_UNIT).astype(np.int32)
        return added


def _priors(listed: Sequence[ListedPaper], today: date) -> NDArray[np.int32]:
    """Return what papers' places and ages add to the unit their scores are multiplied by."""
    places = np.array([max(1, each.position) for each in listed], np.float64)
    dates = np.array([each.dated_on.toordinal() for each in listed], np.float64)
    is_ranked = np.array([each.is_ranked for each in listed])
    trending = np.where(is_ranked, 10 / (9 + places), 0.0)
    recent = 2.0 ** (-np.maximum(0.0, today.toordinal() - dates) / HALF_LIFE_DAYS)
    added: NDArray[np.int32] = (np.rint(PRIOR * trending) + np.rint(PRIOR * recent)).astype(
        np.int32
    )
    return added
