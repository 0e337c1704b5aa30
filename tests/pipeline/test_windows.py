"""Windows: each reader is ranked against little more than what they have not seen."""

from itertools import pairwise
from math import log

from hypothesis import given
from hypothesis import strategies as st

from digest.pipeline.windows import GROWTH, MOST_PAPERS, SMALLEST, begins_of

COUNTS = st.lists(st.integers(0, 3000), max_size=60)


@given(counts=COUNTS, seen_through=st.integers(0, 70))
def test_a_window_has_all_that_its_reader_has_not_seen_or_the_newest(
    counts: list[int], seen_through: int
) -> None:
    dumps = list(enumerate(counts, start=1))[::-1]
    begins = begins_of(dumps)
    begin = max((each for each in begins if each <= seen_through), default=begins[0])

    assert begin <= seen_through or papers_after(dumps, begin) >= MOST_PAPERS


@given(counts=COUNTS)
def test_windows_are_few_and_each_is_much_larger_than_the_one_before(counts: list[int]) -> None:
    dumps = list(enumerate(counts, start=1))[::-1]
    sizes = [papers_after(dumps, begin) for begin in begins_of(dumps)]

    assert all(size >= SMALLEST for size in sizes[1:])
    assert all(more >= 2 * fewer for more, fewer in pairwise(sizes))
    assert len(sizes) <= 2 + log(MOST_PAPERS / SMALLEST, GROWTH)


def test_a_dump_with_nothing_new_moves_nobody_to_a_larger_window() -> None:
    assert begins_of([(9, 100), (8, 0), (5, 100), (1, 900)]) == [0, 5]


def papers_after(dumps: list[tuple[int, int]], begin: int) -> int:
    return sum(count for number, count in dumps if number > begin)
