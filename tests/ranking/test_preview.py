from datetime import date, timedelta

import pytest

from digest.errors import ExpressionError
from digest.model.papers import ListedPaper
from digest.ranking.preview import (
    MAX_EXAMPLES,
    Preview,
    RecentPapers,
    Verdict,
    covered_days,
    rate_in_words,
)
from tests.ranking.batches import DAY, NOW, ids, listed, paper, titled

TODAY = NOW.date()


def days(*titles: list[str]) -> list[ListedPaper]:
    """Return papers by their titles, a list a day, the last one of yesterday."""
    found: list[ListedPaper] = []
    for number, each in enumerate(titles):
        papers = [paper(1000 * number + n, title) for n, title in enumerate(each, start=1)]
        dated_on = DAY - timedelta(days=len(titles) - 1 - number)
        found += listed(*papers, dump_id=number + 1, dated_on=dated_on)
    return found


def month(of_a_day: list[str], *once: str) -> list[ListedPaper]:
    return days([*once, *of_a_day], *([of_a_day] * 29))


def seen(expression: str, papers: list[ListedPaper]) -> Preview:
    return RecentPapers(papers).preview(expression, NOW)


def test_a_preview_counts_what_would_have_matched_and_how_often_it_comes() -> None:
    papers = days(["A graph", "A net", "A tree"], ["Graphs", *["A net"] * 9])
    found = seen("graph", papers)
    assert (found.matched, found.total, found.dumps) == (2, 13, 2)
    assert (found.a_dump, found.a_week) == (1, 7)
    assert found.verdict is Verdict.FINE
    assert found.sentence == "Matches 2 of the last 13 papers, about 7 a week."


def test_papers_listed_again_count_once() -> None:
    papers = [*listed(paper(1, "A graph")), *listed(paper(1, "A graph"), dump_id=2)]
    assert seen("graph", papers).matched == 1


def test_examples_are_the_best_and_show_why() -> None:
    papers = listed(
        paper(1, "Trees", abstract="We compare a graph with a tree, and trees with nets."),
        paper(2, "A graph"),
        paper(3, "Nets"),
    )
    found = seen("graph^2", papers)
    assert ids(found.examples) == [2, 1]
    (reason,) = found.examples[1].reasons
    assert reason.expression == "graph^2"
    assert [reason.sentence[start:end] for start, end in reason.spans] == ["graph"]
    assert found.examples[0].score > found.examples[1].score


def test_examples_are_few_and_of_different_titles() -> None:
    papers = titled(*["A graph"] * 9, *(f"Graph number {n}" for n in range(9)))
    found = seen("graph", papers)
    assert len(found.examples) == MAX_EXAMPLES
    assert len(set(ids(found.examples)) & set(range(1, 10))) == 1


def test_what_an_exclusion_hides_is_counted_and_shown() -> None:
    papers = titled("A survey of graphs", "A graph", "A survey of nets", "Case study: a graph")
    found = seen('graph -survey -"case study"', papers)
    assert ids(found.examples) == [2]
    assert (found.matched, found.hidden, found.hidden_by) == (1, 2, '-survey -"case study"')
    assert sorted(ids(found.hidden_examples)) == [1, 4]
    reason = next(each for each in found.hidden_examples if each.paper_id == 1).reasons[0]
    assert [reason.sentence[start:end] for start, end in reason.spans] == ["survey"]


def test_what_only_hides_says_how_much() -> None:
    found = seen("-graph", titled(*["A graph"] * 2, *["A net"] * 4))
    assert found.verdict is Verdict.ONLY_HIDES
    assert found.sentence.startswith("Hides 2 of the last 6 papers")
    assert (found.matched, found.hidden, found.examples) == (0, 2, ())
    assert ids(found.hidden_examples) == [1]
    assert seen("-tree", titled("A graph", "A net")).sentence.startswith("Hides none of the last 2")


def test_an_exclusion_that_hides_all_is_named_as_the_cause() -> None:
    found = seen("graph -survey", titled("A survey of graphs", "A net"))
    assert found.verdict is Verdict.NEVER
    assert "the exclusion hides all 1" in found.sentence


