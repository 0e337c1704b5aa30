"""The best of the rest: what a reader gets on a day when nothing matches."""

from dataclasses import replace

import pytest

from digest.model.digests import MatchKind
from digest.model.papers import ListedPaper
from digest.model.profiles import Profile, Selection
from digest.ranking.rank import rank
from tests.ranking.batches import NOW, ids, listed, paper, profile

FAR = " ".join(["far"] * 20)
PAPERS = listed(
    paper(1, "Networks of roads", f"Roads are long. {FAR} and a graph, too."),
    paper(2, "Graphs", "They are drawn."),
    paper(3, "Protein soup", "It is warm."),
    paper(4, "Tax law", "Courts decide."),
    paper(5, "Neural nets", f"A network. {FAR} graph"),
)
WANTED = "graph neural network learning"


def best(wanted: Profile, papers: list[ListedPaper] = PAPERS) -> Selection:
    return rank(papers, [wanted], NOW)[0]


def test_where_nothing_matches_the_best_scattered_papers_come_best_first() -> None:
    assert best(profile(WANTED)).entries == ()
    found = best(profile(WANTED, rest=10))
    assert found.is_rest
    assert (found.matched, found.considered) == (0, 5)
    assert ids(found) == [5, 1, 2]
    assert [e.score for e in found.entries] == sorted(
        (e.score for e in found.entries), reverse=True
    )


def test_no_more_come_than_are_wanted() -> None:
    assert ids(best(profile(WANTED, rest=2))) == [5, 1]
    nobody = best(profile(WANTED, rest=0))
    assert not nobody.is_rest
    assert nobody.entries == ()


def test_each_has_one_reason_with_the_words_that_stand_there_marked() -> None:
    found = best(profile(WANTED, "soup toaster", rest=10))
    assert sorted(ids(found)) == [1, 2, 3, 5]
    marked = {}
    for entry in found.entries:
        [reason] = entry.reasons
        assert reason.kind is MatchKind.WORDS
        assert reason.share == pytest.approx(1)
        marked[entry.paper_id] = (
            reason.expression,
            [reason.sentence[start:end] for start, end in reason.spans],
        )
    assert marked[3] == ("soup toaster", ["soup"])
    assert marked[2] == (WANTED, ["Graphs"])
    assert marked[5] == (WANTED, ["network", "graph"])


def test_the_interest_that_brought_most_is_the_reason_as_the_reader_wrote_it() -> None:
    papers = listed(paper(1, "Graph", f"{FAR} soup"), paper(2, "Other"))
    [entry] = best(profile("Graph  Toaster ^5", "soup kettle", rest=1), papers).entries
    [reason] = entry.reasons
    assert reason.expression == "Graph  Toaster ^5"
    assert 0.5 < reason.share < 1


def test_a_heavier_interest_comes_first() -> None:
    papers = listed(paper(1, "Graph"), paper(2, "Soup"))
    assert ids(best(profile("graph toaster^3", "soup kettle", rest=9), papers)) == [1, 2]
    assert ids(best(profile("graph toaster", "soup kettle^3", rest=9), papers)) == [2, 1]


def test_nothing_comes_when_something_matched() -> None:
    found = best(profile(WANTED, "tax law", rest=10))
    assert ids(found) == [4]
    assert not found.is_rest


def test_nothing_comes_of_no_word_at_all() -> None:
    found = best(profile("quantum gravity", "string theory", rest=10))
    assert found.entries == ()
    assert not found.is_rest
    assert best(profile(rest=10)).entries == ()
    assert best(profile("-tax", "soup |", rest=10)).entries == ()
    assert best(profile(WANTED, rest=10), []).entries == ()


def test_what_is_hidden_seen_or_older_stays_out() -> None:
    assert ids(best(profile(WANTED, "-roads", rest=10))) == [5, 2]
    assert ids(best(profile(WANTED, muted=("drawn", "tax"), rest=10))) == [5, 1]
    seen = best(profile(WANTED, seen=frozenset({5, 99}), rest=10))
    assert ids(seen) == [1, 2]
    assert seen.considered == 4
    windows = [*PAPERS[:4], replace(PAPERS[4], dump_id=2)]
    assert ids(best(profile(WANTED, after=1, rest=10), windows)) == [5]
    assert ids(best(profile(WANTED, after=2, rest=10), windows)) == []


def test_an_exclusion_within_the_expression_is_kept() -> None:
    assert ids(best(profile(f"{WANTED} -roads", rest=10))) == [5, 2]


def test_an_interest_that_matched_only_seen_papers_leaves_the_rest() -> None:
    found = best(profile("tax law", "protein toaster", seen=frozenset({4}), rest=10))
    assert ids(found) == [3]
    assert found.is_rest


def test_papers_that_matched_but_are_hidden_stay_counted() -> None:
    without = best(profile("tax law", muted=("courts",)))
    assert without.excluded == 1
    assert best(profile("tax law", muted=("courts",), rest=5)).excluded == 1
    assert best(profile("tax law", "graph soup", muted=("courts",), rest=5)).excluded == 1


def test_a_paper_with_no_word_of_a_long_interest_stays_out() -> None:
    papers = listed(
        paper(1, "Graph neural networks predict protein pathways"),
        paper(2, "Tasty pathways"),
        paper(3, "Tax law"),
    )
    wanted = profile("graphs learning protein structure ab initio folding quickly", rest=10)
    assert ids(best(wanted, papers)) == [1]


def test_the_rest_of_one_reader_changes_nothing_for_another() -> None:
    profiles = [
        Profile(1, profile(WANTED).interests, 10, rest=3),
        Profile(2, profile("tax law").interests, 10, rest=3),
        Profile(3, profile("quantum").interests, 10, rest=3),
    ]
    together = rank(PAPERS, profiles, NOW)
    assert together == [best(each) for each in profiles]
    assert [each.is_rest for each in together] == [True, False, False]
    assert rank(PAPERS[::-1], profiles, NOW) == together


def test_a_compound_that_a_hyphen_joins_is_marked_too() -> None:
    papers = listed(paper(1, "Soup", "It is multi-modal."), paper(2, "Tax law"))
    [entry] = best(profile("multimodal toaster", rest=1), papers).entries
    [reason] = entry.reasons
    assert reason.kind is MatchKind.WORDS
    assert [reason.sentence[start:end] for start, end in reason.spans] == ["multi-modal"]


def test_stop_words_count_where_an_interest_has_no_others() -> None:
    papers = listed(paper(1, "We are the essence"), paper(2, "It is here"))
    [entry] = best(profile("the who", rest=5), papers).entries
    assert entry.paper_id == 1
    assert [entry.reasons[0].sentence[a:b] for a, b in entry.reasons[0].spans] == ["the"]
    assert best(profile("the toaster", rest=5), papers).entries == ()
