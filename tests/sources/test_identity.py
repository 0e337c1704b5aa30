from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.papers import KnownPaper, PaperId, PaperRecord, Scheme
from digest.sources.identity.bands import bands_of
from digest.sources.identity.same import (
    same_papers,
    signature,
    similarity,
)
from digest.sources.texts.normalize import record_from

LANTERNS = (
    "Sorting lanterns by their colour is a long studied problem of practical concern. We propose a "
    "multi-modal method that counts the shadows behind every lantern in turn, and show that it is "
    "faster than all earlier methods in three harbours. It needs neither moonlight nor a map, "
    "which makes it well suited to small boats at night, even when the fog is thick."
)
BOATS = (
    "Graph kernels compare structured objects without an explicit embedding of either. This work "
    "bounds the error of sampled walks on sparse graphs and gives an algorithm whose running time "
    "does not depend on the diameter. An evaluation on molecules confirms what theory predicts, "
    "and we release every measurement together with the programs that made it."
)


BANDS = (1862948437, 785524720, 1751294156, 237063606, 286316161, 841190983)


def paper(title: str, abstract: str, *ids: PaperId) -> PaperRecord:
    return replace(record_from(1, 1, title, abstract, is_truncated=False), ids=ids)


def known(number: int, title: str, abstract: str, *ids: PaperId) -> KnownPaper:
    sign = signature(paper(title, abstract))
    return KnownPaper(number, sign.title_key, abstract, ids)


def match(record: PaperRecord, *candidates: KnownPaper) -> int | None:
    return next(iter(same_papers(record, signature(record), candidates)), None)


def test_a_paper_is_itself() -> None:
    assert match(paper("Lanterns", LANTERNS), known(7, "Lanterns", LANTERNS)) == 7


def test_a_new_paper_is_nobody() -> None:
    assert match(paper("Lanterns", LANTERNS)) is None
    assert match(paper("Lanterns", LANTERNS), known(7, "Boats", BOATS)) is None


@pytest.mark.parametrize("abstract", ["", LANTERNS[:120], LANTERNS[:121], LANTERNS + " Code soon."])
def test_the_same_title_with_an_empty_cut_or_longer_abstract_is_the_same(abstract: str) -> None:
    assert match(paper("On Lanterns", abstract), known(7, "On Lanterns", LANTERNS)) == 7
    assert match(paper("On Lanterns", LANTERNS), known(7, "On Lanterns", abstract)) == 7


def test_the_same_title_with_another_abstract_is_another_paper() -> None:
    assert match(paper("Introduction", LANTERNS), known(7, "Introduction", BOATS)) is None


def test_a_reworked_abstract_under_the_same_title_is_the_same() -> None:
    reworked = LANTERNS.replace("long studied problem of practical concern", "classic task")
    reworked = reworked.replace("three harbours", "five ports") + " Data is released."
    assert match(paper("On Lanterns", reworked), known(7, "On Lanterns", LANTERNS)) == 7


def test_the_same_abstract_under_another_title_is_the_same() -> None:
    retitled = paper("LampSort: Lanterns Reconsidered", LANTERNS.replace("three", "four"))
    assert match(retitled, known(7, "On Lanterns", LANTERNS)) == 7


def test_a_short_or_empty_abstract_never_joins_two_titles() -> None:
    assert match(paper("Lamps", ""), known(7, "Boats", "")) is None
    assert match(paper("Lamps", "To be announced."), known(7, "Boats", "To be announced.")) is None


def test_titles_of_signs_only_are_no_reason() -> None:
    assert match(paper("?!", LANTERNS), known(7, "...", BOATS)) is None


