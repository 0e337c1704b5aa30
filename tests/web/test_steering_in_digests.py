"""From a paper in a digest, over the pages of its links, to the next digest: over both databases."""

from digest.model.digests import MatchKind
from tests.web.day_by_day import (
    ABOUT_CELLS,
    ABOUT_CITIES,
    ABOUT_ROADS,
    CELLS,
    CITIES,
    ROADS,
    Readers,
)


def test_less_like_this_moves_what_is_like_it_down(readers: Readers) -> None:
    assert readers.next_day((ROADS, ABOUT_ROADS)) == [ROADS]
    readers.press("less")

    # The list's own order would be the other one.
    assert readers.next_day((CITIES, ABOUT_CITIES), (CELLS, ABOUT_CELLS)) == [CELLS, CITIES]


def test_without_a_word_the_order_is_the_other(readers: Readers) -> None:
    readers.next_day((ROADS, ABOUT_ROADS))

    assert readers.next_day((CITIES, ABOUT_CITIES), (CELLS, ABOUT_CELLS)) == [CITIES, CELLS]


def test_more_like_this_brings_what_no_keyword_finds(readers: Readers) -> None:
    readers.next_day((ROADS, ABOUT_ROADS))
    readers.press("more")

    title = "Forecasting the Traffic of a City"
    assert readers.next_day((title, ABOUT_CITIES), ("Tax Law", "Courts decide.")) == [title]
    [entry] = readers.digest().entries
    assert [(each.kind, each.expression) for each in entry.reasons] == [(MatchKind.LIKED, ROADS)]


def test_a_mute_hides_and_its_undo_shows_again(readers: Readers) -> None:
    readers.next_day((ROADS, ABOUT_ROADS))
    readers.press("mute", phrase="traffic")
    assert readers.next_day((CITIES, ABOUT_CITIES), (CELLS, ABOUT_CELLS)) == [CELLS]

    readers.press("mute", phrase="traffic", act="undo")
    title = "Graph Neural Networks in Traffic Courts"
    assert readers.next_day((title, "Judges decide.")) == [title]
