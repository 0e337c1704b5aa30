"""Rank a batch of papers for every profile at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from digest.model.papers import ListedPaper
from digest.model.profiles import Profile, Selection
from digest.ranking.archive import Archive
from digest.ranking.asked import LIKED, WEIGHT_UNIT, AskedProfile
from digest.ranking.chosen import Asked, Extras, Scored
from digest.ranking.desk import LAST, PRIOR_UNIT
from digest.ranking.expressions import Expression
from digest.ranking.fanout import choose_all
from digest.ranking.firsts import first_listings
from digest.ranking.hits import HitRow, Hits
from digest.ranking.latent import Items, extras
from digest.ranking.likes import Tastes
from digest.ranking.readers import Readers
from digest.ranking.reasoning import Reasoning
from digest.ranking.rest import best_of_the_rest
from digest.ranking.scoring import CLOSE, UNIT
from digest.ranking.search import Search, key_of, search_of

# Readers ranked together: their closeness to every paper is one array.
BLOCK = 4096
MOST_PAPERS = LAST
# Two priors of 2 % of a score at most: they order what the reader's own words leave equal.
PRIOR = 20
HALF_LIFE_DAYS = 14
NO_WORDS = Expression(())


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
        rated = [paper for each in profiles for paper in (*each.liked, *each.disliked)]
        tastes = Tastes(self.search.vectors, rated, self.search.batch.archive) if rated else None
        blocks = (profiles[at : at + BLOCK] for at in range(0, len(profiles), BLOCK))
        return [selection for block in blocks for selection in self._select(block, tastes)]

    def _select(self, profiles: Sequence[Profile], tastes: Tastes | None) -> Iterator[Selection]:
        asked = [AskedProfile(profile) for profile in profiles]
        readers = Readers.build(each.wishes(number) for number, each in enumerate(asked))
        rows = self._rows(readers, asked, tastes)
        scored = Scored(Hits.stacked(rows), self._priors, self.search.groups)
        added = self._extras(readers, asked, tastes)
        windows = self._asked(readers, profiles)
        chosen = choose_all(scored, readers, windows, extras=added)
        reasoning = Reasoning(self.search, scored, readers, windows, added, tastes)
        seen = np.diff(windows.seen_starts)
        for number, each in enumerate(asked):
            unseen = len(self.listed) - int(windows.first[number] + seen[number])
            papers, values = chosen.papers[number].tolist(), chosen.values[number].tolist()
            entries = tuple(
                reasoning.entry(number, each, paper, value)
                for paper, value in zip(papers, values, strict=True)
                if paper >= 0
            )
            selection = Selection(
                each.profile.subscriber_id,
                unseen,
                int(chosen.matched[number]),
                entries,
                excluded=int(chosen.excluded[number]),
            )
            if not entries and each.profile.rest:
                rest = best_of_the_rest(reasoning, number, each)
                selection = replace(selection, entries=rest, is_rest=bool(rest))
            yield selection

    def _rows(
        self, readers: Readers, asked: Sequence[AskedProfile], tastes: Tastes | None
    ) -> list[HitRow]:
        """Return what each expression found, and of each reader's likes the papers like them."""
        texts = readers.expressions
        shared = [text for text in texts if not text.startswith(LIKED)]
        found = dict(zip(shared, self.search.rows([key_of(text) for text in shared]), strict=True))
        for text in texts:
            if text.startswith(LIKED) and tastes is not None:
                each = asked[int(text.removeprefix(LIKED))]
                found[text] = tastes.liked(each.profile.liked, each.total_weight)
        return [found[text] for text in texts]

    def _asked(self, readers: Readers, profiles: Sequence[Profile]) -> Asked:
        first = np.searchsorted(self._dumps, [profile.after for profile in profiles], "right")
        seen = [
            sorted({n for n in map(self._number_of.get, profile.seen) if n is not None and n >= at})
            for profile, at in zip(profiles, first.tolist(), strict=True)
        ]
        most = max((profile.limit for profile in profiles), default=0)
        return Asked.of(readers.rows_of(range(len(profiles))), most, first, seen)

    def _extras(
        self, readers: Readers, asked: Sequence[AskedProfile], tastes: Tastes | None
    ) -> Extras | None:
        """Return what closeness adds to each paper for each reader, and what dislikes take away.

        The whole of a reader's interests says more than one of them: a single one has no closeness.
        """
        disliked = [
            (number, each) for number, each in enumerate(asked) if each.profile.disliked and tastes
        ]
        places, latent = self.search.places, self.search.batch.archive.latent
        if latent is None or places is None:
            if not disliked:
                return None
            added = np.zeros((len(asked), len(self.listed)), np.int32)
        else:
            rows = readers.rows[readers.rows_of(range(len(asked)))]
            counts = np.array([len(each.weights) for each in asked], np.int64)
            items = Items(
                rows["begin"], np.where(counts > 1, counts, 0), readers.codes, readers.weights
            )
            # A reader's likes come after the interests that count here: any row does for them.
            keys = [
                NO_WORDS if text.startswith(LIKED) else key_of(text) for text in readers.expressions
            ]
            added = extras(items, self.search.phrases(keys, latent), places, CLOSE * UNIT)
        for number, each in disliked:
            if tastes is not None:
                lost = tastes.disliked(each.profile.disliked, each.total_weight)
                added[number] -= (lost * WEIGHT_UNIT).astype(np.int32)
        return added


def _priors(listed: Sequence[ListedPaper], today: date) -> NDArray[np.int32]:
    """Return what papers' places and ages add to the unit their scores are multiplied by."""
    places = np.array([max(1, each.position) for each in listed], np.float64)
    dates = np.array([each.dated_on.toordinal() for each in listed], np.float64)
    trending = 10 / (9 + places)
    recent = 2.0 ** (-np.maximum(0.0, today.toordinal() - dates) / HALF_LIFE_DAYS)
    return (np.rint(PRIOR * trending) + np.rint(PRIOR * recent)).astype(np.int32)
