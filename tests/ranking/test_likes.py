"""More and less like this, and papers that are hidden for a while."""

from dataclasses import replace

import pytest

from digest.model.digests import MatchKind
from digest.model.papers import ListedPaper, Paper
from digest.model.profiles import Profile, Selection
from digest.ranking.archive import Archive
from digest.ranking.index import Index
from digest.ranking.likes import ALIKE, TERMS, Tastes
from digest.ranking.rank import rank
from digest.ranking.scoring import MOST_POINTS
from digest.ranking.vectors import Vectors
from tests.ranking.batches import NOW, ids, listed, paper, profile

LIKED = paper(
    90,
    "Message passing for molecules",
    "Message passing on molecular graphs predicts the energy of molecules.",
)
OTHER_LIKED = paper(
    91, "Tax courts of the north", "Judges of tax courts decide on appeals of companies."
)
ALIKE_PAPER = paper(
    1,
    "Energy of molecular graphs",
    "We learn. Networks that pass messages predict the energy of molecules. They are small.",
)
PAPERS = listed(
    ALIKE_PAPER,
    paper(2, "Speech in noisy rooms", "Microphones hear speech in rooms with noise."),
    paper(3, "Toasters of the future", "Bread becomes warm in a toaster that learns."),
    paper(4, "Robots that walk", "Legs of robots move over stones."),
    paper(5, "Speech of robots", "Robots that speak, and whom speech tires."),
)


def chosen(wanted: Profile, papers: list[ListedPaper] = PAPERS) -> Selection:
    return rank(papers, [wanted], NOW)[0]


def scores(wanted: Profile, papers: list[ListedPaper] = PAPERS) -> dict[int, float]:
    return {entry.paper_id: entry.score for entry in chosen(wanted, papers).entries}


def test_from_the_first_like_on_a_paper_like_it_comes_in_that_no_keyword_met() -> None:
    assert ids(chosen(profile("toaster"))) == [3]
    found = chosen(profile("toaster", liked=(LIKED,)))
    assert sorted(ids(found)) == [1, 3]
    assert found.matched == 2


def test_the_reason_names_the_liked_paper_and_marks_the_words_they_share() -> None:
    found = chosen(profile("toaster", liked=(OTHER_LIKED, LIKED)))
    [entry] = [each for each in found.entries if each.paper_id == 1]
    [reason] = entry.reasons
    assert (reason.kind, reason.expression, reason.share) == (MatchKind.LIKED, LIKED.title, 1.0)
    assert reason.sentence == "Networks that pass messages predict the energy of molecules."
    marked = [reason.sentence[start:end] for start, end in reason.spans]
    assert marked == ["pass", "messages", "predict", "energy", "molecules"]


def test_a_paper_with_a_keyword_and_a_like_tells_both_with_their_shares() -> None:
    [entry] = chosen(profile("energy", liked=(LIKED,))).entries
    assert {reason.kind for reason in entry.reasons} == {MatchKind.PHRASE, MatchKind.LIKED}
    assert sum(reason.share for reason in entry.reasons) == pytest.approx(1)
    assert entry.score > scores(profile("energy"))[1]


def test_likes_alone_are_an_interest() -> None:
    assert ids(chosen(profile(liked=(LIKED,)))) == [1]


def test_a_reader_with_likes_and_nothing_else_breaks_nothing() -> None:
    for wanted in (profile(liked=(LIKED,)), profile("soup |", liked=(LIKED,))):
        assert chosen(wanted).considered == 5


def test_another_reader_gets_nothing_of_ones_likes() -> None:
    one = Profile(1, profile("toaster").interests, 10, liked=(LIKED,))
    two = Profile(2, one.interests, 10)
    three = Profile(3, one.interests, 10, liked=(OTHER_LIKED,))
    together = rank(PAPERS, [one, two, three], NOW)
    assert together == [rank(PAPERS, [each], NOW)[0] for each in (one, two, three)]
    assert [sorted(ids(each)) for each in together] == [[1, 3], [3], [3]]


def test_liking_everything_is_possible() -> None:
    everything = tuple(replace(each.paper, id=each.paper.id + 100) for each in PAPERS)
    found = chosen(profile("toaster", liked=everything))
    assert sorted(ids(found)) == [1, 2, 3, 4, 5]
    assert all(entry.reasons for entry in found.entries)


def test_the_same_paper_liked_by_many_readers_is_read_once_and_counts_for_each() -> None:
    readers = [Profile(n, profile("toaster").interests, 10, liked=(LIKED,)) for n in range(5)]
    found = rank(PAPERS, readers, NOW)
    assert len({(tuple(ids(each)), each.matched) for each in found}) == 1


def test_a_liked_paper_without_an_abstract_counts_by_its_title() -> None:
    bare = paper(90, "Energy of molecular graphs")
    assert 1 in ids(chosen(profile("toaster", liked=(bare,))))


@pytest.mark.parametrize("title", ["", "42", "Of the", "\u2014"])
def test_a_liked_paper_without_a_telling_word_changes_nothing(title: str) -> None:
    nothing = paper(90, title)
    plain = chosen(profile("toaster", "speech"))
    assert chosen(profile("toaster", "speech", liked=(nothing,))) == plain
    assert chosen(profile("toaster", "speech", disliked=(nothing,))) == plain


