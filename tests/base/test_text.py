"""What comes from outside may stand in XML, in a header and in a terminal once it is cleaned."""

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from digest.text import clean_line, clip

ANYTHING = st.text(st.characters(), max_size=60)


@given(ANYTHING)
def test_a_clean_line_can_stand_in_xml_and_comes_back_as_it_was(text: str) -> None:
    element = ET.Element("title")
    element.text = clean_line(text)
    back = ET.fromstring(ET.tostring(element, encoding="utf-8"))  # noqa: S314  our own

    assert (back.text or "") == clean_line(text)


@given(ANYTHING)
def test_a_clean_line_has_no_line_ends_and_stays_clean(text: str) -> None:
    once = clean_line(text)

    assert len(once.splitlines()) <= 1
    assert clean_line(once) == once


def test_bidirectional_overrides_and_controls_go() -> None:
    assert clean_line("abc\u202edef\x00\x1b[31m\ufeff\u2066") == "abcdef[31m"


def test_accents_are_composed_and_spaces_collapsed() -> None:
    assert clean_line("  Poincare\u0301\t\n  map\u00a0s ") == "Poincar\u00e9 map s"


@given(ANYTHING, st.integers(2, 80))
def test_a_clipped_text_is_no_longer_than_allowed(text: str, length: int) -> None:
    assert len(clip(text, length)) <= max(length, 1)


def test_a_text_is_clipped_at_a_word() -> None:
    assert clip("graph neural networks everywhere", 25) == "graph neural networks\u2026"
