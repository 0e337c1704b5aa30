from dataclasses import replace

import pytest
from lxml import html as lxml_html

from digest.model.digests import DigestEdition
from digest.rendering.budget import MAX_ENCODED_HTML, encoded_size, shapes
from digest.rendering.cards import Cards
from digest.text import clean_line
from tests.rendering import samples

HOSTILE = tuple(map(clean_line, samples.HOSTILE_TITLES))


def also(html: str) -> list[str]:
    """Return the lines under papers, each as one line of text."""
    found = lxml_html.fromstring(html).find_class("also")
    return [" ".join(each.text_content().split()) for each in found]


def words(text: str) -> str:
    return " ".join(text.split())


def test_folded_papers_are_one_line_of_titles_under_the_paper() -> None:
    mail = samples.renderer().digest(samples.folded_edition("One", "Two", "Three"))
    assert also(mail.html) == ["And 3 more on negative sampling: One Two Three"]
    assert "And 3 more on negative sampling: - One https://" in words(mail.text)
    line = lxml_html.fromstring(mail.html).find_class("also")[0]
    expected = [f"https://digest.example.org/papers/p{number:05}" for number in (100, 101, 102)]
    assert line.xpath(".//a/@href") == expected
    assert [url for url in mail.text.split("\n") if url in expected] == expected


def test_one_folded_paper_and_none_and_no_topic() -> None:
    one = samples.renderer().digest(samples.folded_edition("One", topic=""))
    assert also(one.html) == ["And 1 more much like this one: One"]
    assert "And 1 more much like this one: - One" in words(one.text)
    none = samples.renderer().digest(samples.folded_edition())
    assert also(none.html) == []
    assert " more " not in none.text.partition("You get this")[0]


def test_folded_papers_count_as_shown() -> None:
    mail = samples.renderer().digest(samples.folded_edition("One", "Two"))
    assert mail.subject.startswith("4 papers, 17 March: Message Passing")
    assert "4 new papers for you" in mail.html
    assert "4 NEW PAPERS FOR YOU" in mail.text


def test_many_folded_papers_are_named_by_the_first_and_counted() -> None:
    mail = samples.renderer().digest(samples.folded_edition(*(f"Title {n}" for n in range(1200))))
    (line,) = also(mail.html)
    assert line.startswith("And 1,200 more on negative sampling: Title 0 Title 1 ")
    rest = "and 1,188 more, named on the web: see the end of this mail"
    assert line.endswith(f" {rest}")
    assert f"- {rest}" in words(mail.text)


def test_a_hostile_title_or_topic_stays_text() -> None:
    mail = samples.renderer().digest(samples.folded_edition(*HOSTILE, topic=HOSTILE[0]))
    tree = lxml_html.fromstring(mail.html)
    assert tree.xpath("//script | //img") == []
    titles = [words(each.text_content()) for each in tree.xpath("//p[@class='also']/a")]
    assert titles[0] == HOSTILE[0]
    assert len(titles[1]) == 160
    assert {each.get("dir") for each in tree.xpath("//p[@class='also']/*[not(self::br)]")} == {
        "auto"
    }
    assert also(mail.html)[0].startswith("And 8 more on <script>alert")


def heavy(entries: int, folded: int, filler: str) -> DigestEdition:
    shown = samples.heavy_edition(entries, filler)
    papers = dict(shown.papers)
    found = []
    for entry in shown.digest.entries:
        numbers = tuple(range(1000 * entry.paper_id, 1000 * entry.paper_id + folded))
        papers |= {number: replace(papers[1], id=number, key=f"f{number}") for number in numbers}
        found.append(replace(entry, folded=numbers, topic="negative sampling"))
    return replace(shown, digest=replace(shown.digest, entries=tuple(found)), papers=papers)


@pytest.mark.parametrize("filler", ["Long words & such. ", "\U0001f600"])
@pytest.mark.parametrize(("entries", "folded"), [(5, 30), (30, 5), (60, 3), (250, 2)])
def test_folded_papers_count_against_the_size_and_are_never_lost(
    entries: int, folded: int, filler: str
) -> None:
    edition = heavy(entries, folded, filler)
    mail = samples.renderer().digest(edition)
    assert encoded_size(mail.html_body) <= MAX_ENCODED_HTML
    page = mail.html.partition('class="foot"')[0]
    heads = page.count("/papers/p")
    lines = also(mail.html)
    assert len(lines) == heads
    assert all(f"And {folded} more on negative sampling" in line for line in lines)
    unshown = (entries - heads) * (1 + folded)
    assert (f"{unshown:,} more papers would not fit into a mail" in mail.html) == (unshown > 0)


def test_at_the_tightest_they_are_only_counted() -> None:
    edition = samples.folded_edition("One", "Two", "Three", papers=1)
    *_, tightest = (shape for shape in shapes(1) if shape.shown)
    assert tightest.folded == 0
    (made,) = Cards(samples.links()).of(edition, tightest)
    assert (made.folded, made.unnamed, made.others) == ((), 3, 3)


def test_the_line_that_only_counts_says_the_same_in_both_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edition = samples.folded_edition("One", "Two", "Three", papers=1)
    tight = replace(next(shapes(1)), folded=0)
    monkeypatch.setattr("digest.rendering.email.shapes", lambda _: iter([tight]))
    mail = samples.renderer().digest(edition)
    line = "And 3 more on negative sampling, named on the web: see the end of this mail"
    assert also(mail.html) == [line]
    assert line in words(mail.text)
