"""Closeness, on an archive of made-up words in which each paper is of one topic."""

import random
from io import BytesIO
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from digest.model.papers import Paper
from digest.ranking import latent as module
from digest.ranking.analysis import stems
from digest.ranking.directions import choose_words, read
from digest.ranking.index import Index
from digest.ranking.latent import DIRECTIONS, SCALE, Items, Latent, extras
from tests.ranking.batches import paper

TOPICS, WORDS, PAPERS = 6, 30, 600
UNIT = 10_000.0

_syllables = ["".join(letters) for letters in product("bdgklmnprtvz", "aou")]
_words = [a + b + c for a, b, c in product(_syllables, _syllables[::5], _syllables[::7])]


def _of_topic(number: int) -> list[str]:
    return _words[number * WORDS : (number + 1) * WORDS]


COMMON = _words[TOPICS * WORDS : TOPICS * WORDS + 200]


def _made(count: int) -> list[tuple[str, str]]:
    dice = random.Random(7)  # noqa: S311  the same in every run
    papers = []
    for number in range(count):
        own = _of_topic(number % TOPICS)
        words = dice.choices(own, k=20) + dice.choices(COMMON, k=20)
        dice.shuffle(words)
        abstract = " ".join(words[:20]) + ". " + " ".join(words[20:]).capitalize()
        papers.append((" ".join(dice.choices(own, k=4)), abstract))
    return papers


ARCHIVE = _made(PAPERS)


def _latent(directions: int = DIRECTIONS) -> Latent:
    latent = Latent.of(iter(ARCHIVE), directions)
    assert latent is not None
    return latent


@pytest.fixture(scope="module")
def latent() -> Latent:
    return _latent()


@pytest.fixture(scope="module")
def broad() -> Latent:
    """Two directions for a topic: with 150 nearly each of so few words would have its own."""
    return _latent(2 * TOPICS)


def _batch() -> list[Paper]:
    return [paper(number, *texts) for number, texts in enumerate(ARCHIVE)]


@pytest.fixture(scope="module")
def papers(latent: Latent) -> npt.NDArray[np.int8]:
    return latent.papers(Index(_batch()))


def _items(*readers: list[tuple[int, int]]) -> Items:
    counts = np.array([len(each) for each in readers], np.int64)
    flat = np.array([pair for each in readers for pair in each], np.int64).reshape(-1, 2)
    codes, weights = flat[:, 0].astype(np.int32), flat[:, 1].astype(np.int16)
    return Items(np.cumsum(counts) - counts, counts, codes, weights)


def _many(latent: Latent) -> tuple[Items, npt.NDArray[np.int16]]:
    """Return some hundred readers of some phrases each."""
    dice = random.Random(3)  # noqa: S311  the same in every run
    known = [word for topic in range(TOPICS) for word in _of_topic(topic)] + COMMON + ["unheard"]
    phrases = latent.phrases([stems(dice.choices(known, k=dice.randint(1, 4))) for _ in range(90)])
    readers = [
        [(dice.randrange(90), dice.randint(1, 99)) for _ in range(dice.randint(0, 9))]
        for _ in range(300)
    ]
    return _items(*readers), phrases


def test_papers_of_a_readers_topic_are_closer_than_others_though_they_have_none_of_the_words(
    broad: Latent,
) -> None:
    papers = broad.papers(Index(_batch()))
    asked = _of_topic(2)[:2]
    found = extras(_items([(0, 16), (1, 16)]), broad.phrases([[e] for e in asked]), papers, UNIT)[0]

    is_own = np.arange(PAPERS) % TOPICS == 2
    has_none = np.array([not {*asked} & {*" ".join(texts).split()} for texts in ARCHIVE])
    assert np.count_nonzero(is_own & has_none) > 10
    assert found[is_own & has_none].min() > found[~is_own].max()


def test_words_of_one_topic_are_closer_than_words_of_two(broad: Latent) -> None:
    one, another = _of_topic(0), _of_topic(1)
    places = broad.phrases([*([w] for w in one), *([w] for w in another)]).astype(float)
    places /= np.linalg.norm(places, axis=1)[:, None]
    cosines = places @ places.T
    within = cosines[:WORDS, :WORDS][~np.eye(WORDS, dtype=bool)]
    across = cosines[:WORDS, WORDS:]
    assert within.min() > across.max()


