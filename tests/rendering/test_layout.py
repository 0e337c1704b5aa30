"""The frame of a mail holds in clients that leave most of CSS out."""

import re
from itertools import pairwise

import pytest
from lxml import html as lxml_html
from lxml.html import HtmlElement

from digest.rendering.gallery import unstyled
from tests.rendering import samples

SHEET = 600


def mails() -> dict[str, str]:
    shown, reader = samples.renderer(), samples.subscriber()
    return {
        "usual": shown.digest(samples.edition()).html,
        "grouped": grouped(),
        "quiet": shown.digest(samples.edition([])).html,
        "lines": shown.digest(samples.heavy_edition(filler="\u03bb\u03cc\u03b3\u03bf\u03c2 ")).html,
        "folded": shown.digest(samples.folded_edition("One", "Two")).html,
        "confirm": shown.confirm(reader, samples.MORNING).html,
        "welcome": shown.welcome(reader, samples.MORNING).html,
        "goodbye": shown.goodbye(reader, samples.MORNING).html,
    }


def grouped() -> str:
    return (
        samples.renderer()
        .digest(samples.edition(samples.paper(number) for number in (1, 9, 2, 17, 10, 3)))
        .html
    )


each_mail = pytest.mark.parametrize("name", list(mails()))


def tree(name: str) -> HtmlElement:
    return lxml_html.document_fromstring(mails()[name])


def levels(mail: HtmlElement) -> list[int]:
    return [int(each.tag[1]) for each in mail.xpath("//h1 | //h2 | //h3 | //h4")]


@each_mail
def test_no_level_of_headings_is_left_out(name: str) -> None:
    found = levels(tree(name))

    assert found.count(1) == 1
    assert found[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(found))


def test_papers_stand_under_their_interest() -> None:
    mail = lxml_html.document_fromstring(grouped())

    assert 3 in levels(mail)
    assert {each.get("class") for each in mail.xpath("//h2")} == {"group"}
    assert {each.get("class") for each in mail.xpath("//h3")} == {"title"}


@each_mail
def test_word_gets_its_width_from_tables(name: str) -> None:
    html = mails()[name]
    widths = [table.get("width") for table in tree(name).xpath("//table[not(@class='action')]")]

    assert widths == ["100%", "100%"]
    ghosts = re.findall(r"<!--\[if mso\]>(.*?)<!\[endif\]-->", html, re.DOTALL)
    assert ghosts[0].count("<td>") == ghosts[1].count("</td>") == 1
    assert f'width="{SHEET}"' in ghosts[0]


@each_mail
def test_a_button_has_its_ground_and_room_from_a_cell(name: str) -> None:
    for button in tree(name).xpath("//a[@class='button']"):
        cell = button.getparent()
        assert cell.tag == "td"
        assert cell.get("bgcolor")
        assert "padding:" in cell.get("style")


@each_mail
def test_no_margin_is_negative(name: str) -> None:
    """Gmail drops the whole declaration."""
    styles = tree(name).xpath("//@style")
    assert [each for each in styles if re.search(r"margin[^;]*[ :]-\d", each)] == []


@each_mail
def test_the_ground_has_a_colour_of_its_own_on_every_level(name: str) -> None:
    mail = tree(name)
    grounds = [*mail.xpath("//body"), *mail.xpath("//div[@role='article']"), *mail.xpath("//td")]
    dark = mails()[name].partition("prefers-color-scheme: dark")[2].partition("</style>")[0]

    assert all("background-color" in each.get("style") for each in grounds)
    for each in grounds:
        mark = f".{each.get('class')}" if each.get("class") else each.tag
        assert re.search(rf"{re.escape(mark)}[ ,{{][^}}]*background-color", dark), mark


@each_mail
def test_without_css_every_link_is_apart_from_the_next(name: str) -> None:
    plain = lxml_html.document_fromstring(unstyled(mails()[name]))
    neighbours = [
        (link, link.getnext()) for link in plain.xpath("//a") if link.getnext() is not None
    ]
    touching = [
        link.text_content() for link, after in neighbours if after.tag == "a" and not link.tail
    ]
    assert touching == []
