"""What made-up readers may ask for: phrases of real titles, or of a file."""

import pytest

from digest.errors import DigestError, ExpressionError
from digest.pipeline.popular import vocabulary_of_lines, vocabulary_of_papers
from digest.ranking.query import parse

TITLES = [
    "Graph Neural Networks for Roads",
    "Forgetting in Graph Neural Networks",
    "A Graph Neural Network of Molecules",
    "Diffusion Models and Molecules",
    "Quantization of the Diffusion Model",
]
ABSTRACT = "We train graph neural networks (GNNs) on C++ & <b>roads</b>."
PAPERS = [(title, ABSTRACT) for title in TITLES]


def test_what_most_titles_have_comes_first_and_inflections_are_one() -> None:
    phrases = vocabulary_of_papers(PAPERS).phrases
    assert {"graph neural", "graph neural networks", "neural networks"} < set(phrases[:7])
    assert "diffusion models" in phrases
    assert "diffusion model" not in phrases


def test_a_stop_word_parts_two_phrases() -> None:
    phrases = vocabulary_of_papers(PAPERS).phrases
    assert not any(" of " in each or "networks roads" in each for each in phrases)
    assert "roads" in phrases


def test_acronyms_that_abstracts_define_are_asked_for() -> None:
    assert any("GNN" in texts for texts in vocabulary_of_papers(PAPERS).expressions)


def test_every_expression_can_be_read() -> None:
    hostile = [("<script>alert(1)</script> OR AND NOT a:b c*", "(((")] * 3
    for texts in vocabulary_of_papers([*PAPERS, *hostile]).expressions:
        assert all(parse(text).alternatives for text in texts)


def test_without_a_paper_there_is_nothing_to_ask_for() -> None:
    with pytest.raises(DigestError, match="ingest papers, or name a file"):
        vocabulary_of_papers([])


def test_a_file_names_expressions_and_may_have_comments() -> None:
    lines = ["# mine\n", "\n", " graph  neural networks \n", "molecul* + roads\n", "GNN\n", "GNN\n"]
    found = vocabulary_of_lines(lines)
    assert list(found.phrases) == ["graph neural networks", "molecul* + roads", "GNN"]


@pytest.mark.parametrize("line", ['"never closed', "-survey", "x" * 81])
def test_a_line_that_nobody_could_ask_for_is_refused(line: str) -> None:
    with pytest.raises(ExpressionError):
        vocabulary_of_lines([line])
