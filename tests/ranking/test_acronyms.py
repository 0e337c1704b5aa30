import pytest

from digest.model.digests import MatchKind
from digest.ranking.acronyms import definitions, find_acronyms
from tests.ranking.batches import kinds

DEFINED = (
    "We align large language models (LLMs).",
    "A large language model (LLM) is tuned.",
    "Large language models answer.",
    "An LLM answers.",
    "Many LLMs answer.",
    "The llm-like thing.",
)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("retrieval-augmented generation (RAG)", [("RAG", "retrieval-augmented generation")]),
        ("We use graph neural networks (GNNs; see).", [("GNN", "graph neural networks")]),
        (
            "We use RAG (retrieval augmented generation).",
            [("RAG", "retrieval augmented generation")],
        ),
        ("with chain-of-thought (CoT) prompts", [("CoT", "chain-of-thought")]),
        ("a quality of experience (QoE) score", [("QoE", "quality of experience")]),
        ("as shown before (see Table 2)", []),
        ("on our data (GNN)", []),
        ("generation (RAG)", []),
    ],
)
def test_definitions_are_read_from_the_text(text: str, pairs: list[tuple[str, str]]) -> None:
    assert definitions(text) == pairs


def test_an_acronym_finds_its_long_form_and_the_plurals_of_both() -> None:
    phrase, acronym = MatchKind.PHRASE, MatchKind.ACRONYM
    assert kinds("LLM", *DEFINED) == [phrase, phrase, acronym, phrase, phrase, None]
    assert kinds("LLMs", *DEFINED) == kinds("LLM", *DEFINED)


def test_a_long_form_finds_its_acronym() -> None:
    phrase, acronym = MatchKind.PHRASE, MatchKind.ACRONYM
    expected = [phrase, phrase, phrase, acronym, acronym, None]
    assert kinds("large language models", *DEFINED) == expected
    assert kinds("Large language model", *DEFINED) == expected


def test_quotation_marks_take_the_phrase_without_its_acronym() -> None:
    found = kinds('"large language models"', *DEFINED)
    assert [kind is not None for kind in found] == [True, True, True, False, False, False]


def test_capitals_do_not_match_the_same_letters_in_lower_case() -> None:
    assert kinds("RAG", "A rag doll.", "Storage and drag.", "RAG wins.", "Two RAGs.") == [
        *(None, None),
        *(MatchKind.PHRASE, MatchKind.PHRASE),
    ]


def test_a_pair_that_only_one_paper_gives_is_not_used_elsewhere() -> None:
    found = kinds("RAG", "Retrieval-augmented generation (RAG).", "Retrieval-augmented generation.")
    assert found == [MatchKind.PHRASE, None]


def test_a_pair_that_does_not_dominate_is_not_used() -> None:
    meanings = ["sparse auto encoder (SAE)"] * 2 + ["small angle error (SAE)"] * 2
    assert find_acronyms([text] for text in meanings).long_form("SAE") == ()
    assert find_acronyms([text] for text in meanings[:3]).long_form("SAE") != ()


@pytest.mark.parametrize(
    "text", ["A" * 10_000 + "_", "ACGT" * 2_500 + "_1", "a" * 3_000 + ", (AB) x, (CD)" * 500]
)
def test_a_text_of_one_endless_word_is_read_in_one_pass(text: str) -> None:
    # At the worst these took half an hour: that they end at all is the assertion.
    assert find_acronyms([(text,)] * 2).long_forms == {}
