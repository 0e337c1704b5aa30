"""What every paper of a batch is worth for an expression, met or not: for search and quiet days.

A digest shows papers that meet an interest. Where none does, the words of an interest, scattered
over a paper, still tell which papers are nearer to it than others. An expression of more words than
anybody keeps together, such as a question or a title, is only weighed so; there the best papers
speak for others like them (pseudo-relevance feedback).
"""

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digest.ranking.arrays import Floats
from digest.ranking.batch import Batch
from digest.ranking.expressions import Expression, Term
from digest.ranking.matching import Wanted, occurrences, tabulate
from digest.ranking.rarity import Rarity
from digest.ranking.scoring import ACRONYM, EXACT, NEAR, OTHER, PHRASE, UNIT, Evidence, saturated
from digest.ranking.vectors import Vectors, centroid_of

PAIR = 1 / 8
QUESTION = 5
FEEDBACK, FEEDBACK_PAPERS, FEEDBACK_TERMS = 1.5, 10, 100


class Weighed(NamedTuple):
    """What every paper of the batch is worth, and which of them really meet the expression."""

    worth: Floats
    is_met: NDArray[np.bool_]


class Scales:
    """Weighs the papers of one batch."""

    def __init__(self, batch: Batch, vectors: Vectors) -> None:
        self.batch = batch
        self._vectors = vectors
        self._count = len(batch.papers)

    def weigh(self, expression: Expression) -> Weighed:
        """Return what every paper is worth for an expression; what it excludes is worth nothing."""
        if not expression.alternatives:
            return self._nothing()
        found = [
            reduce(_both, [self.weigh_term(term) for term in terms])
            for terms in expression.alternatives
        ]
        worth = np.max([each.worth for each in found], axis=0)
        is_met = np.any([each.is_met for each in found], axis=0)
        if expression.excluded:
            hidden = self.batch.hits([Expression((), expression.excluded)]).papers
            worth[hidden], is_met[hidden] = 0.0, False
        return Weighed(worth, is_met)

    def weigh_term(self, term: Term) -> Weighed:
        """Return what every paper is worth for one term."""
        if not term.is_text:
            return self._weigh_name(term)
        lookup = self.batch.lookup(term, False)  # noqa: FBT003
        own, in_title = lookup.own.phrase, lookup.own.in_title
        is_content = [self.batch.elements.all[number].has_content for number in own]
        content = [n for n, carries in zip(own, is_content, strict=True) if carries] or list(own)
        is_question = lookup.own.is_loose and len(set(content)) > QUESTION
        words = content if is_question else list(dict.fromkeys(content))
        wanted = [
            *(Wanted((number,), is_loose=False, in_title=in_title) for number in words),
            *(Wanted(pair, is_loose=False, in_title=in_title) for pair in pairwise(own)),
            *lookup.others,
        ]
        weights = [1.0] * len(words) + [PAIR] * (len(own) - 1) + [OTHER] * len(lookup.others)
        kinds = [0.0] * (len(words) + len(own) - 1) + [ACRONYM] * len(lookup.others)
        if len(own) == 1:
            kinds[0] = EXACT
        elif not is_question:
            wanted.append(lookup.own)
            weights.append(PHRASE)
            kinds.append(EXACT)
        weighed = self._weigh(wanted, weights, kinds)
        return self._with_feedback(weighed, words) if is_question else weighed

    def _weigh(
        self, wanted: Sequence[Wanted], weights: Sequence[float], kinds: Sequence[float]
    ) -> Weighed:
        batch = self.batch
        distinct, elements, phrases = tabulate(batch.elements, wanted)
        found = occurrences(batch.index, elements, phrases)
        rarity = Rarity.of(batch.archive, distinct, phrases, found.last > found.first)
        evidence = Evidence(batch.index, elements, batch.archive)
        worth, strongest = np.zeros(self._count), np.zeros(self._count)
        for number, (weight, kind) in enumerate(zip(weights, kinds, strict=True)):
            here = slice(found.first[number], found.last[number])
            papers, titles, abstracts = (
                found.papers[here],
                found.titles[here],
                found.abstracts[here],
            )
            frequency = evidence.frequency(papers, titles, abstracts)
            worth[papers] += weight * rarity.phrases[number] * saturated(frequency)
            if kind:
                kind_here = np.where(frequency > 0, kind, NEAR)
                strongest[papers] = np.maximum(strongest[papers], kind_here)
        return Weighed(worth * np.maximum(strongest, 1.0), strongest > 0)

    def _weigh_name(self, term: Term) -> Weighed:
        hits = self.batch.hits([Expression(((term,),))])
        weighed = self._nothing()
        weighed.worth[hits.papers] = hits.points / UNIT
        weighed.is_met[hits.papers] = True
        return weighed

    def _with_feedback(self, weighed: Weighed, words: Sequence[int]) -> Weighed:
        """Add how like each paper is to those that the words alone put first."""
        best = np.argsort(-weighed.worth, kind="stable")[:FEEDBACK_PAPERS].tolist()
        best = [paper for paper in best if weighed.worth[paper] > 0]
        if not best:
            return weighed
        vectors = [(self._vectors.of(paper), 1 / rank) for rank, paper in enumerate(best, 1)]
        centroid = centroid_of(vectors, FEEDBACK_TERMS)
        archive = self.batch.archive
        total = sum(
            archive.rarity(archive.count("".join(self.batch.elements.all[word].words)))
            for word in words
        )
        added = FEEDBACK * total * self._vectors.cosines(centroid)
        return Weighed(weighed.worth + added, weighed.is_met)

    def _nothing(self) -> Weighed:
        return Weighed(np.zeros(self._count), np.zeros(self._count, bool))


def _both(left: Weighed, right: Weighed) -> Weighed:
    return Weighed(left.worth + right.worth, left.is_met & right.is_met)
