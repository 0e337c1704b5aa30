import logging
from datetime import timedelta
from itertools import chain
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.profiles import Profile
from digest.model.subscribers import Interest
from digest.ranking.rank import rank
from tests.ranking.batches import DAY, NOW, ids, listed, paper, profile, select, titled


def test_the_better_match_comes_first_and_scores_fall() -> None:
    papers = listed(
        paper(1, "Something", "A network on a graph."),
        paper(2, "Graph networks", "They are good."),
        paper(3, "Something", "Graph networks are good."),
        paper(4, "Other"),
    )
    found = select(papers, "graph networks")
    assert ids(found) == [2, 3, 1]
    assert [e.score for e in found.entries] == sorted(
        (e.score for e in found.entries), reverse=True
    )


def test_selections_come_in_the_order_of_the_profiles() -> None:
    profiles = [Profile(number, (Interest("graph"),), 5) for number in (7, 3, 5)]
    assert [s.subscriber_id for s in rank(titled("A graph"), profiles, NOW)] == [7, 3, 5]


def test_no_more_than_the_limit_is_chosen_but_all_matches_are_counted() -> None:
    found = select(titled(*["A graph"] * 7, "Other"), "graph", limit=3)
    assert (len(found.entries), found.matched, found.considered) == (3, 7, 8)


def test_only_papers_after_the_window_and_not_seen_are_considered() -> None:
    papers = [
        *listed(paper(1, "Graph one"), paper(2, "Graph two"), dump_id=4),
        *listed(paper(3, "Graph three"), paper(4, "Graph four"), dump_id=5),
    ]
    wanted = profile("graph", after=4, seen=frozenset({1, 3, 99}))
    (found,) = rank(papers, [wanted], NOW)
    assert ids(found) == [4]
    assert (found.considered, found.matched) == (1, 1)


def test_an_exclusion_alone_on_its_line_hides_papers_from_the_whole_reader() -> None:
    found = select(titled("Graph survey", "Graph nets", "Net survey"), "graph", "-survey", "net")
    assert ids(found) == [2]
    assert (found.considered, found.matched) == (3, 1)


def test_an_exclusion_inside_an_expression_concerns_that_expression_only() -> None:
    papers = titled("Graph survey", "Graph nets", "Protein survey")
    assert sorted(ids(select(papers, "graph -survey", "protein"))) == [2, 3]


def test_a_reader_without_interests_or_papers_gets_nothing() -> None:
    assert select(titled("A graph")).entries == ()
    assert select([], "graph").entries == ()


def test_weights_of_the_line_and_of_the_interest_multiply() -> None:
    papers = titled("A graph", "A protein", "Other", "Other")
    assert ids(select(papers, Interest("graph"), Interest("protein^2"))) == [2, 1]
    assert ids(select(papers, Interest("graph", 4), Interest("protein^2"))) == [1, 2]


def test_the_same_interest_twice_counts_once_with_the_larger_weight() -> None:
    papers = titled("A graph", "Other", "Other")
    (once,) = select(papers, "graph^2").entries
    (twice,) = select(papers, "graph", "Graph ^2", "graph^2").entries
    assert once.score == twice.score


def test_a_small_interest_has_a_place_beside_a_big_one() -> None:
    papers = titled(*["Graph networks"] * 20, "Something with a protein", "Other")
    assert 21 in ids(select(papers, "graph networks^10", "protein^0.1", limit=3))


def test_every_interest_has_a_place_while_places_last() -> None:
    words = ["graph", "protein", "robot", "speech"]
    papers = titled(*["Graph networks"] * 9, *(f"A {word}" for word in words[1:]))
    found = select(papers, "graph networks^10", *words[1:], limit=4)
    assert {10, 11, 12} < set(ids(found))
    assert len(select(papers, "graph networks^10", *words[1:], limit=2).entries) == 2


def test_an_interest_counts_less_for_each_paper_it_has_brought() -> None:
    titles = ["A graph here"] * 3 + ["A protein here"] * 3
    papers = [listed(paper(n, title), position=1)[0] for n, title in enumerate(titles, start=1)]
    assert ids(select(papers, "graph", "protein")) == [1, 4, 2, 5, 3, 6]


def test_place_and_age_decide_between_equals_and_only_there() -> None:
    old, new = DAY - timedelta(days=30), DAY
    by_age = [
        *listed(paper(1, "A graph"), dated_on=old),
        *listed(paper(2, "A graph"), dated_on=new),
    ]
    assert ids(select(by_age, "graph")) == [2, 1]
    by_place = [*listed(paper(1, "A graph"), position=30), *listed(paper(2, "A graph"), position=1)]
    assert ids(select(by_place, "graph")) == [2, 1]
    better = [
        *listed(paper(1, "A graph", "The graph."), dated_on=old, position=90),
        *listed(paper(2, "A graph", "The nets."), position=1),
    ]
    assert ids(select(better, "graph")) == [1, 2]


def test_full_equals_come_by_their_id() -> None:
    papers = list(chain(*(listed(paper(n, "A graph"), position=1) for n in (3, 1, 2))))
    assert ids(select(papers, "graph")) == [1, 2, 3]


def test_a_broken_stored_expression_stops_nothing_and_is_logged_without_a_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        found = select(titled("A graph"), "graph |", "graph")
    assert ids(found) == [1]
    assert "Nothing follows the |" in caplog.text


TITLES = st.lists(
    st.lists(
        st.sampled_from(["graph", "networks", "protein", "RAG", "multi-modal"]), min_size=1
    ).map(" ".join),
    min_size=1,
    max_size=12,
)
INTERESTS = st.lists(
    st.sampled_from(
        [
            "graph networks",
            "protein^3",
            "RAG",
            "multimodal",
            "graph | protein",
            "-networks",
            "rag^0.3",
        ]
    ),
    max_size=4,
)


@settings(deadline=None)
@given(TITLES, st.lists(INTERESTS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_papers_and_profiles_changes_nothing(
    titles: list[str], interests: list[list[str]], random: Random
) -> None:
    papers = titled(*titles)
    profiles = [
        Profile(number, tuple(map(Interest, each)), 4) for number, each in enumerate(interests)
    ]
    expected = {s.subscriber_id: s for s in rank(papers, profiles, NOW)}
    shuffled = papers.copy()
    random.shuffle(shuffled)
    random.shuffle(profiles)
    assert {s.subscriber_id: s for s in rank(shuffled, profiles, NOW)} == expected
    for alone in profiles:
        assert rank(papers, [alone], NOW) == [expected[alone.subscriber_id]]
