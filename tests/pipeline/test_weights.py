"""How much a keyword counts, and the same with more or less."""

import pytest

from digest.model.subscribers import MAX_EXPRESSION
from digest.pipeline.weights import weighed
from digest.pipeline.wishes import finds_papers
from digest.ranking.query import parse


@pytest.mark.parametrize(
    ("expression", "weight", "less", "more"),
    [
        ("graphs", 1.0, "graphs^0.5", "graphs^2"),
        ("Graphs ^2", 2.0, "Graphs", "Graphs^4"),
        ("a | b^0.5", 0.5, "a | b^0.25", "a | b"),
        ("graphs -survey", 1.0, "graphs -survey^0.5", "graphs -survey^2"),
        ("graphs^4", 4.0, "graphs^2", ""),
        ("graphs^10", 10.0, "graphs^4", ""),
        ("graphs^0.1", 0.1, "", "graphs^0.25"),
        ("graphs^3", 3.0, "graphs^2", "graphs^4"),
        ("g" * MAX_EXPRESSION, 1.0, "", ""),
    ],
)
def test_a_step_more_or_less_is_written_as_the_reader_writes(
    expression: str, weight: float, less: str, more: str
) -> None:
    found = weighed(expression)
    assert found is not None
    assert (found.weight, found.less, found.more) == (weight, less, more)
    for changed in filter(None, (less, more)):
        assert parse(changed).key == parse(expression).key
        assert parse(changed).weight != weight


def test_what_only_hides_counts_nothing_and_finds_nothing() -> None:
    assert weighed('-survey -"case study"') is None
    found = {each: finds_papers(each) for each in ("-a", "a -b", ' -"x y"', "a | | b", "", "a")}
    assert [each for each, finds in found.items() if finds] == ["a -b", "a"]
