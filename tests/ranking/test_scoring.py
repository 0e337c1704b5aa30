"""What a match is worth, compared with other matches."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ranking.archive import Archive
from digest.ranking.batch import Batch
from digest.ranking.query import parse
from digest.ranking.scoring import MOST_POINTS, SATURATION, TITLE, UNIT, saturated
from tests.ranking.batches import paper, points

FILLER = "we show how it works and what it is good for in ten experiments of some length"


@pytest.fixture(scope="module")
def archive() -> Archive:
    """In 100 papers `graph` is common, `network` less so, `protein` rare."""
    texts = [("On graphs", "A graph.")] * 40 + [("Networks", "Of networks.")] * 20
    texts += [("Proteins", "A protein.")] * 3 + [("Other", FILLER)] * 35
    texts += [("Graph neural networks", "Graph neural networks (GNNs) work.")] * 2
    return Archive.of(texts)


def worth(archive: Archive, expression: str, title: str, abstract: str = "") -> int:
    """Return the points of a paper beside another that nothing meets, 0 if it does not match."""
    batch = Batch([paper(0, title, abstract), paper(1, "Other", FILLER)], archive)
    return points(batch, expression).get(0, 0)


def test_an_exact_phrase_is_above_an_acronym_and_that_above_scattered_words(
    archive: Archive,
) -> None:
    texts = [
        "Here graph neural networks do it",
        "Here an old net of GNNs do it",
        "Here neural and graph networks do",
    ]
    exact, acronym, near = (
        worth(archive, "graph neural networks", "On it", text) for text in texts
    )
    assert exact > acronym > 0
    assert exact > near > 0


def test_of_the_same_words_an_exact_phrase_is_best_and_an_acronym_helps(archive: Archive) -> None:
    exact, acronym, near = (
        worth(archive, "graph neural networks", "On it", text)
        for text in (
            "So graph neural networks do it",
            "So GNN networks a neural graph is",  # with all the words, close together
            "So old networks a neural graph is",
        )
    )
    assert exact > acronym > near > 0


def test_an_acronym_finds_its_long_form_for_less_than_itself(archive: Archive) -> None:
    itself = worth(archive, "GNN", "On it", "So the GNN is it here")
    long_form = worth(archive, "GNN", "On it", "So graph neural networks here")
    assert itself > long_form > 0


def test_the_title_counts_more_than_the_abstract(archive: Archive) -> None:
    title = worth(archive, "protein", "A protein here", "It works as it is")
    abstract = worth(archive, "protein", "It works here", "A protein as it is")
    assert title > abstract > 0
    assert title < TITLE * abstract


def test_a_rarer_word_counts_more(archive: Archive) -> None:
    found = [worth(archive, word, f"A {word} here") for word in ("graph", "network", "protein")]
    assert found == sorted(set(found))


def test_a_word_the_archive_never_saw_counts_most(archive: Archive) -> None:
    assert worth(archive, "toaster", "A toaster") > worth(archive, "protein", "A protein")


def test_a_phrase_counts_more_than_its_words_do_apart(archive: Archive) -> None:
    phrase = worth(archive, "graph network", "A graph network here")
    assert phrase > worth(archive, "graph + network", "A graph network here")


def test_quotes_find_less_but_what_they_find_is_worth_the_same(archive: Archive) -> None:
    assert worth(archive, '"graph network"', "A network of a graph") == 0
    plain = worth(archive, "graph network", "A graph network")
    assert worth(archive, '"graph network"', "A graph network") == plain


def test_title_only_counts_nothing_of_the_abstract(archive: Archive) -> None:
    assert worth(archive, "title:graph", "Other", "A graph.") == 0
    with_more = worth(archive, "title:graph", "A graph", "It is here")
    assert worth(archive, "title:graph", "A graph", "graph graph here") == with_more
    assert worth(archive, "graph", "A graph", "It is graph here") > with_more


def test_more_of_a_word_counts_more_but_less_each_time(archive: Archive) -> None:
    text = "so it is here now and then"
    found = [
        worth(archive, "protein", "On it", " ".join(["protein"] * n + text.split()[n:]))
        for n in range(1, 7)
    ]
    steps = [after - before for before, after in pairwise(found)]
    assert all(step > 0 for step in steps)
    assert steps == sorted(steps, reverse=True)


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_evidence_grows_with_frequency_to_an_end(one: float, other: float) -> None:
    low, high = sorted((one, other))
    less, more = saturated(np.array([low, high])).tolist()
    assert 0 <= less <= more <= SATURATION + 1


def test_the_same_words_in_a_longer_text_count_less(archive: Archive) -> None:
    short = worth(archive, "protein", "On it", "A protein here")
    assert short > worth(archive, "protein", "On it", f"A protein here {FILLER} {FILLER}") > 0


def test_both_together_are_the_sum_and_either_is_the_better(archive: Archive) -> None:
    title, abstract = "A graph of proteins", "Some networks. A protein here."
    graph, protein = (worth(archive, each, title, abstract) for each in ("graph", "protein"))
    assert worth(archive, "graph + protein", title, abstract) == graph + protein
    assert worth(archive, "graph | protein", title, abstract) == max(graph, protein)
    assert worth(archive, "graph | toaster", title, abstract) == graph
    assert worth(archive, "graph + toaster", title, abstract) == 0
    network = worth(archive, "network", title, abstract)
    either = worth(archive, "graph + network | protein", title, abstract)
    assert either == max(graph + network, protein)


def test_an_exclusion_removes_and_otherwise_changes_nothing(archive: Archive) -> None:
    plain = worth(archive, "graph", "A graph survey")
    assert worth(archive, "graph -survey", "A graph survey") == 0
    assert worth(archive, "graph -review", "A graph survey") == plain
    assert worth(archive, 'graph -"survey graph"', "A graph survey") == plain


def test_an_excluded_phrase_is_taken_literally(archive: Archive) -> None:
    text = "Here neural and graph networks do"
    assert worth(archive, 'networks -"graph neural networks"', "On it", text) > 0
    assert worth(archive, "networks -GNN", "On it", "Here graph neural networks do") > 0


def test_stop_words_of_a_phrase_carry_nothing_of_their_own(archive: Archive) -> None:
    scattered = worth(archive, "graph of the network", "On it", "A network, and of graph the one")
    assert scattered == worth(archive, "graph network", "On it", "A network, and of graph the one")
    assert worth(archive, "of the", "All of the above") > 0


def test_points_are_whole_numbers_of_sixteen_bits(archive: Archive) -> None:
    batch = Batch([paper(0, "Toaster " * 90, "toaster " * 900)], archive)
    found = batch.hits([parse("toaster"), parse("toaster + graph | toaster"), parse("cat:cs.CL")])
    assert found.points.dtype == np.uint16
    assert 0 < int(found.points.min()) <= int(found.points.max()) < MOST_POINTS


def test_too_many_points_stay_the_most_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.ranking.scoring.UNIT", 1000 * UNIT)
    batch = Batch([paper(0, "Graph protein", "Graph protein"), paper(1, "Other", FILLER)])
    for expression in ("graph protein", "graph + protein", "graph | protein"):
        assert points(batch, expression) == {0: MOST_POINTS}


def test_a_match_is_worth_a_point_however_common_it_is() -> None:
    everywhere = Archive.of([("Of graphs", "A graph.")] * 5000)
    batch = Batch([paper(0, "On it", f"A graph {FILLER} " * 50)], everywhere)
    assert points(batch, "graph")[0] >= 1
    assert points(batch, "it")[0] >= 1


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(["graph", "network", "protein", "of", "the", "GNN"]), max_size=12))
def test_one_more_find_never_lowers_a_paper_of_the_same_length(words: list[str]) -> None:
    archive = Archive.of([("Graph networks", "A protein."), ("Other", FILLER)] * 9)
    before = worth(archive, "graph network", "Graph network", " ".join([*words, "filler"]))
    after = worth(archive, "graph network", "Graph network", " ".join([*words, "graph"]))
    assert after >= before
