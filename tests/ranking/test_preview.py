import pytest

from digest.errors import ExpressionError
from digest.ranking.rank import preview
from tests.ranking.batches import NOW, ids, listed, paper, titled


def test_a_preview_counts_and_shows_what_would_have_matched() -> None:
    papers = [
        *listed(*(paper(n, "A graph" if n < 4 else "Other") for n in range(1, 11)), dump_id=1),
        *listed(*(paper(n, "Other") for n in range(11, 21)), dump_id=2),
    ]
    found = preview("graph", papers, NOW)
    assert (found.matched, found.per_dump, found.warning) == (3, 1.5, None)
    assert sorted(ids(found.examples)) == [1, 2, 3]


def test_a_preview_warns_of_what_is_too_broad_or_never_matched_or_only_hides() -> None:
    papers = titled(*["A graph"] * 2, *["A net"] * 4)
    assert (
        preview("graph", papers, NOW).warning == "This is broad: it matches 2 of the last 6 papers."
    )
    assert preview("dolphin", papers, NOW).warning == "None of the last 6 papers matches this."
    assert preview("-graph", papers, NOW).warning == "This only hides papers: 2 of the last 6."
    assert preview("-graph", papers, NOW).examples == ()


def test_a_preview_without_papers_warns_of_nothing() -> None:
    assert preview("graph", [], NOW).warning is None


def test_a_preview_of_a_broken_expression_says_where_it_is_broken() -> None:
    with pytest.raises(ExpressionError):
        preview("graph |", [], NOW)
