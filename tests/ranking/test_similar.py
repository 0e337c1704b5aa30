import random
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from digest.model.papers import Paper
from digest.ranking.archive import Archive
from digest.ranking.index import Index
from digest.ranking.similar import MOST_ALIKE, groups_of
from digest.ranking.topics import topic_of, topics_in
from tests.ranking.batches import paper
from tests.ranking.test_real_dumps import _pairs

VERSION_1 = paper(
    1,
    "Hard Negatives for Knowledge Graph Embeddings",
    "Knowledge graph embeddings are trained against sampled negative triples. We show that "
    "uniform negative sampling yields trivial triples, and propose a sampler that draws hard "
    "negatives from the neighbourhood of each entity. On FB15k-237 and WN18RR our sampler "
    "improves TransE and RotatE by four points of mean reciprocal rank.",
)
VERSION_2 = paper(
    2,
    "Neighbourhood Samplers: Hard Negatives for Embedding Knowledge Graphs",
    "Embeddings of knowledge graphs are trained against negative triples that are sampled. "
    "Uniform negative sampling yields trivial triples; our sampler draws hard negatives from the "
    "neighbourhood of every entity instead. It improves TransE, RotatE and ComplEx by five points "
    "of mean reciprocal rank on FB15k-237, WN18RR and YAGO3.",
)
SAME_FIELD = paper(
    3,
    "Temporal Knowledge Graph Completion with Rotating Entities",
    "Facts hold for a while. We embed entities of a temporal knowledge graph as rotations whose "
    "angle depends on time, and predict missing facts of ICEWS and GDELT with a decoder that "
    "attends to recent events. Training uses negative sampling as usual.",
)
DIFFUSION_1 = paper(
    4,
    "Diffusion Models for Protein Backbones",
    "We train a denoising diffusion model over the frames of residues and generate backbones "
    "of up to 500 residues that fold as designed, judged by AlphaFold.",
)
DIFFUSION_2 = paper(
    5,
    "Diffusion Models for Speech Enhancement",
    "A diffusion model over complex spectrograms removes noise and reverberation from recordings; "
    "listeners prefer it to discriminative baselines on three corpora.",
)
PAPERS = (VERSION_1, VERSION_2, SAME_FIELD, DIFFUSION_1, DIFFUSION_2)


@pytest.fixture(scope="module")
def real(real_dumps: list[Path]) -> list[Paper]:
    pairs = dict(chain.from_iterable(map(_pairs, real_dumps)))
    return [paper(n, *pair) for n, pair in enumerate(pairs.items(), start=100)]


@pytest.fixture(scope="module")
def archive(real: list[Paper]) -> Archive:
    return Archive.of((each.title, each.abstract) for each in real)


def groups(papers: list[Paper] | tuple[Paper, ...], archive: Archive) -> list[int]:
    found: list[int] = groups_of(Index(papers), archive).tolist()
    return found


def together(papers: list[Paper], archive: Archive) -> set[frozenset[str]]:
    """Return the groups as sets of keys, whatever the order of the papers."""
    found = groups(papers, archive)
    members = [
        frozenset(each.key for each, group in zip(papers, found, strict=True) if group == head)
        for head in set(found) - {-1}
    ]
    return set(members)


def test_a_retitled_version_folds_and_papers_of_one_field_do_not(archive: Archive) -> None:
    assert groups(PAPERS, archive) == [0, 0, -1, -1, -1]


def test_a_group_is_named_by_its_first_paper(archive: Archive) -> None:
    assert groups(PAPERS[::-1], archive) == [-1, -1, -1, 3, 3]


def test_nothing_and_papers_without_words_have_no_group(archive: Archive) -> None:
    assert groups([], archive) == []
    assert groups_of(Index([]), archive).dtype == np.int32
    assert groups([paper(1, "42"), paper(2, "The"), paper(3, "")], archive) == [-1, -1, -1]


def test_without_an_archive_worth_the_name_it_still_works() -> None:
    assert groups(PAPERS, Archive.of([])) == [0, 0, -1, -1, -1]
    own = Archive.of((each.title, each.abstract) for each in PAPERS)
    assert groups(PAPERS, own) == [0, 0, -1, -1, -1]


def test_identical_texts_fold(archive: Archive) -> None:
    copies = [replace(DIFFUSION_1, id=n, key=f"copy{n}") for n in range(10, 14)]
    assert groups([DIFFUSION_2, *copies], archive) == [-1, 1, 1, 1, 1]


def test_titles_alone_fold_only_if_they_are_all_but_equal(archive: Archive) -> None:
    titles = [
        paper(1, "Negative Sampling for Knowledge Graph Embeddings"),
        paper(2, "Negative sampling for knowledge graph embedding"),
        paper(3, "Contrastive Sampling for Knowledge Graph Embeddings: A Survey"),
        paper(4, "Negative Sampling for Word Embeddings"),
    ]
    assert groups(titles, archive) == [0, 0, -1, -1]


