"""Frozen statistics: what they count, that they survive being stored, and what they make equal."""

import json
import random
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.errors import StoreError
from digest.model.papers import Paper
from digest.ranking.archive import COMMON, Archive
from digest.ranking.batch import Batch
from digest.ranking.index import Index
from tests.ranking.batches import paper, points

Texts = tuple[str, str]

PAPERS: list[Texts] = [
    ("Graph networks for roads", "Graph neural networks (GNNs) plan routes. They are fast."),
    ("Learning on graphs", "A graph neural network (GNN) is multi-modal."),
    ("Protein folding", "We fold proteins with pre-trained networks of attention."),
    ("Speech in noisy rooms", "Fine-tuning a model on multi-modal data sets helps."),
    ("Large language models", "Large language models (LLMs) write. LLMs read. We finetune them."),
    ("On LLMs", "A large language model (LLM) with attention to the graph."),
]
EXPRESSIONS = [
    "graph",
    "graph networks",
    '"graph neural network"',
    '="graphs"',
    "title:graph",
    "attention + networks",
    "protein | speech",
    "graph -survey",
    "pre-trained",
    "multimodal",
    "fine-tuning",
    "LLM",
    "large language models",
    "graph neural networks (GNN)",
    "netw*",
    "noisy speech",
]
VOCABULARY = "graph graphs network protein attention multi modal multimodal speech LLM of the a x42"
WORDS = VOCABULARY.split()


