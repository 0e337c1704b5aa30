"""Everything compiled before the first reader waits for it."""

from datetime import UTC, date, datetime

from digest.model.papers import ListedPaper, Paper
from digest.model.profiles import Profile
from digest.model.subscribers import Interest
from digest.ranking import fanout
from digest.ranking.rank import rank


def warm() -> None:
    """Rank one paper for one reader: some ten seconds the first time ever where numba is installed.

    What was compiled is kept on the disk, so later it takes a fraction of a second; without numba
    there is nothing to do and it takes a millisecond.
    """
    fanout.warm()
    then = datetime(2000, 1, 1, tzinfo=UTC)
    paper = Paper(1, "p1", "A paper", "On nothing.", (), (), (), False, then, then)  # noqa: FBT003
    listed = ListedPaper(paper, 1, date(2000, 1, 1), 1, then)
    rank([listed], [Profile(1, (Interest("paper on nothing"),), 1)], then)
