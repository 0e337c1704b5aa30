"""The compiled matcher and the plain one: the same papers, the same points."""

import gzip
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from digest.errors import ExpressionError
from digest.model.subscribers import MAX_EXPRESSION
from digest.ranking.batch import Batch
from digest.ranking.compiled import COMPILED
from digest.ranking.expressions import Expression
from digest.ranking.hits import Hits
from digest.ranking.places import match_in
from digest.ranking.query import parse
from tests.conftest import REPOSITORY
from tests.ranking.batches import paper
from tests.ranking.test_real_dumps import _pairs

pytestmark = pytest.mark.skipif(not COMPILED, reason="numba is not installed")

VOCABULARY = (
    "graph graphs network networks multi modal multimodal multi-modal pre-training pretraining "
    "training of the in model LLM LLMs large language x"
)
WORDS = VOCABULARY.split()


sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)
abstracts = st.lists(sentences, max_size=3).map(
    lambda found: ". ".join(each.capitalize() for each in found)
)
phrases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
terms = st.one_of(
    phrases,
    phrases.map(lambda phrase: f'"{phrase}"'),
    phrases.map(lambda phrase: f'="{phrase}"'),
    phrases.map(lambda phrase: f"title:{phrase}"),
    st.sampled_from(["netw*", "multi*", "LLM", "cat:cs.CL", "author:ada"]),
)


@st.composite
def expressions(draw: st.DrawFn) -> str:
    text = draw(terms)
    for operator in draw(st.lists(st.sampled_from("|+"), max_size=2)):
        text += f" {operator} {draw(terms)}"
    if draw(st.booleans()):
        text += f' -"{draw(phrases)}"'
    assume(len(text) <= MAX_EXPRESSION)
    return text


def equal(left: Hits, right: Hits) -> bool:
    return all(
        np.array_equal(one, other) and one.dtype == other.dtype
        for one, other in (
            (left.starts, right.starts),
            (left.papers, right.papers),
            (left.points, right.points),
        )
    )


def met_by(batch: Batch, expression: Expression) -> list[int]:
    """Return the papers that meet an expression, found one by one."""
    excluded = Expression((), expression.excluded)
    return [
        number
        for number in range(len(batch.papers))
        if match_in(batch, expression, number)
        and not (
            expression.alternatives and excluded.excluded and match_in(batch, excluded, number)
        )
    ]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(sentences, abstracts), max_size=5),
    st.lists(expressions(), min_size=1, max_size=6),
)
def test_compiled_plain_and_one_by_one_find_the_same(
    texts: list[tuple[str, str]], asked: list[str]
) -> None:
    batch = Batch(
        paper(number, *text, authors=("Ada Lovelace",)) for number, text in enumerate(texts)
    )
    wanted = [parse(each) for each in asked]
    found = batch.hits(wanted, fast=True)
    assert equal(found, batch.hits(wanted, fast=False))
    for number, each in enumerate(wanted):
        assert found.papers_of(number).tolist() == met_by(batch, each)


@settings(deadline=None, max_examples=20)
@given(st.lists(sentences, min_size=1, max_size=4), st.lists(expressions(), min_size=2, max_size=6))
def test_what_an_expression_finds_does_not_depend_on_what_else_is_asked(
    titles: list[str], asked: list[str]
) -> None:
    batch = Batch(paper(number, title) for number, title in enumerate(titles))
    together = batch.hits([parse(each) for each in asked])
    for number, each in enumerate(asked):
        alone = batch.hits([parse(each)])
        assert alone.papers.tolist() == together.papers_of(number).tolist()
        here = slice(together.starts[number], together.starts[number + 1])
        assert alone.points.tolist() == together.points[here].tolist()


def test_nothing_asked_and_nothing_to_look_in() -> None:
    for fast in (True, False):
        assert Batch([]).hits([parse("graph"), parse("a -b")], fast=fast).starts.tolist() == [0] * 3
        assert Batch([paper(0, "A graph")]).hits([], fast=fast).starts.tolist() == [0]


def test_a_phrase_of_many_spellings_is_counted_alike() -> None:
    text = " ".join(["multi-modal multi modal multimodal"] * 12)
    batch = Batch([paper(0, text), paper(1, "A paper", text), paper(2, "multi-modal-multi-modal")])
    asked = [parse(each) for each in ("multimodal multimodal", "multi modal multi", "modal multi")]
    assert equal(batch.hits(asked, fast=True), batch.hits(asked, fast=False))


@pytest.fixture(scope="module")
def real_phrases() -> list[Expression]:
    path = REPOSITORY.parent / "shared" / "relevance" / "phrases" / "phrases.tsv.gz"
    if not path.exists():
        pytest.skip("the research phrases are not beside this checkout")
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    found = []
    for line in lines[:: len(lines) // 200]:
        try:
            found.append(parse(line.partition("\t")[2]))
        except ExpressionError:
            continue
    return found


def test_compiled_and_plain_agree_on_the_real_dumps(
    real_dumps: list[Path], real_phrases: list[Expression]
) -> None:
    pairs = dict(chain.from_iterable(map(_pairs, real_dumps)))
    batch = Batch(paper(n, *pair) for n, pair in enumerate(pairs.items()))
    common = [parse(each) for each in ("language models", "deep learning", "LLM", "graph neural*")]
    wanted = [*real_phrases, *common]
    found = batch.hits(wanted, fast=True)
    assert len(real_phrases) > 150
    assert len(found.papers) > 100
    assert equal(found, batch.hits(wanted, fast=False))
    for number, each in enumerate(wanted[::10]):
        assert found.papers_of(10 * number).tolist() == met_by(batch, each)
