"""A dump far smaller than usual is held, not published as a quiet day."""

import pytest

from digest.sources.health.whole import why_held


@pytest.mark.parametrize(
    ("papers", "recent", "is_held"),
    [
        (1, [], False),
        (63, [187], False),
        (38, [187], False),
        (37, [187], True),
        (3, [67, 63, 187, 70, 66], True),
        (20, [67, 63, 187, 70, 66], False),
        (500, [67], False),
    ],
)
def test_a_dump_is_held_when_it_is_a_fifth_of_the_usual(
    papers: int, recent: list[int], *, is_held: bool
) -> None:
    assert (why_held(papers, recent) is not None) is is_held


def test_the_reason_names_both_numbers() -> None:
    assert why_held(3, [187]) == "only 3 papers, where the last dumps had about 187"
