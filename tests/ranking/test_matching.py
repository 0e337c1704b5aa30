import pytest

from digest.model.digests import Field, MatchKind
from digest.ranking.batch import Batch
from tests.ranking.batches import batch, does_match, kinds, matches, paper, points

PHRASE, NEAR = MatchKind.PHRASE, MatchKind.NEAR


def test_a_phrase_matches_in_any_inflection() -> None:
    found = kinds("graph neural network", "Graphs, neural networks.", "The graph neural networks.")
    assert found == [PHRASE, PHRASE]


def test_words_at_most_eight_places_apart_are_near() -> None:
    near = "Graph one two three four five six seven network."
    far = "Graph one two three four five six seven eight network."
    assert kinds("graph network", near, far) == [NEAR, None]
    assert kinds("network graph", near) == [NEAR]


def test_scattered_words_alone_never_match() -> None:
    assert kinds("graph network", "A graph. Then comes a network.") == [None]


def test_a_phrase_does_not_cross_from_the_title_into_the_abstract() -> None:
    found = Batch([paper(1, "On graph", "Networks are studied.")])
    assert not matches(found, "graph networks")


def test_quotation_marks_ask_for_consecutive_words_in_any_inflection() -> None:
    texts = ("Graph networks.", "A graph of networks.", "The networks of a graph.")
    assert does_match('"graph network"', *texts) == [True, False, False]


def test_verbatim_words_are_not_inflected_but_may_begin_a_sentence() -> None:
    texts = ("Objectivity wins.", "The objective.", "An object.")
    assert does_match('="objectivity"', *texts) == [True, False, False]


@pytest.mark.parametrize("expression", ["rag", "RAG"])
def test_rag_never_matches_storage(expression: str) -> None:
    assert does_match(expression, "Storage, fragments, ragged drag, ragging.") == [False]


def test_a_plain_word_matches_in_any_case() -> None:
    assert does_match("rag", "We use RAG.", "A rag.", "Rags.") == [True, True, True]


@pytest.mark.parametrize(
    "spellings",
    [
        ("multi-modal", "multimodal", "multi modal"),
        ("pre-training", "pretraining", "pre training"),
        ("fine-tuning", "finetuning", "fine tuning"),
        ("multi-modal learning", "multimodal learning", "multi modal learning"),
        ("data sets", "datasets", "data-set"),
    ],
)
def test_spellings_of_a_compound_find_the_same_papers(spellings: tuple[str, ...]) -> None:
    texts = (
        *("Multi-modal learning.", "Multimodal learning.", "Multi modal learning."),
        *("Multi\u2011modal learning.", "Multi-task, cross-modal learning."),
        *("Pre-training.", "Pretrained.", "Pre trained nets.", "Before training."),
        *("Fine-tuned.", "Finetuning.", "Fine tuning.", "A fine step of tuning."),
        *("A dataset.", "Two data sets.", "Data in sets."),
    )
    first, *others = (does_match(spelling, *texts) for spelling in spellings)
    assert sum(first) >= 2
    assert all(other == first for other in others)


def test_words_that_a_hyphen_joins_stay_together() -> None:
    texts = ("Human-robot teams.", "Human robot teams.", "Humans and robots.")
    assert does_match("human-robot", *texts) == [True, True, False]
    assert does_match("human robot", *texts) == [True, True, True]


def test_stop_words_count_in_the_phrase_but_are_not_looked_for_nearby() -> None:
    texts = ("The internet of things.", "Things on the internet.", "An internet.")
    assert kinds("internet of things", *texts) == [PHRASE, NEAR, None]
    assert does_match("in context", "In context.", "The context.") == [True, False]


def test_a_prefix_finds_every_word_that_begins_so() -> None:
    texts = ("Diffusion.", "Diffusive nets.", "A diff.", "Latent diffusions.")
    assert does_match("diffus*", *texts) == [True, True, False, True]
    assert does_match("latent diffus*", *texts) == [False, False, False, True]


def test_signs_of_programming_languages_are_part_of_the_word() -> None:
    texts = ("Written in C++.", "Written in C.", "Written in C#.")
    assert does_match("c++", *texts) == [True, False, False]
    assert does_match("c#", *texts) == [False, False, True]


def test_accents_and_full_width_letters_make_no_difference() -> None:
    texts = ("Schr\u00f6dinger bridges.", "Schrodinger bridges.", "\uff32\uff21\uff27.")
    assert does_match("schro\u0308dinger bridge", *texts) == [True, True, False]
    assert does_match("rag", *texts) == [False, False, True]


def test_alternatives_need_one_and_plus_needs_all() -> None:
    texts = ("Protein folding.", "Diffusion.", "Protein. And by diffusion.")
    assert does_match("protein | diffusion", *texts) == [True, True, True]
    assert does_match("protein + diffusion", *texts) == [False, False, True]


def test_both_are_as_strong_as_the_weaker() -> None:
    assert kinds("protein + graph network", "Protein. A graph of a network.") == [NEAR]


def test_an_exclusion_in_an_expression_is_taken_at_its_word() -> None:
    texts = (
        "Diffusion.",
        "Diffusion surveys.",
        "Diffusion case study.",
        "Diffusion, a case to study.",
    )
    assert does_match('diffusion -survey -"case study"', *texts) == [True, False, False, True]


def test_a_title_term_is_looked_for_in_titles_only() -> None:
    found = Batch([paper(1, "Diffusion", "A net."), paper(2, "A net", "Diffusion.")])
    assert set(matches(found, "title:diffusion")) == {0}


@pytest.mark.parametrize(
    "expression",
    [
        "author:lecun",
        'author:"Yann LeCun"',
        "author:lecun yann",
        "author:Y LeCun",
        "author:Y. LeCun",
    ],
)
def test_an_author_is_found_by_any_part_of_the_name(expression: str) -> None:
    found = Batch(
        [
            paper(1, authors=("Ada Lovelace", "Yann LeCun")),
            paper(2, authors=("Yann Lovelace", "Ada LeCune")),
            paper(3, abstract="LeCun."),
        ]
    )
    assert set(matches(found, expression)) == {0}


def test_a_match_tells_how_and_where_it_was_found() -> None:
    found = Batch(
        [
            paper(1, "Graph networks", "Networks and a graph."),
            paper(2, "B", "A graph. A network of graphs."),
        ]
    )
    met = matches(found, "graph network")
    assert (met[0].kind, met[0].field) == (PHRASE, Field.TITLE)
    assert (met[1].kind, met[1].field) == (NEAR, Field.ABSTRACT)


def test_a_phrase_scores_above_nearness_and_a_title_above_an_abstract() -> None:
    found = Batch(
        [
            paper(1, "Graph networks", "We study it."),
            paper(2, "Something", "Graph networks. We study it."),
            paper(3, "Something", "Networks on graphs. We study it."),
            *(paper(number, "Other", "Nothing of it here.") for number in range(4, 9)),
        ]
    )
    scores = points(found, "graph networks")
    assert scores[0] > scores[1] > scores[2] > 0


def test_a_rare_word_scores_above_a_common_one() -> None:
    found = batch("Model of graphs.", "Model.", "Model.", "Model.", "Nothing.")
    assert points(found, "graph")[0] > points(found, "model")[0]
