"""How two titles are to each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.identity.titles import Likeness, head_key, likeness

SAME, PART, RELATED, OTHER, APART = (
    Likeness.SAME,
    Likeness.PART,
    Likeness.RELATED,
    Likeness.OTHER,
    Likeness.APART,
)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Dimming Lighthouses", "DIMMING  light-houses.", SAME),
        ("Dimming Lighthouses", "Dimming Lighthouses (v2)", SAME),
        ("Dimming Lighthouses", "Dimming Lighthouses, version 2", SAME),
        ("Optimizing the Color of Lamps", "Optimising the Colour of Lamps", SAME),
        ("Dimming Lighthouses: A Keeper's Rule", "Dimming Lighthouses", PART),
        ("Dimming Lighthouses: A Keeper's Rule", "Dimming Lighthouses: A View", RELATED),
        ("DimLight: Lighthouses by Night", "Lighthouses by Night", PART),
        ("Dimming Lighthouses by Night", "Dimming Lighthuoses by Night", RELATED),
        ("Dimming Lighthouses", "A Rule for Quiet Keepers", OTHER),
        ("Lighthouses, Part I", "Lighthouses, Part II", APART),
        ("Lighthouses, Part A", "Lighthouses, Part B", APART),
        ("Workshop on Lighthouses 2023", "Workshop on Lighthouses 2024", APART),
        ("Dimming Lighthouses", "Dimming Lighthouses II", APART),
        ("LampNet v2", "LampNet v3", APART),
        ("Dimming Lighthouses", "Comment on 'Dimming Lighthouses'", APART),
        ("Comment on Dimming Lighthouses", "Reply to: Dimming Lighthouses", APART),
        ("Dimming Lighthouses", "Erratum: Dimming Lighthouses", APART),
        ("Dimming Lighthouses", "Dimming Lighthouses: Supplementary Material", APART),
    ],
)
def test_titles_are_compared_as_a_librarian_would(one: str, other: str, expected: Likeness) -> None:
    assert likeness(one, other) is expected
    assert likeness(other, one) is expected


def test_a_title_is_looked_for_without_its_subtitle_if_that_tells_enough() -> None:
    assert head_key("Dimming Lighthouses: A Keeper's Rule") == "dimminglighthouses"
    assert head_key("Dimming Lighthouses (v2)") == "dimminglighthouses"
    assert head_key("LampNet: A Network of Lamps") == ""
    assert head_key("Editorial: Lamps and Lights") == ""
    assert head_key("Dimming Lighthouses") == ""


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_titles_can_be_compared(one: str, other: str) -> None:
    assert likeness(one, other) is likeness(other, one)
    assert likeness(one, one) in {SAME, OTHER, RELATED}