def _latent_texts(count: int) -> list[Texts]:
    """Return papers of three topics of twenty words each."""
    dice = random.Random(3)  # noqa: S311  the same in every run
    topics = [[f"{letter}{n:02}word" for n in range(20)] for letter in "abc"]
    return [
        (" ".join(dice.choices(topics[n % 3], k=4)), " ".join(dice.choices(topics[n % 3], k=25)))
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def archive() -> Archive:
    return Archive.of(PAPERS * 5)


@pytest.fixture(scope="module")
def latent() -> Archive:
    return Archive.of(_latent_texts(600))


def _same(left: Archive, right: Archive) -> bool:
    """Return whether two archives say the same, latent parts aside."""
    return (
        (left.papers, left.counts, left.pairs) == (right.papers, right.counts, right.pairs)
        and (left.title_length, left.abstract_length) == (right.title_length, right.abstract_length)
        and dict(left.acronyms.long_forms) == dict(right.acronyms.long_forms)
    )


def test_a_word_counts_once_for_each_paper_in_any_inflection() -> None:
    archive = Archive.of([("Graphs", "A graph of graphs."), ("Trees", "Graph."), ("Trees", "")])
    assert (archive.papers, archive.count("graph"), archive.count("graphs")) == (3, 2, 2)
    assert archive.count("trees") == 2
    assert archive.count("toaster") == 0


def test_a_hyphenated_compound_counts_as_one_word_and_as_both() -> None:
    archive = Archive.of([("On it", "Multi-modal."), ("On it", "Multimodal."), ("On it", "Modal.")])
    assert archive.count("multimodal") == 2
    assert archive.count("modal") == 2
    assert archive.has_solid("multimodal")
    hyphened = Archive.of([("On it", "Multi-modal.")])
    assert hyphened.count("multimodal") == 1
    assert not hyphened.has_solid("multimodal")


def test_a_word_in_one_piece_and_hyphenated_in_every_paper_is_in_no_more_than_all() -> None:
    assert Archive.of([("Multi-modal", "Multimodal.")] * 4).count("multimodal") == 4


def test_pairs_count_from_five_papers_on_and_stop_words_make_none() -> None:
    texts = [("On graph networks", "The graph of the network.")]
    assert Archive.of(texts * (COMMON - 1)).pairs == {}
    assert Archive.of(texts * COMMON).pairs == {"graph network": COMMON}


def test_no_pair_crosses_the_end_of_a_sentence_or_of_the_title() -> None:
    assert Archive.of([("A graph", "Network. Tree"), *[("A", "B")]] * 9).pairs == {}


def test_lengths_are_means_in_words() -> None:
    archive = Archive.of([("One two", "One two three."), ("One two three four", "One. Two, three")])
    assert (archive.title_length, archive.abstract_length) == (3.0, 3.0)


def test_an_empty_archive_divides_by_nothing() -> None:
    for archive in (Archive.of([]), Archive.of([("", "")])):
        assert archive.title_length == archive.abstract_length == 1.0
        assert archive.rarity(0) > 0
        batch = Batch([paper(0, "A graph", "networks"), paper(1)], archive)
        assert points(batch, "graph networks | graph").keys() == {0}


def test_what_more_papers_have_is_worth_less_and_never_nothing(archive: Archive) -> None:
    worths = [archive.rarity(count) for count in range(archive.papers + 10)]
    assert worths == sorted(worths, reverse=True)
    assert worths[-1] > 0


def test_words_that_begin_so_are_counted_together() -> None:
    archive = Archive.of([("A", "autopsy"), ("B", "automaton"), ("C", "graph")])
    assert archive.count_beginning("auto") == 2
    assert archive.count_beginning("graph") == 1
    assert archive.count_beginning("zebra") == 0


@pytest.mark.parametrize("word", ["diffusion", "transformer", "networks"])
def test_a_whole_word_with_a_star_is_as_common_as_the_word(word: str) -> None:
    archive = Archive.of([("A", f"a {word} of it")] * 20 + [("B", "speech")] * 20)
    assert archive.count_beginning(word) == 20


def test_memory_of_the_texts_is_not_needed_to_count_them(archive: Archive) -> None:
    assert _same(Archive.of(iter(PAPERS * 5), is_latent=False), archive)
    assert archive.latent is None


texts = st.text("ab-. ()AB\u00e9\ufdfa\u00df\n\x00\u0130\U0001d400", max_size=40) | st.lists(
    st.sampled_from(WORDS), max_size=12
).map(" ".join)


@settings(deadline=None)
@given(st.lists(st.tuples(texts, texts), max_size=6), st.sampled_from([1, COMMON]))
def test_an_archive_comes_back_as_it_was_and_equal_ones_give_equal_bytes(
    papers: list[Texts], times: int
) -> None:
    archive = Archive.of(papers * times)
    body = archive.to_bytes()
    back = Archive.from_bytes(body)
    assert _same(back, archive)
    assert back.latent is None
    assert back.to_bytes() == body == Archive.of(papers * times).to_bytes()


def test_an_archive_with_directions_comes_back_as_it_was(latent: Archive) -> None:
    body = latent.to_bytes()
    back = Archive.from_bytes(body)
    assert _same(back, latent)
    assert back.to_bytes() == body
    assert latent.latent is not None
    assert back.latent is not None
    index = Index([paper(n, *each) for n, each in enumerate(_latent_texts(5))])
    assert (back.latent.papers(index) == latent.latent.papers(index)).all()
    assert latent.latent.papers(index).any()


def test_directions_are_learned_from_five_hundred_papers_on_and_only_if_asked_for() -> None:
    papers = _latent_texts(500)
    assert Archive.of(papers[1:]).latent is None
    assert Archive.of(papers, is_latent=False).latent is None
    assert Archive.of(papers).latent is not None


def _packed(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)


def _foreign(head: object, **arrays: npt.NDArray[np.generic]) -> bytes:
    """Return bytes of the right shape, with a head of one's own."""
    body = BytesIO()
    text = head if isinstance(head, str) else json.dumps(head)
    parts: dict[str, npt.NDArray[np.generic]] = {
        "head": _packed(text),
        "counts_of": _packed("graph"),
        "counts": np.ones(1, np.int32),
        "pairs_of": _packed(""),
        "pairs": np.zeros(0, np.int32),
    }
    np.savez_compressed(body, allow_pickle=False, **(parts | arrays))
    return body.getvalue()


HEAD = {"format": 1, "papers": 1, "lengths": [1.0, 1.0], "long_forms": {"LLM": ["large", "one"]}}
FOREIGN = {
    "nothing": b"",
    "text": b"hello" * 100,
    "an empty zip": b"PK\x05\x06" + bytes(18),
    "half a zip": b"PK\x03\x04" + b"0" * 100,
    "another format": _foreign(HEAD | {"format": 2}),
    "no format": _foreign({}),
    "a list": _foreign([]),
    "no head": _foreign("{"),
    "a count too many": _foreign(HEAD, counts=np.ones(2, np.int32)),
    "long forms that are none": _foreign(HEAD | {"long_forms": {"LLM": 1}}),
    "words that are no text": _foreign(HEAD, counts_of=np.array([0xFF], np.uint8)),
    "directions that do not fit": _foreign(
        HEAD,
        latent_words=_packed("one\ntwo"),
        latent_matrix=np.ones((3, 2), np.float16),
        latent_spread=np.ones((2, 2), np.float32),
        latent_narrow=np.ones((2, 2), np.float32),
        latent_centre=np.ones(2),
    ),
    "an empty head": _foreign(""),
    "no lengths": _foreign(HEAD | {"lengths": []}),
    "a list of long forms": _foreign(HEAD | {"long_forms": []}),
    "a head too deep": _foreign("[" * 100_000),
}


@pytest.mark.parametrize("body", FOREIGN.values(), ids=FOREIGN.keys())
def test_foreign_bytes_are_a_store_error(body: bytes) -> None:
    with pytest.raises(StoreError, match="another version, or damaged"):
        Archive.from_bytes(body)


def test_bytes_that_end_early_are_a_store_error(archive: Archive) -> None:
    body = archive.to_bytes()
    for length in range(0, len(body), 7):
        with pytest.raises(StoreError):
            Archive.from_bytes(body[:length])


def _flipped(body: bytes) -> Iterable[bytes]:
    for at in range(0, len(body), 3):
        for mask in (0x01, 0x08, 0x80):
            yield body[:at] + bytes([body[at] ^ mask]) + body[at + 1 :]


def test_flipped_bytes_are_a_store_error_or_make_no_difference(archive: Archive) -> None:
    for damaged in _flipped(archive.to_bytes()):
        with suppress(StoreError):
            assert _same(Archive.from_bytes(damaged), archive)


def _points(papers: Iterable[Paper], archive: Archive) -> dict[int, dict[str, int]]:
    """Return for each paper, by its id, the points of every expression that meets it."""
    batch = Batch(papers, archive)
    found: dict[int, dict[str, int]] = {each.id: {} for each in batch.papers}
    for expression in EXPRESSIONS:
        for number, worth in points(batch, expression).items():
            found[batch.papers[number].id][expression] = worth
    return found


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join),
            st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join),
        ),
        min_size=2,
        max_size=6,
    )
)
@example(PAPERS)
def test_the_points_of_a_paper_do_not_depend_on_the_others_of_its_day(papers: list[Texts]) -> None:
    archive = Archive.of([*PAPERS, ("A multimodal finetuning", "pretrained dataset")] * 5)
    made = [paper(number, *each) for number, each in enumerate(papers)]
    together = _points(made, archive)
    assert _points(reversed(made), archive) == together
    for each in made:
        assert _points([each], archive) == {each.id: together[each.id]}


