from collections.abc import Sequence
from copy import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ranking.chosen import Asked, Chosen, Extras, Scored
from digest.ranking.compiled import COMPILED
from digest.ranking.fanout import choose_all
from digest.ranking.hits import Hits
from digest.ranking.readers import Readers
from digest.ranking.shares import folded_of, shares_of
from tests.ranking.reader_wishes import ReaderWishes, build_readers
from tests.ranking.selection_oracle import Reader, World

MODES = ["compiled", "plain"] if COMPILED else ["plain"]
EXPRESSIONS = tuple("abcdefgh")


@st.composite
def worlds(draw: st.DrawFn) -> World:
    papers = draw(st.integers(0, 40))
    numbers = st.integers(0, papers - 1) if papers else st.nothing()
    # Few different points: ties are where a selection goes wrong.
    points = draw(st.sampled_from([st.integers(1, 3), st.integers(1, 40), st.integers(1, 65535)]))
    rows = st.dictionaries(numbers, points, max_size=papers)
    prior = draw(st.sampled_from([st.just(1024), st.integers(1024, 1064)]))
    group = draw(st.sampled_from([st.just(-1), st.integers(-1, 3), st.integers(-1, 20)]))
    return World(
        {text: draw(rows) for text in EXPRESSIONS},
        draw(st.lists(prior, min_size=papers, max_size=papers)),
        draw(st.lists(group, min_size=papers, max_size=papers)),
    )


def texts(most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(EXPRESSIONS), max_size=most)


WEIGHTS = st.sampled_from([1, 8, 16, 16, 32, 2560])
WISHES = st.builds(
    ReaderWishes,
    st.just(0),
    st.integers(0, 15),
    st.lists(st.tuples(st.sampled_from(EXPRESSIONS), WEIGHTS), max_size=8),
    st.one_of(st.just([]), texts(2)),
)


def batch_of(world: World, readers: Readers) -> Scored:
    hits = Hits.of(world.hits[text].items() for text in readers.expressions)
    return Scored(hits, np.array(world.priors, np.int32), np.array(world.groups, np.int32))


@st.composite
def extras_of(draw: st.DrawFn, readers: int, papers: int) -> Extras | None:
    # From none over about as large as shares to far larger, on either side.
    size = draw(st.sampled_from([0, 3, 100, 50_000, (1 << 31) - 1]))
    if not size:
        return None
    each = st.integers(-size, size)
    rows = st.lists(each, min_size=papers, max_size=papers)
    drawn = draw(st.lists(rows, min_size=readers, max_size=readers))
    return np.array(drawn, np.int32).reshape(readers, papers)


def assert_chosen(chosen: Chosen, n: int, reader: Reader, most: int) -> None:
    answer = reader.answer(most)
    free = most - len(answer.papers)
    assert chosen.papers[n].tolist() == answer.papers + [-1] * free
    assert chosen.values[n].tolist() == answer.values + [0] * free
    assert (chosen.matched[n], chosen.excluded[n]) == (answer.matched, answer.excluded)


@pytest.mark.parametrize("mode", MODES)
@settings(deadline=None, max_examples=300)
@given(worlds(), st.lists(WISHES, min_size=1, max_size=8), st.data())
def test_every_reader_gets_what_the_rules_written_down_plainly_give(
    mode: str, world: World, wishes: Sequence[ReaderWishes], data: st.DataObject
) -> None:
    papers = len(world.priors)
    count = len(wishes)
    numbers = st.integers(0, papers - 1) if papers else st.nothing()
    first = data.draw(st.lists(st.integers(0, papers), min_size=count, max_size=count))
    seen = data.draw(
        st.lists(st.lists(numbers, max_size=min(6, papers)), min_size=count, max_size=count)
    )
    most = data.draw(st.integers(0, 12))
    readers = build_readers(wishes)
    extras = data.draw(extras_of(count, papers))
    plainly = [
        Reader(world, each, first[n], seen[n], None if extras is None else extras[n].tolist())
        for n, each in enumerate(wishes)
    ]
    batch = batch_of(world, readers)
    asked = Asked.of(range(count), most, first, seen)
    chosen = Chosen.empty(0, 0)
    for threads in (1, 2, 5):
        chosen = choose_all(
            batch, readers, asked, threads=threads, fast=mode == "compiled", extras=extras
        )
        for n in range(count):
            assert_chosen(chosen, n, copy(plainly[n]), most)
    for n, reader in enumerate(plainly):
        for paper in [paper for paper in chosen.papers[n].tolist() if paper >= 0]:
            assert folded_of(batch, readers, asked, n, paper, extras) == reader.folded(paper)
            shares = {
                readers.expressions[share.expression]: share.points
                for share in shares_of(batch, readers, int(asked.rows[n]), paper)
            }
            assert shares == reader.shares[paper]
