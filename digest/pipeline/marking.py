"""Make papers findable: the marks by which the archive is searched, kept beside every paper."""

from collections.abc import Callable, Iterable

from digest.model.archive_search import Marks
from digest.ranking.marks import VERSION, marks_of
from digest.store.engine import Connection, Database
from digest.store.papers import papers_by_id
from digest.store.search import count_unmarked, keep_marks, papers_to_mark

# A millisecond a paper: nobody who wants to write waits for long.
_CHUNK = 200


def mark_papers(connection: Connection, numbers: Iterable[int]) -> None:
    """Have papers found by the words they have now; one that stands no more, by none."""
    found = papers_by_id(connection, set(numbers))
    # In one order, or two processes that mark the same could wait for each other.
    keep_marks(
        connection,
        [
            Marks(
                number,
                paper.updated_at,
                VERSION,
                marks_of(paper) if paper.stands else frozenset(),
            )
            for number, paper in sorted(found.items())
        ],
    )


def count_the_rest(database: Database) -> int:
    """Return how many papers are not found yet by what is in them."""
    with database.reading() as connection:
        return count_unmarked(connection, VERSION)


def mark_the_rest(
    database: Database,
    advance: Callable[[int], object] = lambda _count: None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Have those papers found that are not yet; return how many they were.

    They are of the time before there was a search, or the release before has written them, or this
    one analyses otherwise. Each chunk is a transaction: killed half way, the next call goes on.
    """
    count = 0
    while not is_stopping():
        with database.reading() as connection:
            numbers = papers_to_mark(connection, VERSION, _CHUNK)
        if not numbers:
            break
        with database.writing() as connection:
            mark_papers(connection, numbers)
        count += len(numbers)
        advance(len(numbers))
    return count
