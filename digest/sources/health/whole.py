"""Is a dump whole? Decided before it counts, so that a broken page is no quiet day."""

from collections.abc import Sequence
from statistics import median

# Lists of different kinds come from one folder: a long page is three times a short one, not five.
_FAR_SMALLER = 5


def why_held(papers: int, recent: Sequence[int]) -> str | None:
    """Return why a dump of so many papers is held back, None if it is as long as they come.

    `recent` are the lengths of the last dumps of the same source; without any, all is well.
    """
    if not recent:
        return None
    usual = median(recent)
    if papers * _FAR_SMALLER >= usual:
        return None
    return f"only {papers} papers, where the last dumps had about {usual:.0f}"
