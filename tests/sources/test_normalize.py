import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.texts.normalize import (
    MAX_ABSTRACT,
    MAX_TITLE,
    beyond_bounds,
    record_from,
    title_key,
)


def test_a_record_is_clean_and_keeps_the_words_as_they_stood() -> None:
    record = record_from(
        3, 17, " A\u202e ``Title''\x00 of $G_2$ ", "It wins by 5\\%.\x07", is_truncated=True
    )
    assert (record.position, record.line, record.is_truncated) == (3, 17, True)
    assert record.title == "A \u201cTitle\u201d of G\u2082"
    assert record.original_title == "A ``Title'' of $G_2$"
    assert record.abstract == "It wins by 5%."
    assert record.original_abstract == "It wins by 5\\%."


def test_what_is_too_long_is_cut_and_said() -> None:
    record = record_from(1, 1, "word " * 200, "word " * 4_000, is_truncated=False)
    assert len(record.title) <= MAX_TITLE
    assert len(record.abstract) <= MAX_ABSTRACT
    assert record.is_truncated
    assert beyond_bounds("word " * 200, "short") == ["a title of 1,000 characters was cut at 400"]
    # Cut before anything is made of it, or what nobody reads could keep Digest busy.
    assert record_from(1, 0, "Angles", "$\\alpha$ " * 5_000, is_truncated=False).is_truncated
    assert beyond_bounds("short", "short") == []


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("Multi-Modal Pre-training: A Study", "multimodalpretrainingastudy"),
        ("multimodal pretraining \u2014 a study!", "multimodalpretrainingastudy"),
        ("\ufb01ne-tuning \uff21\uff22", "finetuningab"),
        ("STRASSE stra\u00dfe", "strassestrasse"),
        ("G\u2082 and R\u1d48", "g2andrd"),
        ("\u6a21\u578b\u3001\u5b66\u4e60", "\u6a21\u578b\u5b66\u4e60"),
        ("\u2014 ?!", ""),
    ],
)
def test_a_title_key_is_letters_and_digits_alone(title: str, key: str) -> None:
    assert title_key(title) == key


@given(st.text(max_size=60))
def test_a_title_key_is_its_own_key(title: str) -> None:
    assert title_key(title_key(title)) == title_key(title)


@given(st.text(alphabet="aB1\u00e9\u00df\u0130 -", max_size=30))
def test_case_hyphens_and_blanks_do_not_change_a_title_key(title: str) -> None:
    key = title_key(title)
    assert title_key(title.replace("-", " ").replace(" ", "  ")) == key
    assert title_key(title.replace("-", "\u2010")) == key
    assert title_key(title.casefold()) == key
