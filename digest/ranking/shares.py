"""Why one paper was chosen for one reader, asked for only when it is shown."""

from dataclasses import dataclass

import numpy as np

from digest.ranking.chosen import Asked, Extras, Scored
from digest.ranking.desk import PRIOR_UNIT
from digest.ranking.readers import Readers


@dataclass(frozen=True, slots=True)
class Share:
    """What one of a reader's expressions brings to a paper, before any discount."""

    expression: int
    points: int


def shares_of(batch: Scored, readers: Readers, row: int, paper: int) -> list[Share]:
    """Return what each item of a reader that meets a paper brings to it, in the items' order."""
    found = (
        Share(code, weight * batch.hits.points_of(code, paper))
        for code, weight in readers.items_of(row)
    )
    return [share for share in found if share.points]


def folded_of(  # noqa: PLR0913, PLR0917
    batch: Scored, readers: Readers, asked: Asked, n: int, paper: int, extras: Extras | None = None
) -> list[int]:
    """Return the other papers of a paper's group that reader n could have had, best first."""
    group = batch.groups[paper]
    if group < 0:
        return []
    row = int(asked.rows[n])
    seen = asked.seen_papers[asked.seen_starts[n] : asked.seen_starts[n + 1]].tolist()
    barred = {paper, *seen}
    worths = {}
    for other in np.flatnonzero(batch.groups == group).tolist():
        if other in barred or other < asked.first[n] or _is_hidden(batch, readers, row, other):
            continue
        shares = shares_of(batch, readers, row, other)
        if shares:
            extra = 0 if extras is None else int(extras[n, other])
            points = sum(share.points for share in shares)
            worths[other] = points * int(batch.priors[other]) + extra * PRIOR_UNIT
    return sorted(worths, key=lambda other: (-worths[other], other))


def _is_hidden(batch: Scored, readers: Readers, row: int, paper: int) -> bool:
    return any(batch.hits.points_of(code, paper) for code in readers.hidden_of(row))