def test_closeness_has_mean_0_and_deviation_1_over_the_archive(
    latent: Latent, papers: npt.NDArray[np.int8]
) -> None:
    _, phrases = _many(latent)
    known = [number for number in range(len(phrases)) if phrases[number].any()]
    closeness = extras(_items(*([(n, 1)] for n in known)), phrases, papers, UNIT) / UNIT
    assert np.abs(closeness.mean(axis=1)).max() < 0.02
    assert np.abs(closeness.std(axis=1) - 1).max() < 0.02


def test_it_comes_back_from_a_file_and_finds_the_same(
    latent: Latent, papers: npt.NDArray[np.int8]
) -> None:
    file = BytesIO()
    arrays_of_an_archive: dict[str, Any] = {"other": np.zeros(1), **latent.arrays()}
    np.savez_compressed(file, **arrays_of_an_archive)
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        again = Latent.from_arrays(arrays)

    assert again is not None
    assert list(again.words) == list(latent.words)
    assert np.array_equal(again.papers(Index(_batch())), papers)
    assert np.array_equal(_many(again)[1], _many(latent)[1])


def test_a_file_without_it_gives_none_and_a_damaged_one_an_error(latent: Latent) -> None:
    arrays = latent.arrays()
    assert Latent.from_arrays({"other": np.zeros(1)}) is None
    for name in ("latent_matrix", "latent_spread", "latent_narrow", "latent_centre"):
        with pytest.raises(ValueError, match="do not fit"):
            Latent.from_arrays(arrays | {name: arrays[name][1:]})


def test_learning_twice_gives_the_same_bytes(latent: Latent) -> None:
    again = _latent().arrays()
    for name, array in latent.arrays().items():
        assert array.tobytes() == again[name].tobytes(), name


def test_few_papers_teach_nothing() -> None:
    assert Latent.of(ARCHIVE[:499]) is None
    assert Latent.of(ARCHIVE[:500]) is not None
    assert Latent.of([("One title", "The same abstract.")] * 500) is None


def test_only_the_newest_papers_teach(monkeypatch: pytest.MonkeyPatch, latent: Latent) -> None:
    monkeypatch.setattr(module, "MOST_PAPERS", PAPERS)
    old = [(" ".join(_words[-40:]), "Nobody writes so any more.")] * 50
    later = Latent.of([*old, *ARCHIVE])
    assert later is not None
    assert later.words == latent.words


def test_a_paper_is_where_it_is_in_any_batch(
    latent: Latent, papers: npt.NDArray[np.int8], monkeypatch: pytest.MonkeyPatch
) -> None:
    for some in (slice(0, 1), slice(7, 20), slice(599, None)):
        assert np.array_equal(latent.papers(Index(_batch()[some])), papers[some])
    monkeypatch.setattr(module, "_ROWS", 17)
    assert np.array_equal(latent.papers(Index(_batch())), papers)


