"""A batch of papers and what was asked of it so far, shared by all who ask."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from digest.model.digests import Field, MatchKind
from digest.model.papers import Paper
from digest.ranking.acronyms import Acronyms
from digest.ranking.archive import Archive
from digest.ranking.arrays import Ints
from digest.ranking.batch import Batch
from digest.ranking.elements import stems_of
from digest.ranking.explain import Quotation, quote
from digest.ranking.expressions import Expression
from digest.ranking.hits import HitRow, Hits
from digest.ranking.latent import Latent
from digest.ranking.places import Match, match_in, words_in
from digest.ranking.query import parse
from digest.ranking.similar import groups_of
from digest.ranking.topics import topic_of
from digest.ranking.vectors import TITLE_TIMES, Vectors
from digest.ranking.weighing import Scales, Weighed

# What is remembered of it: anybody may ask anything.
_MOST_ROWS, _MOST_WEIGHED, _MOST_QUOTATIONS = 1 << 16, 1 << 10, 1 << 17
Row = TypeVar("Row")


class Search:
    """Papers in an order, and the rows of hits of the expressions that were asked for.

    Expressions are compared by their key, so what two readers ask in two spellings is found once.
    Everything else is made when it is first asked for.
    """

    def __init__(
        self,
        papers: Sequence[Paper],
        archive: Archive | None = None,
        acronyms: Acronyms | None = None,
    ) -> None:
        self.batch = Batch(papers, archive, acronyms)
        self._rows: _Memory[HitRow] = _Memory()
        self.quotation = lru_cache(_MOST_WEIGHED)(self._quotation)
        self.quotation_of = lru_cache(_MOST_QUOTATIONS)(self._quotation_of)
        self.weighed = lru_cache(_MOST_WEIGHED)(self._weighed)
        self.topic = lru_cache(_MOST_ROWS)(self._topic)

    def hits(self, keys: Sequence[Expression]) -> Hits:
        """Return what expressions find, each given by its key."""
        by_text = {str(key): key for key in keys}
        found = self._rows.recall(
            list(by_text), lambda new: self._found([by_text[text] for text in new])
        )
        row_of = dict(zip(by_text, found, strict=True))
        return Hits.stacked([row_of[str(key)] for key in keys])

    def rows(self, texts: Sequence[str]) -> list[HitRow]:
        """Return the papers that meet each expression, and their points.

        Each is given by the text of its key, which is compared much faster than the key itself.
        """
        return self._rows.recall(texts, lambda new: self._found([key_of(text) for text in new]))

    def _found(self, keys: Sequence[Expression]) -> list[HitRow]:
        hits = self.batch.hits(keys)
        here = [slice(first, last) for first, last in pairwise(hits.starts.tolist())]
        return [(hits.papers[each], hits.points[each]) for each in here]

    @cached_property
    def vectors(self) -> Vectors:
        """The papers as vectors of their words."""
        return Vectors(self.batch.index, self.batch.archive, title_times=TITLE_TIMES)

    @cached_property
    def groups(self) -> Ints:
        """The group of near-duplicates each paper belongs to, -1 if it stands alone."""
        return groups_of(self.batch.index, self.batch.archive)

    @cached_property
    def places(self) -> NDArray[np.int8] | None:
        """Where the papers are among the directions of closeness, None if there are none."""
        latent = self.batch.archive.latent
        return latent.papers(self.batch.index) if latent else None

    def phrases(self, texts: Sequence[str], latent: Latent) -> NDArray[np.int16]:
        """Return where expressions, as `rows` takes them, are among the directions of closeness."""

        def find(new: Sequence[str]) -> Iterable[NDArray[np.int16]]:
            return latent.phrases([stems_of(key_of(text)) for text in new])

        rows = _known_phrases(latent).recall(texts, find)
        return np.array(rows, np.int16).reshape(len(rows), len(latent.centre))

    def _weighed(self, key: Expression) -> Weighed:
        """Return what every paper is worth for an expression, met or not."""
        return self._scales.weigh(key)

    @cached_property
    def _scales(self) -> Scales:
        return Scales(self.batch, self.vectors)

    def _topic(self, papers: tuple[int, ...]) -> str:
        """Return what near-duplicates share, in words of their own."""
        return topic_of([self.batch.papers[number] for number in papers], self.batch.archive)

    def _quotation(self, key: Expression, paper: int) -> Quotation:
        """Return the sentence that shows how a paper meets an expression, or has words of it."""
        match = match_in(self.batch, key, paper) or words_in(self.batch, key, paper)
        if match is None:
            match = Match(paper, MatchKind.RELATED, Field.TITLE, ())
        return quote(self.batch.index, match)

    def _quotation_of(self, text: str, paper: int) -> Quotation:
        """Return the same for an expression given as `rows` takes it."""
        return self._quotation(key_of(text), paper)


class _Memory(Generic[Row]):
    """What was found for expressions, so many at once as are new; begun anew when it is full.

    Threads may share it: one that begins anew leaves the others what they have.
    """

    def __init__(self) -> None:
        self._known: dict[str, Row] = {}

    def __len__(self) -> int:
        return len(self._known)

    def recall(
        self, texts: Sequence[str], find: Callable[[Sequence[str]], Iterable[Row]]
    ) -> list[Row]:
        """Return what is known of each, found now where it is new."""
        known = self._known
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if len(known) + len(new) > _MOST_ROWS:
            known = self._known = {}
            new = list(dict.fromkeys(texts))
        if new:
            known.update(zip(new, find(new), strict=True))
        return [known[text] for text in texts]


@dataclass(frozen=True, slots=True)
class _Papers:
    """Papers that are hashed by their ids alone: all their words would take longer than a reader."""

    papers: tuple[Paper, ...]

    def __hash__(self) -> int:
        return hash(tuple(paper.id for paper in self.papers))


def search_of(papers: Sequence[Paper], archive: Archive | None = None) -> Search:
    """Return the papers analysed, the same search for the same papers while it is remembered.

    A day's readers are ranked in chunks against the same papers: only the first chunk pays.
    """
    return _remembered(_Papers(tuple(papers)), archive)


@lru_cache(maxsize=4)
def _remembered(papers: _Papers, archive: Archive | None) -> Search:
    return Search(papers.papers, archive)


@lru_cache(maxsize=2)
def _known_phrases(_latent: Latent) -> _Memory[NDArray[np.int16]]:
    """Return where expressions are among some directions: the same for whatever papers."""
    return _Memory()


@lru_cache(maxsize=_MOST_QUOTATIONS)
def key_of(text: str) -> Expression:
    """Return the expression of a text that is in the form all share who ask the same."""
    return parse(text).key
