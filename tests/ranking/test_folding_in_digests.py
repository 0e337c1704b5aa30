"""Two papers much like each other: one entry, with the other told under it."""

from dataclasses import replace

import pytest

from digest.model.digests import Entry
from digest.model.papers import ListedPaper
from digest.model.profiles import Profile, Selection
from digest.ranking.archive import Archive
from digest.ranking.rank import rank
from tests.ranking.batches import NOW, ids, listed, paper, profile
from tests.ranking.test_similar import DIFFUSION_1, DIFFUSION_2, SAME_FIELD, VERSION_1, VERSION_2

PAPERS = listed(VERSION_1, VERSION_2, SAME_FIELD, DIFFUSION_1, DIFFUSION_2)
GRAPHS = "knowledge graph"
ARCHIVE = Archive.of(
    [
        *((each.paper.title, each.paper.abstract) for each in PAPERS),
        *[("Something else", "A model is trained on data, and it works.")] * 200,
    ]
)


def chosen(wanted: Profile, papers: list[ListedPaper] = PAPERS) -> Selection:
    return rank(papers, [wanted], NOW, ARCHIVE)[0]


def entry_of(found: Selection, number: int) -> Entry:
    [entry] = [each for each in found.entries if number in each.paper_ids]
    return entry


def shown(found: Selection) -> list[set[int]]:
    return [set(each.paper_ids) for each in found.entries]


def test_of_two_versions_one_is_shown_with_the_other_under_it_and_both_count() -> None:
    found = chosen(profile(GRAPHS))
    assert shown(found) == [{1, 2}, {3}]
    assert found.matched == 3
    entry = entry_of(found, 1)
    assert len(entry.folded) == 1
    assert entry.topic in {"knowledge graph", "hard negatives", "negative"}
    assert entry_of(found, 3).topic == ""


def test_the_better_version_is_the_one_that_is_shown() -> None:
    for better, other in ((VERSION_1, VERSION_2), (VERSION_2, VERSION_1)):
        title = replace(better, title=f"{better.title} of TransE")
        found = chosen(profile("transe"), listed(other, title, SAME_FIELD))
        [entry] = found.entries
        assert (entry.paper_id, entry.folded) == (better.id, (other.id,))


def test_a_version_older_than_the_window_is_not_told() -> None:
    papers = [replace(PAPERS[0], dump_id=1), *(replace(each, dump_id=2) for each in PAPERS[1:])]
    found = chosen(profile(GRAPHS, after=1), papers)
    entry = entry_of(found, 2)
    assert (entry.folded, entry.topic) == ((), "")
    assert found.matched == 2


@pytest.mark.parametrize(
    "wanted",
    [profile(GRAPHS, "-yago3"), profile(GRAPHS, muted=("yago3",)), profile(f"{GRAPHS} -yago3")],
)
def test_a_version_that_is_hidden_is_not_told(wanted: Profile) -> None:
    found = chosen(wanted)
    assert shown(found) == [{1}, {3}]
    assert found.matched == 2
    assert entry_of(found, 1).topic == ""


def test_a_version_that_was_seen_is_not_told() -> None:
    for seen, left in ((1, 2), (2, 1)):
        found = chosen(profile(GRAPHS, seen=frozenset({seen})))
        assert sorted(map(sorted, shown(found))) == [[left], [3]]
        assert found.matched == 2


def test_a_version_that_no_interest_met_is_not_told() -> None:
    found = chosen(profile("yago3"))
    assert shown(found) == [{2}]
    assert found.matched == 1


def test_a_folded_paper_takes_no_place() -> None:
    assert shown(chosen(profile(GRAPHS, limit=2))) == [{1, 2}, {3}]
    assert shown(chosen(profile(GRAPHS, limit=1))) == [{1, 2}]


def test_a_flood_of_copies_is_one_entry_best_first() -> None:
    copies = [replace(DIFFUSION_1, id=n, key=f"copy{n}") for n in range(10, 20)]
    found = chosen(profile("diffusion model"), listed(*copies, DIFFUSION_2))
    assert [len(each.folded) for each in found.entries] in ([9, 0], [0, 9])
    entry = entry_of(found, 10)
    assert (entry.paper_id, entry.folded) == (10, tuple(range(11, 20)))
    assert entry.topic
    assert found.matched == 11


def test_readers_fold_each_for_themselves() -> None:
    one = Profile(1, profile(GRAPHS).interests, 10)
    two = Profile(2, one.interests, 10, muted=("yago3",))
    three = Profile(3, one.interests, 10, seen=frozenset({1}))
    together = rank(PAPERS, [one, two, three], NOW, ARCHIVE)
    assert together == [chosen(each) for each in (one, two, three)]
    assert [entry_of(each, 3).folded for each in together] == [(), (), ()]
    assert [{1, 2} in shown(each) for each in together] == [True, False, False]


def test_a_liked_paper_folds_what_it_brings() -> None:
    liked = paper(
        90, "Negative sampling", "Hard negative triples for embedding knowledge graphs: TransE."
    )
    found = chosen(profile("toaster", liked=(liked,)))
    assert {1, 2} in shown(found)
    assert ids(found)[0] in {1, 2}