def test_a_phrase_is_where_it_is_among_any_others(
    latent: Latent, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = _of_topic(4)
    asked = [[*own[n : n + 1 + n % 3], "unheard"[n % 2 :]] for n in range(20)]
    together = latent.phrases(asked)
    assert np.array_equal(np.concatenate([latent.phrases([each]) for each in asked]), together)
    monkeypatch.setattr(module, "_PHRASES", 3)
    assert np.array_equal(latent.phrases(asked), together)


def test_readers_get_the_same_in_blocks_of_any_size_and_in_any_order(
    latent: Latent, papers: npt.NDArray[np.int8], monkeypatch: pytest.MonkeyPatch
) -> None:
    items, phrases = _many(latent)
    together = extras(items, phrases, papers, UNIT)
    assert together.dtype == np.int32
    order = np.random.default_rng(1).permutation(len(items.counts))
    shuffled = Items(items.begins[order], items.counts[order], items.codes, items.weights)
    assert np.array_equal(extras(shuffled, phrases, papers, UNIT), together[order])
    assert np.array_equal(extras(items, phrases, papers[:77], UNIT), together[:, :77])
    some = Items(
        items.begins[9:70], items.counts[9:70].astype(np.uint16), items.codes, items.weights
    )
    assert np.array_equal(extras(some, phrases, papers, UNIT), together[9:70])
    for size in (1, 7, 1000):
        monkeypatch.setattr(module, "_READERS", size)
        assert np.array_equal(extras(items, phrases, papers, UNIT), together)


def test_extras_are_what_exact_arithmetic_gives(
    latent: Latent, papers: npt.NDArray[np.int8]
) -> None:
    items, phrases = _many(latent)
    found = extras(items, phrases, papers[:5], 640.0)
    for reader in range(40):
        here = slice(items.begins[reader], items.begins[reader] + items.counts[reader])
        codes, weights = items.codes[here].tolist(), items.weights[here].tolist()
        total = [
            sum(w * int(phrases[c][at]) for c, w in zip(codes, weights, strict=True))
            for at in range(phrases.shape[1])
        ]
        largest = max(map(abs, total))
        if not largest:
            assert not found[reader].any()
            continue
        whole = [round(127 * each / largest) for each in total]
        length = sum(each * each for each in whole) ** 0.5
        for number in range(5):
            dot = sum(a * int(b) for a, b in zip(whole, papers[number], strict=True))
            expected = 640.0 * (sum(weights) / len(weights)) * dot / (length * SCALE)
            assert abs(found[reader, number] - expected) <= 0.5 + 1e-6


def test_heavier_items_pull_more_and_lift_the_whole(
    latent: Latent, papers: npt.NDArray[np.int8]
) -> None:
    phrases = latent.phrases([_of_topic(0)[:3], _of_topic(1)[:3]])
    light, even, heavy, twice = extras(
        _items([(0, 16), (1, 4)], [(0, 10), (1, 10)], [(0, 4), (1, 16)], [(0, 20), (1, 20)]),
        phrases,
        papers,
        UNIT,
    )
    of_second = np.arange(PAPERS) % TOPICS == 1
    assert light[of_second].mean() < even[of_second].mean() < heavy[of_second].mean()
    assert np.abs(twice - 2 * even).max() <= 1


def test_unknown_words_say_nothing(latent: Latent, papers: npt.NDArray[np.int8]) -> None:
    phrases = latent.phrases([["unheard", "of"], [], ["", ""], [_of_topic(0)[0]]])
    assert not phrases[:3].any()
    assert phrases[3].any()
    assert not latent.papers(Index([paper(1, "Unheard of", "Entirely."), paper(2, "", "")])).any()

    found = extras(_items([(0, 16), (2, 16)], [], [(3, 16)]), phrases, papers, UNIT)
    assert not found[:2].any()
    assert found[2].any()


def test_of_nothing_comes_nothing(latent: Latent, papers: npt.NDArray[np.int8]) -> None:
    count = latent.matrix.shape[1]
    none = latent.papers(Index([]))
    assert none.shape == (0, count)
    assert latent.phrases([]).shape == (0, count)
    assert extras(_items(), latent.phrases([]), papers, UNIT).shape == (0, PAPERS)
    assert extras(_items([(0, 1)]), latent.phrases([["unheard"]]), none, UNIT).shape == (1, 0)


def _words_of(*abstracts: str, papers: int = 100) -> set[str]:
    return set(choose_words(read([("", each) for each in abstracts]), papers))


def test_pairs_of_one_sentence_count_and_no_stop_word_is_in_any() -> None:
    assert _words_of(*["Red blue. Green of red."] * 5) == {"red", "blue", "green", "red blue"}


def test_words_of_one_paper_and_of_half_of_them_do_not_count() -> None:
    texts = ["Rare red blue.", *["Red blue."] * 4]
    assert _words_of(*texts, papers=11) == {"red", "blue", "red blue"}
    assert _words_of(*texts, papers=10) == set()


def test_a_pair_counts_from_five_papers_on() -> None:
    assert _words_of(*["Red blue red blue red blue."] * 4) == {"red", "blue"}


def test_the_most_frequent_words_count_and_of_equals_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("digest.ranking.directions.MOST_WORDS", 2)
    texts = [("", "Zinc"), ("", "zinc. Lead"), ("", "zinc. Iron"), ("", "Lead. Iron")]
    assert choose_words(read(texts), 100) == ["zinc", "iron"]