def test_a_fifth_of_all_papers_is_too_broad() -> None:
    assert seen("graph", titled(*["Graph"] * 6, *["Net"] * 24)).verdict is Verdict.FINE
    found = seen("graph", titled(*["Graph"] * 7, *["Net"] * 23))
    assert found.verdict is Verdict.BROAD
    assert found.sentence == (
        "Matches 7 of the last 30 papers, about 7 a list: add a word, or join a second one with +."
    )
    assert "leave out an alternative" in seen("graph | tree", titled(*["Graph"] * 30)).sentence


def test_more_a_day_than_a_digest_can_hold_is_too_broad_however_small_its_share() -> None:
    day = [*["Graph"] * 31, *["Net"] * 200]
    assert seen("graph", days(day, day)).verdict is Verdict.BROAD
    assert seen("graph", days(day[1:], day[1:])).verdict is Verdict.FINE


def test_of_a_handful_of_papers_nothing_is_called_broad() -> None:
    assert seen("graph", titled("A graph", "A graph", "A net")).verdict is Verdict.FINE


def test_less_than_a_paper_a_month_is_too_narrow() -> None:
    found = seen("hypergraph", month(["A net"], "A hypergraph"))
    assert found.verdict is Verdict.NARROW
    assert found.sentence.startswith("Matches 1 of the last 31 papers, about one in 4 weeks: ")
    twice = month(["A net"], "A hypergraph", "Hypergraphs")
    assert seen("hypergraph", twice).verdict is Verdict.FINE
    assert seen("hypergraph", titled("A hypergraph", *["Net"] * 99)).verdict is Verdict.FINE


def test_what_never_matched_says_what_may_be_wrong() -> None:
    papers = titled("A graph transformer", "Graph transformers", "A net")
    assert seen("dolphin graph", papers).sentence == (
        "Matches none of the last 3 papers: they do not have the word \u201cdolphin\u201d."
    )
    assert seen("tranformer", papers).sentence == (
        "Matches none of the last 3 papers; the closest spelling they use is \u201ctransformer\u201d."
    )
    assert seen("graph net", papers).verdict is Verdict.NEVER
    assert seen("author:nobody", papers).sentence.startswith("Matches none of the last 3 papers: ")


def test_without_papers_nothing_is_wrong_yet() -> None:
    found = seen("graph", [])
    assert (found.matched, found.total, found.a_week) == (0, 0, None)
    assert found.verdict is Verdict.NO_PAPERS
    assert found.suggestions == ()


def test_a_preview_of_a_broken_expression_says_where_it_is_broken() -> None:
    with pytest.raises(ExpressionError):
        seen("graph |", [])


def test_the_expression_is_shown_as_it_was_understood() -> None:
    assert seen("Graph  Nets|RAG  ^2", titled("A net")).normal == "graph nets | RAG^2"


@pytest.mark.parametrize(
    ("dates", "covered"),
    [
        ([], None),
        ([0], None),
        ([0, 0], None),
        ([0, 1], 2),
        ([0, 1, 1, 2, 3, 4], 5),
        ([0, 7, 14], 21),
        ([0, 1, 2, 3, 4, 7, 8, 9, 10, 11], 12),
        ([0, 700, 701], 7 + 1 + 4),
        ([28, 29, 400], 2),
    ],
)
def test_each_list_brings_what_came_since_the_one_before(
    dates: list[int], covered: float | None
) -> None:
    first = TODAY - timedelta(days=30) if dates != [0, 700, 701] else date(2020, 1, 1)
    found = covered_days([first + timedelta(days=number) for number in dates], TODAY)
    assert found == (covered if dates != [28, 29, 400] else 1 + 1 + 1)


@pytest.mark.parametrize(
    ("a_week", "a_dump", "words"),
    [
        (0, 0, "none"),
        (None, 3.4, "about 3 a list"),
        (None, 0.2, "about one in 5 lists"),
        (12.2, 9, "about 12 a week"),
        (1234, 9, "about 1,234 a week"),
        (0.9, 9, "about one a week"),
        (1.4, 9, "about one a week"),
        (0.24, 9, "about one in 4 weeks"),
    ],
)
def test_how_often_is_said_in_words(a_week: float | None, a_dump: float, words: str) -> None:
    assert rate_in_words(a_week, a_dump) == words


def test_matching_papers_come_in_the_order_of_their_listing() -> None:
    papers = days(["A graph", "A net"], ["Graphs"])
    recent = RecentPapers(reversed(papers))
    assert [each.paper.id for each in recent.matching("graph")] == [1, 1001]
