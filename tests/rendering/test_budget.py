import base64
import quopri
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.model.mails import GAP, Body, Shared, quoted_printable
from digest.rendering.budget import (
    MAX_ENCODED_HTML,
    _at_most,
    encoded_size,
    fits,
    shapes,
    shorten,
)


def test_a_short_text_stays_as_it_is() -> None:
    assert shorten("One. Two.", 420) == "One. Two."


def test_a_long_text_ends_with_a_sentence() -> None:
    text = "The first sentence is here. The second one is here too. " * 20
    assert shorten(text, 75) == "The first sentence is here. The second one is here too."


def test_an_abbreviation_does_not_end_a_sentence() -> None:
    text = "We compare with the work of Smith et al. and others, e.g. " + "many words " * 20
    assert shorten(text, 70).endswith("\u2026")


def test_a_text_without_a_sentence_end_is_cut_at_a_word() -> None:
    assert shorten("word " * 100, 21) == "word word word word\u2026"


def test_a_sentence_that_ends_too_early_does_not_cut_the_text_there() -> None:
    assert len(shorten("Short. " + "word " * 100, 100)) > 90


@pytest.mark.parametrize(
    "text", ["plain = text\n" * 900, "\u05e9\u05dc" * 9000, "\U0001f600" * 5000, ""]
)
def test_the_size_is_the_larger_of_both_encodings(text: str) -> None:
    raw = text.encode().replace(b"\n", b"\r\n")
    wrapped = base64.encodebytes(raw).replace(b"\n", b"\r\n")
    assert encoded_size(Body((text,))) >= len(wrapped)
    assert encoded_size(Body((text,))) >= len(quopri.encodestring(raw))
    assert encoded_size(Body((text,))) <= max(len(wrapped), 3.2 * len(raw) + 2)


letters = st.sampled_from([*"a=. \t\r\0\x7f", "\u05e9", "\U0001f600", "\ud800", "word" * 30])
lines = st.lists(letters).map(lambda line: "".join(line) + "\n")


@given(st.lists(lines, min_size=1))
def test_the_size_is_the_same_in_one_piece_and_in_many(pieces: list[str]) -> None:
    whole = encoded_size(Body(("".join(pieces),)))
    assert encoded_size(Body(tuple(pieces))) == whole
    assert encoded_size(Body(tuple(map(Shared, pieces)))) == whole


@given(lines, st.integers(1, 40))
@example("", 1)
@example("\r", 1)
@example(" \n", 40)
@example("\U0001f600", 40)
def test_what_is_not_measured_is_not_taken_for_smaller_than_it_is(text: str, times: int) -> None:
    raw, quoted, gaps = _at_most(text * times)
    assert gaps == (text * times).count(GAP)
    assert raw == len((text * times).encode("utf-8", "replace").replace(b"\n", b"\r\n"))
    assert quoted >= len(quoted_printable(text * times))


def test_what_fits_is_never_larger_than_allowed() -> None:
    for length in range(20_000, 100_000, 1_000):
        for letter in ("a", "=", "\u05e9", "\U0001f600"):
            body = Body((letter * length,))
            assert fits(body) == (encoded_size(body) <= MAX_ENCODED_HTML)


@pytest.mark.parametrize("papers", [0, 1, 2, 30, 1000])
def test_every_shape_shows_no_more_than_the_one_before(papers: int) -> None:
    tried = list(shapes(papers))
    assert (tried[0].whole, tried[0].shown) == (papers, papers)
    assert (tried[-1].whole, tried[-1].shown) == (0, 0)
    for before, after in pairwise(tried):
        assert after.whole <= before.whole
        assert after.shown <= before.shown
        assert after.abstract <= before.abstract
        assert after.links <= before.links
    assert len(tried) < 40


def test_every_paper_is_still_named_before_any_is_left_out() -> None:
    assert any(shape.whole == 0 and shape.shown == 30 for shape in shapes(30))
