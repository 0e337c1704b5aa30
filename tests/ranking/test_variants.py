import random

import pytest

from digest.errors import ExpressionError
from digest.model.papers import ListedPaper
from digest.model.subscribers import MAX_EXPRESSION
from digest.ranking.batch import Batch
from digest.ranking.preview import RecentPapers
from digest.ranking.query import parse
from digest.ranking.variants import MAX_OF_A_KIND, MAX_SUGGESTIONS, Kind, Suggestion
from digest.ranking.vocabulary import Vocabulary, edit_distance
from tests.ranking.batches import NOW, batch, listed, paper


def papers(*abstracts: str) -> list[ListedPaper]:
    return listed(*(paper(n, abstract=text) for n, text in enumerate(abstracts, start=1)))


def suggested(expression: str, *abstracts: str) -> dict[str, int]:
    """Return the expressions that are suggested, with what each would bring."""
    return {each.expression: each.more for each in suggestions(expression, *abstracts)}


def suggestions(expression: str, *abstracts: str) -> tuple[Suggestion, ...]:
    return RecentPapers(papers(*abstracts)).preview(expression, NOW).suggestions


GNN = "We train graph neural networks (GNNs)."
RAG = (
    *["Retrieval-augmented generation (RAG) helps."] * 2,
    "A region adjacency graph (RAG) of pixels.",
    "The region adjacency graph is large.",
)


def test_the_acronym_of_a_quoted_phrase_brings_the_papers_that_have_only_it() -> None:
    found = suggestions('"graph neural network"', GNN, GNN, "A GNN.", "Nets.")
    assert [each.expression for each in found] == [
        "graph neural network", '"graph neural network" | GNN',
    ]  # fmt: skip
    assert (found[1].kind, found[1].written, found[1].finds, found[1].more) == (
        Kind.ACRONYM, "GNN", 3, 1,
    )  # fmt: skip
    assert found[1].effect == "1 more"


def test_what_is_found_both_ways_already_is_not_suggested() -> None:
    assert suggested("graph neural network", GNN, GNN, "A GNN.") == {}
    assert suggested("GNN", GNN, GNN, "A graph neural network.") == {}
    assert suggested("vision language model", "Vision-language models.") == {}


def test_an_acronym_that_only_one_paper_defines_is_suggested_too() -> None:
    abstracts = ("Some odd phrase here (SOPH).", "SOPH again.")
    assert suggested("some odd phrase here", *abstracts) == {"some odd phrase here | SOPH": 1}


def test_an_acronym_that_mostly_means_something_else_is_not() -> None:
    others = ["Retrieval-augmented generation (RAG)."] * 3
    assert suggested("region adjacency graph", "A region adjacency graph (RAG).", *others) == {}


def test_all_that_an_acronym_stands_for_is_suggested() -> None:
    assert suggested("RAG", *RAG)["RAG | region adjacency graph"] == 1


def test_an_acronym_in_small_letters_is_offered_in_capitals_with_its_long_form() -> None:
    assert suggested("gnn", GNN, GNN, "A graph neural network.") == {"GNN": 1}


def test_an_acronym_inside_a_phrase_is_written_out() -> None:
    found = suggested(
        "gnn pretraining", GNN, "GNN pretraining.", "Graph neural network pretraining."
    )
    assert found == {"gnn pretraining | graph neural networks pretraining": 1}
    found = suggested("graph neural network pretraining", GNN, "GNN pretraining.")
    assert found["graph neural network pretraining | gnn pretraining"] == 1


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("optimisation", "optimization"),
        ("behavior", "behaviour"),
        ("colour", "color"),
        ("centre", "center"),
        ("object detection", "object detector"),
        ("sparsity", "sparse"),
        ("matrix", "matrices"),
        ("geometry", "geometric"),
        ("bayesian", "bayes"),
    ],
)
def test_forms_that_the_stemmer_keeps_apart_are_suggested(asked: str, written: str) -> None:
    found = suggested(asked, f"An {asked}.", f"The {written}.", f"One {written}.")
    assert found == {f"{asked} | {written}": 2}


def test_words_that_only_look_alike_are_no_family() -> None:
    assert suggested("general", "A general.", *["A generation."] * 2) == {}
    assert suggested("graph", "A graph.", *["A grape."] * 2) == {}


def test_quoted_words_are_found_in_other_orders_and_with_a_word_between() -> None:
    found = suggested(
        '"graph network"',
        "A graph network.", "A graph attention network.", "Graph attention networks.",
        "A network graph.", "The graph of a large network.",
    )  # fmt: skip
    assert found == {
        "graph network": 4,
        '"graph network" | "graph attention network"': 2,
        '"graph network" | "network graph"': 1,
    }


