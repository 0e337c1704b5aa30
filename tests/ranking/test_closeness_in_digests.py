"""Closeness to all that a reader asks for, and that nobody's list depends on others."""

import random
from dataclasses import replace

import pytest

from digest.model.papers import ListedPaper
from digest.model.profiles import Profile, Selection
from digest.model.subscribers import Interest
from digest.ranking.archive import Archive
from digest.ranking.rank import rank
from digest.ranking.search import _remembered
from tests.ranking.batches import NOW, ids, listed, paper, profile

TOPICS = [[f"{letter}{n:02}word" for n in range(20)] for letter in "abc"]


@pytest.fixture(scope="module")
def archive() -> Archive:
    """Papers that are each of one of three topics, and half of them with a toaster."""
    dice = random.Random(3)  # noqa: S311  the same in every run
    found = Archive.of(
        (
            " ".join(dice.choices(TOPICS[n % 3], k=4)),
            " ".join([*dice.choices(TOPICS[n % 3], k=25), *["toaster"] * (n % 6 > 2)]),
        )
        for n in range(600)
    )
    assert found.latent is not None
    return found


def of_topic(topic: int, first: int = 5, last: int = 15) -> str:
    return " ".join(TOPICS[topic][first:last])


PAPERS = listed(
    paper(1, "On it", f"{of_topic(1)} toaster"),
    paper(2, "On it", f"{of_topic(0)} toaster"),
    paper(3, "On it", of_topic(0, 10, 20)),
    paper(4, "On it", of_topic(2)),
    paper(5, "On it", f"{of_topic(2, 8, 18)} toaster"),
)
TOASTERS_OF_TOPIC_A = profile("toaster", f"{TOPICS[0][0]} {TOPICS[0][1]}")


def chosen(wanted: Profile, archive: Archive, papers: list[ListedPaper] = PAPERS) -> Selection:
    return rank(papers, [wanted], NOW, archive)[0]


def test_of_equal_matches_the_one_close_to_the_other_interests_comes_first(
    archive: Archive,
) -> None:
    plain = replace(archive, latent=None)
    assert ids(chosen(TOASTERS_OF_TOPIC_A, plain))[0] == 1
    found = chosen(TOASTERS_OF_TOPIC_A, archive)
    assert ids(found)[0] == 2
    assert sorted(ids(found)) == [1, 2, 5]


def test_closeness_lets_no_paper_in_that_nothing_met(archive: Archive) -> None:
    found = chosen(TOASTERS_OF_TOPIC_A, archive)
    assert 3 not in ids(found)
    assert found.matched == 3
    alone = chosen(profile(*TOPICS[1][:2]), archive, PAPERS[1:])
    assert alone.entries == ()


def test_a_single_interest_has_no_closeness(archive: Archive) -> None:
    plain = replace(archive, latent=None)
    for wanted in (
        profile("toaster"),
        profile(TOPICS[0][6]),
        profile("toaster", "Toaster"),
        profile("toaster", "-quantum", muted=("gravity",)),
    ):
        assert chosen(wanted, archive) == chosen(wanted, plain)


def test_a_like_beside_a_single_interest_adds_no_closeness(archive: Archive) -> None:
    plain = replace(archive, latent=None)
    wanted = profile("toaster", liked=(paper(90, "On it", of_topic(0)),))
    assert chosen(wanted, archive) == chosen(wanted, plain)
    assert 3 in ids(chosen(wanted, archive))


def test_closeness_changes_no_reason_and_no_count(archive: Archive) -> None:
    near, plain = (
        chosen(TOASTERS_OF_TOPIC_A, each) for each in (archive, replace(archive, latent=None))
    )
    assert (near.matched, near.considered, near.excluded) == (
        plain.matched,
        plain.considered,
        plain.excluded,
    )
    reasons = {each.paper_id: each.reasons for each in plain.entries}
    assert {each.paper_id: each.reasons for each in near.entries} == reasons


def test_a_reader_whose_interests_cannot_be_read_stops_nobody(archive: Archive) -> None:
    assert chosen(profile("((bad"), archive).entries == ()
    assert chosen(profile(), archive).entries == ()


def test_interests_of_unknown_words_only_have_no_closeness(archive: Archive) -> None:
    wanted = profile("toaster", "kettle")
    assert chosen(wanted, archive) == chosen(wanted, replace(archive, latent=None))


def _readers() -> list[Profile]:
    """Return eleven readers with everything a reader may have."""
    words = ["toaster", TOPICS[0][6], TOPICS[1][7], TOPICS[2][8], "quantum gravity"]
    dice = random.Random(5)  # noqa: S311  the same in every run
    liked = [paper(80 + n, "On it", of_topic(n % 3)) for n in range(4)]
    return [
        Profile(
            number,
            tuple(Interest(each) for each in dice.sample(words, dice.randint(0, 3))),
            dice.randint(1, 4),
            seen=frozenset(dice.sample(range(1, 6), dice.randint(0, 2))),
            muted=tuple(dice.sample(words, number % 4 == 0)),
            liked=tuple(dice.sample(liked, number % 3)),
            disliked=tuple(dice.sample(liked, number % 2)),
            rest=number % 3,
        )
        for number in range(11)
    ]


@pytest.mark.parametrize("size", [1, 2, 7])
def test_readers_in_blocks_get_what_they_get_together(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    readers = _readers()
    expected = rank(PAPERS, readers, NOW, archive)
    assert len({tuple(ids(each)) for each in expected}) > 4
    monkeypatch.setattr("digest.ranking.rank.BLOCK", size)
    assert rank(PAPERS, readers, NOW, archive) == expected
    assert [chosen(each, archive) for each in readers] == expected


@pytest.mark.parametrize("seed", range(4))
def test_neither_the_order_of_papers_nor_of_readers_changes_a_list(
    archive: Archive, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311  no secret
    readers = _readers()
    expected = {each.subscriber_id: each for each in rank(PAPERS, readers, NOW, archive)}
    papers = dice.sample(PAPERS, len(PAPERS))
    dice.shuffle(readers)
    assert {each.subscriber_id: each for each in rank(papers, readers, NOW, archive)} == expected


def test_a_score_depends_on_no_other_paper_of_the_day(archive: Archive) -> None:
    everything = {e.paper_id: e.score for e in chosen(TOASTERS_OF_TOPIC_A, archive).entries}
    first, *_ = chosen(TOASTERS_OF_TOPIC_A, archive, PAPERS[1:2]).entries
    assert everything[first.paper_id] == first.score


def test_the_same_papers_are_analysed_once_for_all_chunks_of_a_day(archive: Archive) -> None:
    _remembered.cache_clear()
    for each in _readers():
        chosen(each, archive)
    assert _remembered.cache_info().misses == 1