def test_a_flood_of_equal_papers_makes_groups_of_a_bounded_size(archive: Archive) -> None:
    flood = [replace(DIFFUSION_1, id=n, key=f"flood{n:03}") for n in range(3 * MOST_ALIKE)]
    found = groups(flood, archive)
    assert found[0] == 0
    assert max(np.bincount(np.array(found) + 1)) <= MOST_ALIKE + 1


def test_the_real_dumps_hold_one_pair_of_companions(real: list[Paper], archive: Archive) -> None:
    found = groups(real, archive)
    folded = [each.title for each, group in zip(real, found, strict=True) if group >= 0]
    assert len(folded) == 2
    assert all(title.startswith("MedCLIP-SAM") for title in folded)


def test_groups_depend_neither_on_order_nor_on_the_rest(
    real: list[Paper], archive: Archive
) -> None:
    everything = [*real, *PAPERS]
    expected = together(everything, archive)
    assert len(expected) == 2
    for seed in range(3):
        shuffled = random.Random(seed).sample(everything, len(everything))  # noqa: S311  no secret
        assert together(shuffled, archive) == expected
    assert together([VERSION_2, *real[:7], VERSION_1], archive) <= expected


def test_every_two_papers_of_a_group_are_alike(archive: Archive) -> None:
    """Words go over from one paper to another step by step: a chain, but no group."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [f"{one}{two}x" for one in letters for two in letters]
    chain_of = [paper(n, "On it", " ".join(words[20 * n : 20 * n + 60])) for n in range(6)]
    found = together(chain_of, archive)
    assert found
    assert max(map(len, found)) == 2


def test_the_topic_is_what_the_papers_share_in_their_own_words(archive: Archive) -> None:
    topic = topic_of([VERSION_1, VERSION_2], archive)
    assert topic in {"hard negatives", "knowledge graph"}
    assert topic_of([VERSION_2, VERSION_1], archive) == topic


def test_an_acronym_and_a_name_keep_their_capitals(archive: Archive) -> None:
    papers = [
        paper(1, "Langevin Dynamics for BNNs", "Sampling by Langevin dynamics is slow for BNNs."),
        paper(2, "Faster Langevin Dynamics", "We make Langevin dynamics fast. BNNs like it."),
    ]
    assert topic_of(papers, archive) == "Langevin dynamics"
    assert topic_of([paper(1, "BNNs at Work"), paper(2, "Why BNNs?")], archive) == "BNNs"


def test_a_hyphen_stays_and_a_stop_word_only_inside(archive: Archive) -> None:
    prices = [paper(1, "Second-Price Auctions Revisited"), paper(2, "The Second-Price Auction")]
    assert topic_of(prices, archive) == "second-price auction"
    things = [paper(1, "The Internet of Toasters"), paper(2, "An internet of toasters at home")]
    assert topic_of(things, archive) == "internet of toasters"


def test_papers_that_share_nothing_telling_have_no_topic(archive: Archive) -> None:
    assert topic_of([DIFFUSION_1, paper(9, "Tax Law")], archive) == ""
    assert topic_of([paper(1, "A New Method"), paper(2, "The New Method")], archive) == ""
    assert topic_of([], archive) == ""
    assert topic_of([paper(1, ""), paper(2, "")], archive) == ""


def test_a_title_names_what_other_papers_have_too_the_longest_phrases_of_it() -> None:
    texts = [("Graph Neural Networks", "LLMs and Markov chains. The diffusion model.")] * 5
    archive = Archive.of([*texts, ("Zebras", "Fish.")], is_latent=False)

    def offered(title: str, most: int = 3) -> tuple[str, ...]:
        return topics_in(paper(1, title), archive, most)

    assert offered("Deep GRAPH Neural Network for Zebras") == ("GRAPH neural network",)
    assert offered("LLMs on Markov Chains") == ("markov chains", "LLMs")
    assert offered("LLMs on Markov Chains", most=1) == ("markov chains",)
    assert offered("Zebras, a Diffusion of Networks") == ()
    assert offered("") == ()


def test_most_papers_of_a_group_are_enough(archive: Archive) -> None:
    papers = [VERSION_1, VERSION_2, paper(9, "Triples That Teach", "Of sampling negatives.")]
    assert topic_of(papers, archive) == topic_of(papers[:2], archive) != ""


def test_a_phrase_ends_where_punctuation_stands(archive: Archive) -> None:
    papers = [paper(1, "Toasters, Kettles"), paper(2, "Toasters, Kettles (Again)")]
    assert topic_of(papers, archive) in {"toasters", "kettles"}
    assert len(topic_of([paper(n, "W" * 400) for n in range(2)], archive)) <= 60
