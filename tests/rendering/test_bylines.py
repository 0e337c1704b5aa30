"""Who wrote a paper stands in half a line of every mail."""

import pytest

from digest.rendering.bylines import byline
from digest.rendering.languages import ENGLISH, language
from tests.rendering.samples import edition, paper, renderer

NAMES = ("Ada Lovelace", "Bo Ek", "Cy Ng", "Di Xu")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), ""),
        (("  ", ""), ""),
        (NAMES[:3], "Ada Lovelace, Bo Ek, Cy Ng"),
        (NAMES, "Ada Lovelace, Bo Ek and 2 more"),
        (NAMES * 500, "Ada Lovelace, Bo Ek and 1998 more"),
        (("x" * 500,), "x" * 59 + "\u2026"),
    ],
)
def test_two_or_three_names_are_enough(names: tuple[str, ...], said: str) -> None:
    assert byline(names, ENGLISH) == said


def test_it_is_said_in_the_language_of_the_mail() -> None:
    assert byline(NAMES, language("de")) == "Ada Lovelace, Bo Ek und 2 weitere"


def test_both_parts_of_a_mail_name_who_wrote_a_paper() -> None:
    mail = renderer().digest(edition([paper(1, authors=("Ada <Lovelace>", *NAMES[1:]))]))
    assert '<p class="by"' in mail.html
    assert "Ada &lt;Lovelace&gt;, Bo Ek and 2 more" in mail.html
    assert "Ada <Lovelace>, Bo Ek and 2 more" in mail.text
    nobody = renderer().digest(edition([paper(1, authors=())]))
    assert 'class="by"' not in nobody.html
