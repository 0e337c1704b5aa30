from collections.abc import Iterable

import numpy as np
import pytest

from digest.ranking.chosen import Asked, Scored
from digest.ranking.compiled import COMPILED
from digest.ranking.fanout import choose_all
from digest.ranking.hits import Hits
from digest.ranking.readers import Readers
from digest.ranking.shares import Share, folded_of, shares_of
from tests.ranking.reader_wishes import ReaderWishes, build_readers
from tests.ranking.selection_oracle import Reader, World

MODES = ["compiled", "plain"] if COMPILED else ["plain"]
WORDS = ("graph", "protein", "robot")
FEW = [(0, 10), (2, 20), (3, 30)]


def batch_of(papers: int, *rows: Iterable[tuple[int, int]]) -> Scored:
    priors = np.full(papers, 1024, np.int32)
    alone = np.full(papers, -1, np.int32)
    return Scored(Hits.of(rows), priors, alone)


def readers_of(count: int, *words: str, limit: int = 10) -> Readers:
    items = [(word, 16) for word in words]
    return build_readers(ReaderWishes(number, limit, items) for number in range(count))


def test_an_interest_counts_less_for_each_paper_it_has_brought() -> None:
    readers = readers_of(1, "graph", "protein")
    batch = batch_of(6, [(0, 100), (1, 99), (2, 98)], [(3, 97), (4, 96), (5, 95)])
    chosen = choose_all(batch, readers, Asked.of([0], 6))
    assert chosen.papers[0].tolist() == [0, 3, 1, 4, 2, 5]
    assert chosen.values[0][2] == 99 * 16 * (1024 - 32)


def test_every_interest_has_a_place_while_places_last() -> None:
    readers = readers_of(1, *WORDS)
    broad = [(paper, 900) for paper in range(9)]
    batch = batch_of(11, broad, [(9, 1)], [(10, 1)])
    assert choose_all(batch, readers, Asked.of([0], 4)).papers[0].tolist() == [0, 1, 9, 10]


def test_near_duplicates_of_what_was_taken_are_left_out_and_found_again() -> None:
    readers = readers_of(1, "graph", "protein")
    batch = batch_of(4, [(0, 9), (1, 8), (3, 1)], [(2, 5)])
    batch.groups[:3] = 7
    asked = Asked.of([0], 2)
    chosen = choose_all(batch, readers, asked)
    assert (chosen.papers[0].tolist(), chosen.matched[0]) == ([0, 3], 4)
    assert folded_of(batch, readers, asked, 0, 0) == [1, 2]
    assert shares_of(batch, readers, 0, 0) == [Share(0, 9 * 16)]
    assert folded_of(batch, readers, asked, 0, 3) == []


@pytest.mark.parametrize("mode", MODES)
def test_a_reader_of_more_equals_than_there_is_room_for_is_served(mode: str) -> None:
    papers = 3000
    readers = readers_of(3, "graph")
    batch = batch_of(papers, [(paper, 5) for paper in range(papers)])
    chosen = choose_all(batch, readers, Asked.of(range(3), 4), fast=mode == "compiled")
    assert chosen.papers.tolist() == [[0, 1, 2, 3]] * 3
    assert chosen.matched.tolist() == [papers] * 3


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("papers", [64, 70, 300])
def test_where_dislikes_outweigh_everything_the_least_bad_ones_are_chosen(
    mode: str, papers: int
) -> None:
    readers = readers_of(1, "graph", limit=20)
    batch = batch_of(papers, [(paper, 64 + paper) for paper in range(papers)])
    extras = np.full((1, papers), -100_000, np.int32)
    asked = Asked.of([0], 20)
    chosen = choose_all(batch, readers, asked, extras=extras, fast=mode == "compiled")
    assert chosen.papers[0].tolist() == list(range(papers))[:-21:-1]


@pytest.mark.parametrize("mode", MODES)
def test_readers_with_many_hits_get_what_the_plain_rules_give(mode: str) -> None:
    random = np.random.default_rng(7)
    words = [f"word {n}" for n in range(30)]
    papers = 900
    hits = {
        word: {
            int(paper): int(random.integers(1, 400))
            for paper in random.choice(papers, int(random.integers(1, 500)), replace=False)
        }
        for word in words
    }
    groups = random.integers(-1, 300, papers).tolist()
    world = World(hits, random.integers(1024, 1064, papers).tolist(), groups)
    wishes = []
    for number in range(25):
        chosen_words = random.choice(words, int(random.integers(1, 20)), replace=False).tolist()
        items = [(word, int(random.choice([8, 16, 160]))) for word in chosen_words]
        wishes.append(ReaderWishes(number, int(random.integers(1, 60)), items))
    readers = build_readers(wishes)
    batch = Scored(
        Hits.of(hits[text].items() for text in readers.expressions),
        np.array(world.priors, np.int32),
        np.array(groups, np.int32),
    )
    asked = Asked.of(range(len(readers.rows)), 60, first=100)
    found = choose_all(batch, readers, asked, threads=2, fast=mode == "compiled")
    for number, each in enumerate(wishes):
        answer = Reader(world, each, 100, ()).answer(60)
        assert found.papers[number][: len(answer.papers)].tolist() == answer.papers
        assert found.values[number][: len(answer.papers)].tolist() == answer.values