def test_a_liked_paper_that_shares_no_word_brings_nothing() -> None:
    assert ids(chosen(profile("toaster", liked=(OTHER_LIKED,)))) == [3]


def test_a_dislike_lowers_papers_like_it_and_hides_nothing() -> None:
    like_five = paper(92, "Speech of robots", "Robots that speak.")
    plain = scores(profile("speech"))
    lowered = scores(profile("speech", disliked=(like_five,)))
    assert plain.keys() == lowered.keys() == {2, 5}
    assert lowered[5] < plain[5]
    assert plain[5] - lowered[5] > plain[2] - lowered[2]


def test_a_dislike_lets_no_paper_in_and_changes_no_reason() -> None:
    plain, less = (
        chosen(profile("toaster", disliked=disliked)) for disliked in ((), (ALIKE_PAPER,))
    )
    assert ids(plain) == ids(less) == [3]
    assert plain.entries[0].reasons == less.entries[0].reasons


def test_a_dislike_stays_with_its_reader() -> None:
    hater = Profile(1, profile("speech").interests, 10, disliked=(PAPERS[4].paper,))
    other = Profile(2, hater.interests, 10)
    assert rank(PAPERS, [hater, other], NOW)[1] == rank(PAPERS, [other], NOW)[0]


def test_a_paper_that_was_rated_and_is_seen_is_not_shown_again() -> None:
    wanted = profile("energy", "toaster", liked=(ALIKE_PAPER,), seen=frozenset({1}))
    assert ids(chosen(wanted)) == [3]
    assert chosen(wanted).considered == 4


def test_a_liked_paper_that_is_hidden_or_older_does_not_come_in() -> None:
    assert ids(chosen(profile("toaster", liked=(LIKED,), muted=("energy",)))) == [3]
    assert ids(chosen(profile("toaster", "-molecular", liked=(LIKED,)))) == [3]
    papers = [*listed(ALIKE_PAPER, dump_id=1), *listed(paper(3, "Toasters"), dump_id=2)]
    assert ids(chosen(profile("toaster", liked=(LIKED,), after=1), papers)) == [3]


def test_a_muted_expression_hides_its_papers_and_they_are_counted() -> None:
    found = chosen(profile("speech", "toaster", muted=("robots",)))
    assert sorted(ids(found)) == [2, 3]
    assert (found.considered, found.matched, found.excluded) == (5, 2, 1)


def test_an_interest_that_is_muted_brings_nothing_and_the_others_stay() -> None:
    found = chosen(profile("speech", "toaster", muted=("Speech",)))
    assert ids(found) == [3]
    assert found.excluded == 2


def test_mutes_that_meet_nothing_or_cannot_be_read_hide_nothing() -> None:
    found = chosen(profile("speech", muted=("quantum", "soup |", "")))
    assert sorted(ids(found)) == [2, 5]
    assert found.excluded == 0


def tastes(*rated: Paper) -> Tastes:
    texts = [(each.paper.title, each.paper.abstract) for each in PAPERS]
    archive = Archive.of(texts * 3)
    index = Index([each.paper for each in PAPERS])
    return Tastes(Vectors(index, archive, title_times=2), rated, archive)


def test_a_paper_is_most_like_itself_and_needs_some_likeness() -> None:
    taste = tastes(*(each.paper for each in PAPERS))
    for number, each in enumerate(PAPERS):
        papers, points = taste.liked([each.paper], 1.0)
        assert papers[points.argmax()] == number
        assert len(papers) < len(PAPERS)
        closest, shared = taste.closest([other.paper for other in PAPERS], number)
        assert closest == each.paper
        assert 0 < len(shared) <= TERMS
    assert 0 < ALIKE < 1


def test_likes_count_by_the_weight_of_the_interests_and_up_to_three_likes() -> None:
    copies = [replace(ALIKE_PAPER, id=n) for n in range(100, 105)]
    taste = tastes(*copies)
    worth = [int(taste.liked(copies[:n], 1.0)[1].max()) for n in (1, 2, 3, 4, 5)]
    assert worth[0] < worth[1] < worth[2] == worth[3] == worth[4]
    assert int(taste.liked(copies[:1], 2.0)[1].max()) == pytest.approx(2 * worth[0], abs=2)
    assert int(taste.liked(copies, 1000.0)[1].max()) == MOST_POINTS


def test_many_heavy_interests_and_dislikes_stay_in_bounds() -> None:
    interests = [f"word{n}^10" for n in range(60)] + ["speech^10"]
    hated = tuple(replace(PAPERS[4].paper, id=n) for n in range(100, 150))
    found = chosen(profile(*interests, disliked=hated, liked=(LIKED,)))
    assert sorted(ids(found)) == [1, 2, 5]


def test_of_equals_below_nothing_the_first_in_its_list_still_comes_first() -> None:
    papers = [
        *listed(paper(1, "Speech of robots"), position=90),
        *listed(paper(2, "Speech of robots"), position=1),
        *listed(paper(3, "Toasters"), paper(4, "Kettles")),
    ]
    assert ids(chosen(profile("speech"), papers)) == [2, 1]
    hated = paper(90, "Speech of robots", "Robots that speak.")
    assert ids(chosen(profile("speech", disliked=(hated,)), papers)) == [2, 1]
