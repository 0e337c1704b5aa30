"""What papers are worth for an expression, met or not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.papers import Paper
from digest.ranking.analysis import STOP_WORDS
from digest.ranking.archive import Archive
from digest.ranking.query import parse
from digest.ranking.search import Search
from digest.ranking.weighing import QUESTION, Weighed
from tests.ranking.batches import paper

FAR = " ".join(["far"] * 20)
PAPERS = [
    paper(0, "Graph neural networks for roads", "They plan the way of buses through a city."),
    paper(1, "Buses of a city", "How a timetable is drawn so that riders wait for few minutes."),
    paper(2, "Speech in noisy rooms", "Microphones hear what is said, and forget the noise."),
    paper(3, "Graphs", f"A tree. {FAR} networks. {FAR} neural."),
    paper(4, "Tax law", "Courts decide on graphs.", ("Ada Lovelace",)),
    replace(paper(5, "Soup"), categories=("cs.CL",)),
]


def weigh(expression: str, papers: list[Paper] = PAPERS, archive: Archive | None = None) -> Weighed:
    return Search(papers, archive).weighed(parse(expression).key)


def order(weighed: Weighed) -> list[int]:
    """Return the papers of any worth, best first."""
    ranked = np.argsort(-weighed.worth, kind="stable").tolist()
    return [number for number in ranked if weighed.worth[number] > 0]


def met(weighed: Weighed) -> list[int]:
    return np.flatnonzero(weighed.is_met).tolist()


@pytest.mark.parametrize("number", range(3))
def test_a_question_of_many_words_ranks_the_paper_it_is_taken_from_first(number: int) -> None:
    source = PAPERS[number]
    text = f"{source.title} {source.abstract}".replace(".", "").replace(",", "")
    question = " ".join(text.split()[:12])
    assert len(set(question.split()) - STOP_WORDS) > QUESTION
    assert order(weigh(question))[0] == number


def test_a_paper_that_meets_comes_before_one_with_the_words_scattered() -> None:
    found = weigh("graph neural networks")
    assert order(found)[:2] == [0, 3]
    assert met(found) == [0]


def test_scattered_words_are_worth_something_and_no_words_nothing() -> None:
    found = weigh("graph toaster kettle")
    assert set(order(found)) == {0, 3, 4}
    assert met(found) == []
    assert order(weigh("quantum gravity")) == []


def test_feedback_lifts_a_paper_like_the_best_though_it_has_few_of_the_words() -> None:
    question = "which graph neural networks plan roads through any place"
    papers = [
        *PAPERS,
        paper(6, "A way through", "It is a long one here, and the sun of the city was warm."),
    ]
    found = weigh(question, papers)
    assert order(found)[0] == 0
    assert found.worth[1] > 0  # of the question it has no word, of paper 0 the buses and the city
    assert found.worth[2] == 0
    few = weigh("graph networks plan roads through", papers)
    assert few.worth[1] == 0  # that is no question: nothing is added


def test_no_feedback_comes_of_nothing() -> None:
    assert order(weigh("quantum gravity holes strings branes loops spin foam")) == []


def test_excluded_papers_are_worth_nothing() -> None:
    found = weigh("graph -tax")
    assert set(order(found)) == {0, 3}
    assert found.worth[4] == 0
    assert 4 not in met(found)
    question = "graph neural networks plan the way of buses through a city"
    assert weigh(question).worth[1] > 0
    assert weigh(f"{question} -riders").worth[1] == 0
    assert order(weigh("-tax")) == []


def test_names_and_categories_are_met_or_not() -> None:
    for expression, number in [("author:lovelace", 4), ("cat:cs.CL", 5), ("cat:cs.*", 5)]:
        found = weigh(expression)
        assert order(found) == met(found) == [number]
    assert order(weigh("author:nobody")) == []


def test_a_name_with_words_is_met_together_and_worth_something_apart() -> None:
    found = weigh("author:lovelace + graph")
    assert met(found) == [4]
    assert order(found)[0] == 4
    assert {0, 3} < set(order(found))


def test_the_best_alternative_counts() -> None:
    one, other, either = (weigh(text) for text in ("graph", "speech", "graph | speech"))
    assert either.worth.tolist() == np.maximum(one.worth, other.worth).tolist()
    assert met(either) == sorted({*met(one), *met(other)})


def test_a_title_only_expression_weighs_titles_only() -> None:
    assert set(order(weigh("title:graph"))) == {0, 3}
    assert weigh("title:city").worth[0] == 0


def test_an_acronym_is_met_by_its_long_form() -> None:
    papers = [
        paper(0, "Graph neural networks (GNNs)"),
        paper(1, "A graph neural network (GNN)"),
        paper(2, "Old graph neural networks"),
        paper(3, "GNNs"),
        paper(4, "Soup"),
    ]
    assert met(weigh("GNN", papers)) == [0, 1, 2, 3]
    assert met(weigh("graph neural networks", papers)) == [0, 1, 2, 3]


def test_an_empty_batch_is_weighed_too() -> None:
    assert len(weigh("graph", []).worth) == 0
    assert len(weigh("a question of which there are several more words here", []).worth) == 0


VOCABULARY = "graph graphs neural network networks speech multi modal of the LLM"
WORDS = VOCABULARY.split()
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
PHRASES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
EXPRESSIONS = st.one_of(
    PHRASES,
    PHRASES.map('"{}"'.format),
    PHRASES.map("title:{}".format),
    st.tuples(PHRASES, PHRASES).map(" + ".join),
    st.tuples(PHRASES, PHRASES).map(" | ".join),
    st.tuples(PHRASES, st.sampled_from(["graph", "speech"])).map(" -".join),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4), EXPRESSIONS)
def test_a_short_expression_is_met_by_the_papers_that_a_digest_would_show(
    texts: list[tuple[str, str]], expression: str
) -> None:
    search = Search([paper(number, *each) for number, each in enumerate(texts)])
    key = parse(expression).key
    weighed = search.weighed(key)
    assert met(weighed) == search.hits([key]).papers.tolist()
    assert all(weighed.worth[number] > 0 for number in met(weighed))
