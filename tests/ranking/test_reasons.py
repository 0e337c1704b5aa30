import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.digests import Field, MatchKind, Reason
from digest.ranking.explain import MAX_SENTENCE
from tests.ranking.batches import listed, paper, select


def reason(expression: str, title: str, abstract: str = "", *others: str) -> Reason:
    papers = [paper(1, title, abstract), *(paper(n, "Other", t) for n, t in enumerate(others, 2))]
    entries = {entry.paper_id: entry for entry in select(listed(*papers), expression).entries}
    return entries[1].reasons[0]


def marked(found: Reason) -> list[str]:
    return [found.sentence[start:end] for start, end in found.spans]


def test_the_title_is_quoted_when_the_phrase_stands_there() -> None:
    found = reason("graph network", "On Graph Networks", "Graph networks are good.")
    assert found == Reason(
        "graph network", MatchKind.PHRASE, Field.TITLE, "On Graph Networks", ((3, 17),), 1.0
    )


def test_the_sentence_of_the_abstract_is_quoted_and_no_other() -> None:
    found = reason("graph network", "On nets", "We came. We saw e.g. Graph Networks. We won.")
    assert found.sentence == "We saw e.g. Graph Networks."
    assert found.field is Field.ABSTRACT
    assert marked(found) == ["Graph Networks"]


def test_near_words_are_marked_one_by_one() -> None:
    found = reason("graph network", "On nets", "Networks that walk on graphs.")
    assert found.kind is MatchKind.NEAR
    assert marked(found) == ["Networks", "graphs"]


def test_an_acronym_is_marked_for_its_long_form() -> None:
    defined = ["Graph neural networks (GNNs).", "A graph neural network (GNN)."]
    found = reason("graph neural networks", "On nets", "All GNNs fail.", *defined)
    assert found.kind is MatchKind.ACRONYM
    assert marked(found) == ["GNNs"]


def test_a_phrase_is_shown_before_nearness_wherever_it_stands() -> None:
    found = reason("graph network", "Networks as a graph", "It is so. A graph network wins.")
    assert found.sentence == "A graph network wins."


def test_the_sentence_with_most_of_what_was_asked_for_is_shown() -> None:
    found = reason("protein + diffusion", "Proteins", "Diffusion. Diffusion makes proteins.")
    assert marked(found) == ["Diffusion", "proteins"]


def test_a_compound_is_marked_as_a_whole_and_a_possessive_is_not() -> None:
    assert marked(reason("multimodal", "On multi-modal nets")) == ["multi-modal"]
    assert marked(reason("parkinson disease", "On Parkinson's disease")) == ["Parkinson's disease"]
    assert marked(reason("parkinson", "On Parkinson's disease")) == ["Parkinson"]


def test_an_author_shows_the_title_and_marks_nothing() -> None:
    (entry,) = select(listed(paper(1, "On nets", authors=("Ada Lovelace",))), "author:ada").entries
    assert entry.reasons == (
        Reason("author:ada", MatchKind.PHRASE, Field.TITLE, "On nets", (), 1.0),
    )


@pytest.mark.parametrize("before", [0, 40, 400])
@pytest.mark.parametrize("after", [0, 40, 400])
def test_a_long_sentence_is_cut_between_words_around_the_match(before: int, after: int) -> None:
    text = "word " * before + "graph network" + " word" * after
    found = reason("graph network", "On nets", text)
    assert len(found.sentence) <= MAX_SENTENCE
    assert marked(found) == ["graph network"]
    kept = found.sentence.strip("\u2026")
    assert set(kept.split()) <= {"word", "graph", "network"}
    assert found.sentence.startswith("\u2026") != text.startswith(kept)
    assert found.sentence.endswith("\u2026") != text.endswith(kept)
    assert len(found.sentence) > MAX_SENTENCE - 20 or found.sentence == text


@given(st.text(max_size=700), st.text(max_size=700))
def test_spans_are_always_ascending_disjoint_and_inside(before: str, after: str) -> None:
    papers = listed(paper(1, "On nets", f"{before} graph network {after}"))
    for entry in select(papers, "graph network").entries:
        for found in entry.reasons:
            assert len(found.sentence) <= MAX_SENTENCE
            assert found.spans
            flat = [0, *(at for span in found.spans for at in span), len(found.sentence)]
            assert flat == sorted(flat)


def test_the_expression_is_given_as_the_reader_wrote_it() -> None:
    assert reason("Graph  Networks ^2", "Graph networks").expression == "Graph  Networks ^2"


def test_the_largest_share_comes_first_and_three_are_enough() -> None:
    papers = listed(paper(1, "Graph networks for protein folding by diffusion"))
    (entry,) = select(papers, "graph", "diffusion^10", "protein^4", "folding^0.1").entries
    assert [found.expression for found in entry.reasons] == ["diffusion^10", "protein^4", "graph"]
    shares = [found.share for found in entry.reasons]
    assert shares == sorted(shares, reverse=True)
    assert 0.9 < sum(shares) < 1
