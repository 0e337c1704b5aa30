import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.errors import ExpressionError
from digest.ranking.query import Expression, Scope, Style, Term, parse


@pytest.mark.parametrize(
    ("written", "term"),
    [
        ("graph neural networks", Term(("graph", "neural", "networks"))),
        ("  Graph   NEURAL networks ", Term(("graph", "neural", "networks"))),
        ('"graph neural network"', Term(("graph", "neural", "network"), Style.CONSECUTIVE)),
        ("\u201cgraph network\u201d", Term(("graph", "network"), Style.CONSECUTIVE)),
        ('="Objectivity"', Term(("objectivity",), Style.VERBATIM)),
        ("RAG", Term(("RAG",), Style.CAPITALS)),
        ("LLMs", Term(("LLMs",), Style.CAPITALS)),
        ("3D", Term(("3D",), Style.CAPITALS)),
        ("2024", Term(("2024",))),
        ("A", Term(("a",))),
        ("RAG systems", Term(("rag", "systems"))),
        ("diffus*", Term(("diffus*",))),
        ("title:diffusion models", Term(("diffusion", "models"), scope=Scope.TITLE)),
        ("Title: RAG", Term(("RAG",), Style.CAPITALS, Scope.TITLE)),
        ("author:LeCun", Term(("lecun",), scope=Scope.AUTHOR)),
        ('author:"Yann LeCun"', Term(("yann", "lecun"), Style.CONSECUTIVE, Scope.AUTHOR)),
        ("C++", Term(("c++",))),
        ("C#", Term(("c#",))),
        ("GPT-4", Term(("gpt-4",))),
        ("R&D", Term(("r&d",))),
        ("research & development", Term(("research", "development"))),
        ("Alzheimer's disease", Term(("alzheimer", "disease"))),
        ("graphs: a survey", Term(("graphs", "a", "survey"))),
    ],
)
def test_one_term_is_read_as_written(written: str, term: Term) -> None:
    assert parse(written) == Expression(((term,),))


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("a|b", "a | b"),
        ("a  + b|c", "a + b | c"),
        ("a+b", "a + b"),
        ("a | a", "a"),
        ("c++ + Rust", "c++ + rust"),
        ("Diffusion -survey", "diffusion -survey"),
        ("-survey + diffusion", "diffusion -survey"),
        ('diffusion -"Case Study" -review', 'diffusion -"case study" -review'),
        ("-survey -title:benchmark", "-survey -title:benchmark"),
        ("diffusion ^2", "diffusion^2"),
        ("diffusion^0.50", "diffusion^0.5"),
        ("diffusion^1", "diffusion"),
        ("title: graph nets | RAG", "title:graph nets | RAG"),
        ("self-supervised learning", "self-supervised learning"),
    ],
)
def test_the_normal_form_is_what_is_shown_back(written: str, normal: str) -> None:
    assert str(parse(written)) == normal
    assert parse(normal) == parse(written)


@pytest.mark.parametrize(
    ("written", "position", "word"),
    [
        ("", 0, "nothing"),
        ("   ", 0, "nothing"),
        ("...", 0, "no word"),
        ("a |", 2, "Nothing follows"),
        ("| a", 0, "before the |"),
        ("+ a", 0, "before the +"),
        ("a | + b", 4, "Two operators"),
        ("a OR b", 2, "|"),
        ("a AND b", 2, "+"),
        ("foo (bar)", 4, "Parentheses"),
        ("a, b", 1, "One interest a line"),
        ("a; b", 1, "One interest a line"),
        ('"never closed', 0, "never closed"),
        ('a + ""', 4, "no word"),
        ("=objectivity", 0, "quotes"),
        ('="verb*"', 6, "no *"),
        ('"a" "b"', 4, "+ (both)"),
        ("a title:b", 2, "field"),
        ("cat:cs.CL", 0, "categories"),
        ("abstract:x", 0, "no such field"),
        ("di*", 2, "3 letters"),
        ("*fusion", 0, "end of a word"),
        ("dif*usion", 3, "end of a word"),
        ("a^", 1, "0.1 to 10"),
        ("a^20", 1, "0.1 to 10"),
        ("a^0.01", 1, "0.1 to 10"),
        ("a^2 b", 3, "at the end"),
        ("^2", 0, "before it"),
        ("-survey^2", 7, "before it"),
        ("a -", 2, "right after"),
        ("a | -b", 4, "no alternative"),
        ("-case study", 6, "one word"),
        ('a -"x"-"y"', 6, "space"),
        ("x" * 81, 80, "at most 80"),
    ],
)
def test_an_error_points_at_the_place_in_a_sentence(written: str, position: int, word: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(written)
    assert caught.value.position == position
    assert caught.value.expression == written
    assert word in caught.value.problem
    assert caught.value.problem.endswith(".")


SNIPPETS = st.lists(
    st.sampled_from(
        [
            "graph",
            "RAG",
            "c++",
            " ",
            " ",
            "|",
            "+",
            "-",
            '"',
            '="',
            "^2",
            "title:",
            "author:",
            "*",
            "(",
            ",",
            "İ",
            "ß",
            "é",
            "'s",
            "\\alpha",
            "cat:",
            ":",
            "=",
            "&",
            "“",
        ]
    ),
    max_size=20,
).map("".join)


@given(st.one_of(st.text(max_size=90), SNIPPETS))
@example("a" * 40 + "|" + "b" * 39)
@example("\u0130" * 80)
@example("'title:x")
@example("foo 'title:x")
def test_whatever_is_written_is_read_or_refused_and_its_normal_form_means_the_same(
    written: str,
) -> None:
    try:
        normal = str(parse(written))
    except ExpressionError as error:
        place, sentence = error.position, error.problem
    else:
        place, sentence = 0, "None."
        assert parse(normal) == parse(written)
        assert str(parse(normal)) == normal
    assert 0 <= place <= len(written)
    assert sentence.endswith(".")