def test_a_shared_id_decides_for_and_another_of_its_kind_against() -> None:
    first, second = PaperId(Scheme.ARXIV, "2401.00001"), PaperId(Scheme.ARXIV, "2401.00002")
    doi = PaperId(Scheme.DOI, "10.1234/x")
    assert match(paper("Lamps", LANTERNS, first), known(7, "Boats", BOATS, first, doi)) == 7
    assert match(paper("Lamps", LANTERNS, first), known(7, "Lamps", LANTERNS, second)) is None
    assert match(paper("Lamps", LANTERNS, first), known(7, "Lamps", LANTERNS, doi)) == 7


def test_among_several_the_most_alike_wins_and_the_oldest_at_a_tie() -> None:
    record = paper("On Lanterns", LANTERNS)
    others = known(3, "On Lanterns", LANTERNS[:100]), known(5, "On Lanterns", LANTERNS)
    assert match(record, known(2, "On Lanterns", BOATS), *others) == 3
    assert match(record, known(1, "Other", LANTERNS), others[1]) == 5


def test_case_hyphens_and_blanks_do_not_matter() -> None:
    noisy = LANTERNS.upper().replace("MULTI-MODAL", "MULTIMODAL").replace(" ", "  ")
    assert signature(paper("ON LAN-TERNS", noisy)) == signature(paper("On Lanterns", LANTERNS))
    assert match(paper("ON LAN-TERNS", noisy), known(7, "On Lanterns", LANTERNS)) == 7


def test_similar_abstracts_share_a_band_and_others_do_not() -> None:
    bands = set(bands_of(LANTERNS))
    assert bands & set(bands_of(LANTERNS.replace("three", "four").replace("small", "little")))
    assert not bands & set(bands_of(BOATS))
    assert all(0 <= band < 1 << 31 for band in bands)
    assert len(bands) == 6
    assert bands_of("") == ()
    assert bands_of("x")


def test_bands_stay_what_they_are_because_they_are_stored() -> None:
    assert bands_of("The lanterns of the harbour are seen from afar.") == BANDS


def test_an_abstract_cut_off_after_a_word_or_two_is_still_the_papers() -> None:
    assert match(paper("Lanterns", LANTERNS), known(7, "Lanterns", LANTERNS[:13])) == 7
    assert match(paper("Lanterns", LANTERNS[:13]), known(7, "Lanterns", LANTERNS)) == 7


def test_texts_are_compared_by_the_shingles_they_share() -> None:
    assert similarity(LANTERNS, LANTERNS) == 1
    assert similarity(LANTERNS, BOATS) < 0.05


words = st.lists(st.sampled_from(sorted(set(LANTERNS.split()))), min_size=1, max_size=60)


@given(words, st.randoms(use_true_random=False))
def test_identity_does_not_depend_on_noise(text: list[str], chance: object) -> None:
    shuffle = getattr(chance, "choice")  # noqa: B009
    noisy = "".join(
        shuffle((word, word.upper(), f"{word[:2]}-{word[2:]}")) + shuffle((" ", "  ", "\n", " - "))
        for word in text
    )
    plain = " ".join(text)
    with_noise, without = signature(paper(noisy, noisy)), signature(paper(plain, plain))
    assert (with_noise.title_key, with_noise.bands) == (without.title_key, without.bands)
    assert match(paper(noisy, noisy), known(1, plain, plain)) == 1


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_two_texts_can_be_compared(text: str, other: str) -> None:
    assert 0 <= similarity(text, other) == similarity(other, text) <= 1
    assert match(paper(text, text), known(1, other, other)) in (None, 1)


def test_without_its_subtitle_a_title_joins_what_was_written_anew() -> None:
    words = LANTERNS.split()
    anew = " ".join(word if place % 12 < 7 else "so" for place, word in enumerate(words))
    titles = ("Sorting Lanterns: A Method for Boats", "Sorting Lanterns")

    assert match(paper(titles[1], anew), known_as(titles[0], LANTERNS)) == 7
    assert match(paper(titles[1] + ": A View", anew), known_as(titles[0], LANTERNS)) is None


def known_as(title: str, abstract: str) -> KnownPaper:
    return replace(known(7, title, abstract), titles=(title,))