@pytest.mark.parametrize("mode", MODES)
def test_the_largest_batches_are_ranked(mode: str) -> None:
    papers = 1 << 17
    last = papers - 1
    readers = readers_of(2, "graph", limit=5)
    batch = batch_of(papers, [(1, 4), (last, 5)])
    chosen = choose_all(batch, readers, Asked.of([0, 1], 5), fast=mode == "compiled")
    assert chosen.papers[0].tolist() == [last, 1, -1, -1, -1]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("extra", [0, (1 << 31) - 1, -(1 << 31)])
def test_the_largest_values_fit_into_their_bits(mode: str, extra: int) -> None:
    papers = 90
    words = [f"word {n}" for n in range(50)]
    wishes = ReaderWishes(0, 60, [(word, 2560) for word in words])
    hits = {word: dict.fromkeys(range(papers), 65535) for word in words}
    world = World(hits, [4096] * papers, [-1] * papers)
    readers = build_readers([wishes])
    batch = batch_of(papers, *(hits[word].items() for word in readers.expressions))
    batch.priors[:] = 4096
    extras = np.full((1, papers), extra, np.int32)
    asked = Asked.of([0], 60)
    found = choose_all(batch, readers, asked, extras=extras, fast=mode == "compiled")
    answer = Reader(world, wishes, 0, (), extras[0].tolist()).answer(60)
    assert found.papers[0].tolist() == answer.papers == list(range(60))
    assert found.values[0].tolist() == answer.values


def test_what_is_extra_moves_what_was_met_and_brings_nothing_else() -> None:
    batch = batch_of(5, [(0, 50), (1, 60), (3, 40), (4, 30)])
    extras = np.array([[0, -400, 9999, 300, -9999]], np.int32)
    chosen = choose_all(batch, readers_of(1, "graph"), Asked.of([0], 5), extras=extras)
    assert chosen.papers[0].tolist() == [3, 0, 1, 4, -1]
    assert chosen.values[0][0] == (40 * 16 + 300) * 1024
    assert chosen.matched[0] == 4


def test_what_is_extra_does_not_count_less_for_papers_before() -> None:
    batch = batch_of(3, [(0, 99), (1, 50), (2, 1)])
    extras = np.array([[0, 0, 49 * 16 - 12]], np.int32)
    chosen = choose_all(batch, readers_of(1, "graph"), Asked.of([0], 3), extras=extras)
    assert chosen.papers[0].tolist() == [0, 2, 1]


def test_nobody_asked_for_and_no_papers_are_no_error() -> None:
    readers = readers_of(1, "graph")
    assert choose_all(batch_of(4, FEW), readers, Asked.of([], 5)).papers.shape == (0, 5)
    assert choose_all(batch_of(0, []), readers, Asked.of([0], 2)).papers.tolist() == [[-1, -1]]


@pytest.mark.parametrize(
    ("batch", "asked", "problem"),
    [
        (batch_of(4), Asked.of([0], 5), "fewer expressions"),
        (batch_of(3, FEW), Asked.of([0], 5), "between 0 and 2"),
        (batch_of(4, FEW), Asked.of([1], 5), "between 0 and 0"),
        (batch_of(4, FEW), Asked.of([-1], 5), "between 0 and 0"),
        (batch_of(4, FEW), Asked.of([0], 5, seen=[[4]]), "between 0 and 3"),
        (batch_of(4, FEW), Asked.of([0], 256), "255 is the most"),
        (batch_of((1 << 17) + 1, FEW), Asked.of([0], 5), "131072 is the most"),
    ],
)
def test_what_would_be_read_beside_the_arrays_is_refused(
    batch: Scored, asked: Asked, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        choose_all(batch, readers_of(1, "graph"), asked)


def test_extras_are_for_each_row_and_paper() -> None:
    with pytest.raises(ValueError, match="each row and paper"):
        choose_all(
            batch_of(4, FEW),
            readers_of(1, "graph"),
            Asked.of([0], 5),
            extras=np.zeros((1, 3), np.int32),
        )


def test_the_desk_is_clean_between_readers() -> None:
    wishes = [
        ReaderWishes(1, 3, [("a", 16), ("b", 16)], ["c"]),
        ReaderWishes(2, 3, [("a", 16)]),
    ]
    readers = build_readers(wishes * 3)
    rows = [(0, 3), (1, 4), (2, 5)], [(1, 9), (3, 9)], [(2, 1), (3, 1)]
    batch = batch_of(5, *rows)
    asked = Asked.of(range(6), 3, first=[0, 1, 0, 0, 2, 0], seen=[[1], [], [0], [2], [], []])
    together = choose_all(batch, readers, asked)
    for n in range(6):
        seen = asked.seen_papers[asked.seen_starts[n] : asked.seen_starts[n + 1]].tolist()
        alone = choose_all(batch, readers, Asked.of([n], 3, int(asked.first[n]), [seen]))
        assert together.papers[n].tolist() == alone.papers[0].tolist()
        assert together.values[n].tolist() == alone.values[0].tolist()
