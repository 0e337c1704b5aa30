"""The same lists as arrays: what they say, against the rules written down plainly, and whom they cannot tell."""

import logging
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import ExpressionError
from digest.model.digests import MatchKind
from digest.model.papers import ListedPaper
from digest.model.profiles import Profile
from digest.model.subscribers import Interest
from digest.ranking.choices import Choices
from digest.ranking.query import parse
from digest.ranking.rank import Ranking, rank
from digest.ranking.search import Search
from tests.ranking.batches import NOW, paper, profile, titled
from tests.ranking.test_folding_in_digests import ARCHIVE, GRAPHS
from tests.ranking.test_folding_in_digests import PAPERS as ALIKE

WORDS = ("graph", "networks", "protein", "RAG", "multi-modal", "soup")
WRITTEN = (
    *("graph networks", "graph network", "protein^3", "RAG", "rag^0.3", "multimodal", "graph^0.5"),
    *("graph | protein", "-networks", "Graph", "soup -protein", "((bad", "graph |", "unheard"),
)
TITLES = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1).map(" ".join), min_size=1, max_size=10
)
INTERESTS = st.builds(Interest, st.sampled_from(WRITTEN), st.sampled_from([0.1, 1.0, 2, 10.0]))
PROFILES = st.builds(
    Profile,
    st.integers(1, 99),
    st.lists(INTERESTS, max_size=9).map(tuple),
    st.integers(0, 6),
    after=st.integers(0, 1),
    seen=st.frozensets(st.integers(1, 12), max_size=3),
    muted=st.lists(st.sampled_from(WRITTEN), max_size=1).map(tuple),
    rest=st.integers(0, 2),
)


def chosen(profiles: list[Profile], papers: list[ListedPaper]) -> Choices:
    return Ranking(papers, NOW).choose(profiles)


def plain_reasons(search: Search, wanted: Profile, paper_id: int) -> list[tuple[int, float]]:
    """Return the places of the interests that brought a paper, and their shares."""
    [number] = [n for n, each in enumerate(search.batch.papers) if each.id == paper_id]
    weights: dict[str, tuple[int, int]] = {}
    for place, interest in enumerate(wanted.interests):
        try:
            parsed = parse(interest.expression)
        except ExpressionError:
            continue
        weight = max(1, round(interest.weight * parsed.weight * 16))
        text = str(parsed.key)
        if parsed.alternatives and weight > weights.get(text, (0, 0))[0]:
            weights[text] = weight, place
    brought = [
        (weight * search.hits([parse(text)]).points_of(0, number), place)
        for text, (weight, place) in weights.items()
    ]
    total = sum(points for points, _ in brought)
    largest = sorted(brought, key=lambda each: -each[0])[:3]
    return [(place, points / total) for points, place in largest if points]


@settings(deadline=None, max_examples=60)
@given(TITLES, st.lists(PROFILES, max_size=6))
def test_arrays_say_what_the_rules_give_and_what_objects_say(
    titles: list[str], profiles: list[Profile]
) -> None:
    papers = titled(*titles)
    ranking = Ranking(papers, NOW)
    found = ranking.choose(profiles)
    selections = rank(papers, profiles, NOW)
    assert found.selections(profiles) == selections
    assert len(set(found.quotations)) == len(found.quotations)
    assert sorted(found.told) == [
        n
        for n, each in enumerate(selections)
        if each.is_rest or any(entry.folded for entry in each.entries)
    ]
    reasons = [*pairwise(found.reason_starts.tolist())]
    for n, (begin, end) in enumerate(pairwise(found.starts.tolist())):
        for entry in range(begin, end):
            first, last = reasons[entry]
            number = int(found.papers[entry])
            assert plain_reasons(ranking.search, profiles[n], number) == list(
                zip(
                    found.interests[first:last].tolist(),
                    found.shares[first:last].tolist(),
                    strict=True,
                )
            )
            for quoted in found.quoted[first:last].tolist():
                assert found.quotations[quoted][0] == number