def test_words_that_stand_apart_are_joined_by_plus_where_the_phrase_is_never_written() -> None:
    apart = "A protein. " + "Filler words stand here. " * 5 + "And diffusion."
    assert suggested("protein diffusion", apart, "A net.") == {"protein + diffusion": 1}


def test_of_a_phrase_that_is_never_written_a_part_may_be() -> None:
    found = suggested("hybrid graph transport", "A graph transport.", "A hybrid.")
    assert found == {"graph transport": 1}


def test_a_title_that_is_never_written_may_be_an_abstract() -> None:
    assert suggested("title:graph", "A graph.") == {"graph": 1}


def test_misspelt_words_are_put_right_all_at_once() -> None:
    found = suggestions("grpah nueral network^2", GNN, GNN)
    assert [(each.expression, each.kind) for each in found] == [
        ("graph neural network^2", Kind.MEANT)
    ]
    assert found[0].effect == "finds 2"
    assert suggested('="tranformer"', "A transformer.", "A transformer.") == {'="transformer"': 2}


def test_the_likeliest_correction_comes_first_and_inflections_count_once() -> None:
    abstracts = ["A transformer transforms, transformed."] * 2 + ["We transfer."] * 9
    assert list(suggested("tranformer", *abstracts)) == ["transformer"]


def test_a_misspelt_exclusion_is_put_right_too() -> None:
    abstracts = ("A survey of graphs.", "A survey.", "A graph.")
    (found,) = suggestions("-survery", *abstracts)
    assert (found.expression, found.effect) == ("-survey", "hides 2")
    (found,) = suggestions("graph -survery", *abstracts)
    assert (found.expression, found.effect) == ("graph -survey", "leaves 1 of 2")


def test_known_short_and_unlike_words_are_not_corrected() -> None:
    assert suggested("quantum", *["A quantity."] * 2) == {}
    assert suggested("graf", *["A graph."] * 2) == {}
    assert suggested("grxxh", *["A graph."] * 2) == {}
    assert suggested("w0rdly", *["A wordly thing."] * 2) == {}


def test_a_broad_word_is_narrowed_to_the_phrases_around_it() -> None:
    found = suggestions(
        "learning",
        *["Reinforcement learning (RL) and rest."] * 12,
        *["Deep learning."] * 8, *["We are learning."] * 10,
    )  # fmt: skip
    assert [(each.expression, each.finds) for each in found[:2]] == [
        ('"reinforcement learning"', 12),
        ('"deep learning"', 8),
    ]
    assert found[0].effect == "leaves 12 of 30"
    assert {each.kind for each in found} == {Kind.NARROWER}
    assert not any("rl" in each.expression.split() for each in found)


def test_a_broad_word_is_narrowed_within_its_expression() -> None:
    found = suggested("net + title:graph -survey", *["A deep net."] * 5, *["A net."] * 5)
    assert found == {}
    wide = listed(*(paper(n, "Graph", "A deep net." if n < 9 else "A net.") for n in range(1, 31)))
    (first, *_) = RecentPapers(wide).preview("net + title:graph -survey", NOW).suggestions
    assert first.expression == '"deep net" + title:graph -survey'


def test_a_phrase_that_is_but_part_of_another_is_not_offered() -> None:
    found = suggested("model", *["A pre-trained model."] * 9, *["A model."] * 11, "A small model.")
    assert list(found) == ['"pre trained model"', '"small model"'][: len(found)]


def test_stop_words_and_many_alternatives_are_not_narrowed() -> None:
    abstracts = ["The deep net of the day."] * 30
    assert suggested("the", *abstracts) == {}
    assert suggested("deep | net | day", *abstracts) == {}
    assert suggested("cat:cs.* | net | day", *abstracts) == {}


def test_weights_exclusions_and_other_terms_stay() -> None:
    abstracts = ("A colour image.", "A color image.", "A color.", "A color image survey.")
    found = suggested("colour + image -survey^0.5", *abstracts)
    assert found == {"colour + image | color + image -survey^0.5": 1}


def test_suggestions_are_few_sorted_and_each_brings_something() -> None:
    abstracts = [f"A graph {word} network." for word in "abcdefghijkl" for _ in range(3)]
    found = suggestions('"graph network"', "A graph network.", "A network graph.", *abstracts)
    assert len(found) <= MAX_SUGGESTIONS
    assert [each.more for each in found] == sorted((each.more for each in found), reverse=True)
    assert all(each.more > 0 for each in found)
    assert sum(each.kind is Kind.ORDER for each in found) <= MAX_OF_A_KIND


def test_a_paper_more_among_a_hundred_is_not_worth_a_line() -> None:
    many = ["A sparse net."] * 100
    assert suggested("sparse", *many, "Sparsity.", "Sparsity.", *["A net."] * 500) == {}


