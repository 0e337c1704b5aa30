"""Entries of a digest, and the papers they show."""

from digest.model.digests import Entry


def test_an_entry_shows_its_own_paper_first_and_then_the_folded_ones() -> None:
    assert Entry(7, 1.0, ()).paper_ids == (7,)
    assert Entry(7, 1.0, (), folded=(9, 8), topic="diffusion").paper_ids == (7, 9, 8)