@settings(deadline=None, max_examples=30)
@given(TITLES, st.lists(PROFILES, max_size=6))
def test_blocks_joined_say_what_one_block_says(titles: list[str], profiles: list[Profile]) -> None:
    whole = chosen(profiles, titled(*titles))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digest.ranking.rank.BLOCK", 2)
        parts = chosen(profiles, titled(*titles))
    assert parts.selections(profiles) == whole.selections(profiles)
    assert sorted(map(repr, parts.quotations)) == sorted(map(repr, whole.quotations))
    for name in ("starts", "papers", "scores", "reason_starts", "interests", "shares"):
        assert np.array_equal(getattr(parts, name), getattr(whole, name))
    assert parts.told == whole.told


def test_one_sentence_for_two_readers_is_quoted_once() -> None:
    readers = [profile("graph networks"), profile("Graph  networks ^2"), profile("protein")]
    found = chosen(readers, titled("Graph networks", "A protein"))
    assert [(number, each.sentence) for number, each in found.quotations] == [
        (1, "Graph networks"),
        (2, "A protein"),
    ]
    assert found.quoted.tolist() == [0, 0, 1]
    assert found.interests.tolist() == [0, 0, 0]


def test_of_an_interest_written_twice_the_one_of_more_weight_is_named() -> None:
    found = chosen([profile("soup", "graph", "Graph ^3", "graph ^3")], titled("A graph", "Other"))
    assert found.interests.tolist() == [2]
    assert found.shares.tolist() == [1.0]


def test_an_interest_that_cannot_be_read_keeps_its_place_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        found = chosen([profile("graph |", "-soup", "graph")], titled("A graph", "Graph soup"))
    assert (found.papers.tolist(), found.interests.tolist()) == ([1], [2])
    assert (found.considered.tolist(), found.excluded.tolist()) == ([2], [1])
    assert caplog.text.count("A stored interest is left out") == 1


def test_who_has_a_paper_folded_under_another_is_told_whole_and_nobody_else_is() -> None:
    readers = [profile("diffusion"), profile(GRAPHS), profile("nothing")]
    found = Ranking(ALIKE, NOW, ARCHIVE).choose(readers)
    selections = rank(ALIKE, readers, NOW, ARCHIVE)
    folding = {n: each for n, each in enumerate(selections) if any(e.folded for e in each.entries)}
    assert found.told == folding
    assert 1 in folding
    assert found.starts[1] == found.starts[2]
    assert found.selections(readers) == selections


def test_who_is_shown_why_a_paper_is_like_one_they_liked_is_told_whole() -> None:
    liked = paper(90, "Message passing", "Message passing on molecular graphs.")
    papers = titled("Message passing on molecular graphs", "Toasters", "Toasted soup")
    readers = [profile("toasters", liked=(liked,)), profile("toasters"), profile("soup")]
    found = chosen(readers, papers)
    assert [*found.told] == [0]
    kinds = {reason.kind for entry in found.told[0].entries for reason in entry.reasons}
    assert MatchKind.LIKED in kinds
    assert found.starts.tolist() == [0, 0, 1, 2]
    assert (found.matched.tolist(), found.papers.tolist()) == ([2, 1, 1], [2, 3])


def test_the_best_of_the_rest_is_told_whole_where_there_is_any() -> None:
    readers = [profile("graph soup", rest=1), profile("unheard", rest=1)]
    found = chosen(readers, titled("A graph", "Other"))
    assert [(n, each.is_rest, len(each.entries)) for n, each in found.told.items()] == [
        (0, True, 1)
    ]
    assert found.starts.tolist() == [0, 0, 0]


@pytest.mark.parametrize("papers", [[], titled("A graph")])
def test_nobody_nothing_and_no_papers_are_no_entries(papers: list[ListedPaper]) -> None:
    nobody = chosen([], papers)
    assert (nobody.starts.tolist(), nobody.reason_starts.tolist()) == ([0], [0])
    assert nobody.selections([]) == []
    found = chosen([profile(), profile("unheard"), profile("-graph")], papers)
    assert found.starts.tolist() == [0, 0, 0, 0]
    assert found.considered.tolist() == [len(papers)] * 3
    assert found.told == {}


@pytest.mark.parametrize(
    "wanted", [Profile(1, (), 256), Profile(1, (Interest("graph", 1e9),), 1), Profile(1, (), -1)]
)
def test_a_number_out_of_its_range_is_refused(wanted: Profile) -> None:
    with pytest.raises(ValueError, match="out of its range"):
        chosen([profile("graph"), wanted], titled("A graph"))