def test_a_suggestion_that_would_be_too_long_is_left_out() -> None:
    phrase = '"graph neural network"' + " " * (MAX_EXPRESSION - 22 - 5) + "-case"
    assert len(phrase) == MAX_EXPRESSION
    long = '"graph neural network" | "' + "x" * (MAX_EXPRESSION - 27) + '"'
    assert all(len(each) <= MAX_EXPRESSION for each in suggested(long, GNN, GNN, "A GNN."))


HOSTILE = [
    "a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z",
    "a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t+u+v+w+x+y+z",
    '"the the the the the the the the the the the the"',
    '"a b c" | "b c a" | "c a b"',
    "con* + com* | pro* + pre* -the",
    "multi-multi-multi-multi-modl",
    "\u0131\u0307stanbul \ufb01ne \uff27\uff2e\uff2e",
    "\u03b1\u03b2\u03b3\u03b4\u03b5\u03b6 \u03b7\u03b8",
    "c++ c# .net",
    "title:and | title:or^10",
    "x" * MAX_EXPRESSION,
    "-title:a -cat:cs.* -author:b",
    'author:"a b" + cat:hep-*',
    "GNNs | 3D | QoE",
]
TEXTS = [
    "",
    "(((((GNN)))) graph neural network (GNN (GNN) GNNs) (a) () (",
    "the the the the the " * 200,
    "multi-multi-multi-multi-modal \u0130STANBUL \ufb01ne c++ c# \u03b1\u03b2\u03b3\u03b4\u03b5\u03b7",
    'a b c a b c a b c -a -b ^2 | + title:a cat:cs.CL "quoted" ="verbatim" *star*',
    "Region adjacency graph (RAG). Not or and (NOA).",
]


@pytest.mark.parametrize("expression", HOSTILE)
def test_hostile_expressions_and_papers_get_sound_suggestions(expression: str) -> None:
    _check(expression, papers(*TEXTS, *TEXTS))


def test_suggestions_of_any_expression_parse_and_bring_what_they_say() -> None:
    chosen = random.Random(7)  # noqa: S311  not a secret
    words = ["graph", "net", "nets", "GNN", "gnn", "the", "colour", "color", "grpah", "networks"]
    abstracts = [" ".join(chosen.choices(words, k=9)) + ". Graph nets (GN)." for _ in range(40)]
    recent = RecentPapers(papers(*abstracts))
    for _ in range(60):
        parts = [chosen.choice(words) for _ in range(chosen.randint(1, 4))]
        joint = chosen.choice([" ", " | ", " + "])
        text = joint.join(parts)
        text = chosen.choice([text, f'"{text}"', f"{text} -{chosen.choice(words)}", f"{text}^2"])
        try:
            parse(text)
        except ExpressionError:
            continue
        _check(text, recent)


def _check(expression: str, given: RecentPapers | list[ListedPaper]) -> None:
    recent = given if isinstance(given, RecentPapers) else RecentPapers(given)
    found = recent.preview(expression, NOW)
    hides = not parse(expression).alternatives
    asked = found.hidden if hides else found.matched
    assert len(found.suggestions) <= MAX_SUGGESTIONS
    for each in found.suggestions:
        again = recent.preview(each.expression, NOW)
        finds = again.hidden if hides else again.matched
        assert (each.finds, each.more) == (finds, finds - asked)
        assert each.more != 0


def test_nothing_grows_with_what_was_suggested() -> None:
    recent = RecentPapers(papers(*TEXTS))
    for expression in HOSTILE:
        recent.preview(expression, NOW)
    assert len(recent.search._rows) <= 3 * len(HOSTILE)  # noqa: SLF001  what is bounded


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [
        ("graph", "graph", 0),
        ("grpah", "graph", 1),
        ("grap", "graph", 1),
        ("graphs", "graph", 1),
        ("gruph", "graph", 1),
        ("garhp", "graph", 2),
        ("tree", "graph", 3),
        ("", "abc", 3),
    ],
)
def test_slips_are_counted_and_swapped_letters_are_one(
    left: str, right: str, distance: int
) -> None:
    assert min(3, edit_distance(left, right, 2)) == distance
    assert min(3, edit_distance(right, left, 2)) == distance


def test_an_empty_batch_has_no_words() -> None:
    vocabulary = Vocabulary(Batch(())).prepare()
    assert vocabulary.close_to("transformer", 3) == []
    assert vocabulary.relatives("optimisation", 3) == []
    assert vocabulary.is_unknown("graph")


def test_words_of_one_paper_are_no_words_to_mean() -> None:
    assert Vocabulary(batch("A transformer.")).close_to("tranformer", 3) == []