def test_but_an_acronym_that_the_archive_does_not_know_is_explained_by_the_others(
    archive: Archive,
) -> None:
    own = paper(0, "On XQZs")
    others = [
        paper(n, "On it", f"{each} (XQZ)")
        for n, each in enumerate(["Xenial quick zebras", "Xenial quick zebra"], start=1)
    ]
    assert points(Batch([own], archive), "xenial quick zebra") == {}
    assert 0 in points(Batch([own, *others], archive), "xenial quick zebra")


def test_but_the_archive_has_the_last_word_on_an_acronym_it_knows(archive: Archive) -> None:
    others = [paper(n, "On it", "Long lasting magnets (LLM)") for n in range(1, 4)]
    batch = Batch([paper(0, "On LLMs"), *others], archive)
    assert 0 in points(batch, "large language models")
    assert 0 not in points(batch, "long lasting magnets")


def test_two_words_stay_two_though_another_paper_of_the_day_writes_them_in_one_piece(
    archive: Archive,
) -> None:
    own = paper(0, "A set of data, a data frame, and a frame of data")
    assert 0 in points(Batch([own, paper(1, "Framedata")], archive), "frame data")


def test_small_letters_are_an_acronym_where_the_archive_mostly_has_capitals() -> None:
    defined = [("Graph neural networks (GNN)", "The GNN."), ("A graph neural network (GNN)", "")]
    own = paper(0, "A graph neural network")
    capitals = Archive.of([*defined, ("A map", "Maximum a posteriori (MAP)")])
    small = Archive.of([*defined, *[("A gnn", "It bites.")] * 3])
    others = [paper(n, "gnn gnn gnn") for n in range(1, 9)]
    assert points(Batch([own], capitals), "gnn") == points(
        Batch([own, *others][:1], capitals), "gnn"
    )
    assert 0 in points(Batch([own, *others], capitals), "gnn")
    assert 0 not in points(Batch([own, *others], small), "gnn")


def test_a_name_is_worth_the_same_whoever_else_is_in_the_batch(archive: Archive) -> None:
    ada = paper(0, "A graph", authors=("Ada Lovelace",))
    alone = points(Batch([ada], archive), "author:lovelace")[0]
    many = points(Batch([ada, *(paper(n) for n in range(1, 50))], archive), "author:lovelace")[0]
    assert many == alone
