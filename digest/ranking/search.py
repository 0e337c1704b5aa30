"""A batch of papers and what was asked of it so far, shared by all who ask."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from digest.errors import ExpressionError
from digest.model.papers import Paper
from digest.ranking.archive import Archive
from digest.ranking.batch import Batch
from digest.ranking.explain import Quotation, quote
from digest.ranking.expressions import Expression
from digest.ranking.hits import Hits
from digest.ranking.places import match_in
from digest.ranking.query import parse

_MOST_ROWS = 1 << 16


class Search:
    """Papers in an order, and the rows of hits of the expressions that were asked for.

    Expressions are compared by their key, so what two readers ask in two spellings is found once.
    """

    def __init__(self, papers: Sequence[Paper], archive: Archive | None = None) -> None:
        self.batch = Batch(papers, archive)
        self._rows: dict[Expression, tuple[np.ndarray, np.ndarray]] = {}
        self.quotation = lru_cache(_MOST_ROWS)(self._quotation)

    def hits(self, keys: Sequence[Expression]) -> Hits:
        """Return what expressions find, each given by its key."""
        rows = self._rows
        new = [key for key in dict.fromkeys(keys) if key not in rows]
        if new:
            if len(rows) + len(new) > _MOST_ROWS:
                rows = self._rows = {}
                new = list(dict.fromkeys(keys))
            found = self.batch.hits(new)
            for number, key in enumerate(new):
                here = slice(found.starts[number], found.starts[number + 1])
                rows[key] = found.papers[here], found.points[here]
        return Hits.stacked([rows[key] for key in keys])

    def _quotation(self, key: Expression, paper: int) -> Quotation:
        """Return the sentence that shows how a paper meets an expression."""
        match = match_in(self.batch, key, paper)
        if match is None:
            raise AssertionError("a paper was chosen that does not meet the expression")
        return quote(self.batch.index, match)


@lru_cache(maxsize=2)
def search_of(papers: tuple[Paper, ...], archive: Archive | None = None) -> Search:
    """Return the papers analysed, the same search for the same papers while it is remembered.

    A day's readers are ranked in chunks against the same papers: only the first chunk pays.
    """
    return Search(papers, archive)


def key_of(expression: str) -> Expression | None:
    """Return the key of an expression, None if it can no longer be read."""
    try:
        return parse(expression).key
    except ExpressionError:
        return None
