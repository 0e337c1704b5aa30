"""Papers stand under the interests they met, in both parts of a mail, and none is lost on the way."""

from dataclasses import replace

import pytest
from lxml import html as lxml_html

from digest.model.digests import DigestEdition, Reason
from digest.rendering.email import RenderedMail
from tests.rendering import samples


def edition(*interests: str) -> DigestEdition:
    """Return a digest of a paper for each interest, best first; "" is none."""
    shown = samples.edition(samples.paper(number) for number in range(1, len(interests) + 1))
    entries = tuple(
        replace(entry, reasons=_reasons(entry.reasons[0], interest))
        for entry, interest in zip(shown.digest.entries, interests, strict=True)
    )
    return replace(shown, digest=replace(shown.digest, entries=entries))


def _reasons(reason: Reason, interest: str) -> tuple[Reason, ...]:
    return (replace(reason, expression=interest),) if interest else ()


def told(mail: RenderedMail, headings: set[str]) -> tuple[list[str], list[str]]:
    """Return headings and the numbers of papers as they follow one another in HTML and in text."""
    tree = lxml_html.fromstring(mail.html)
    found = tree.xpath("//h2[@class='group'] | //*[@class='title']/a")
    html = [str(each.get("href") or each.text_content()) for each in found]
    papers = f"{samples.BASE_URL}/papers/"
    text = [each for each in mail.text.split("\n") if each in headings or each.startswith(papers)]
    return [each.rpartition("/")[2] for each in html], [each.rpartition("/")[2] for each in text]


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_interest_of_the_best_paper_comes_first_and_what_met_none_last(language: str) -> None:
    shown = edition("robots", "", "graphs^2", "robots", "graphs^2", "")
    shown = replace(shown, subscriber=samples.subscriber(language=language))
    rest = {"en": "Best of the rest", "de": "Das Beste vom Rest"}[language]
    html, text = told(samples.renderer().digest(shown), {"robots", "graphs", rest})
    assert html == text
    assert html == [
        *("robots", "p00001", "p00004"),
        *("graphs", "p00003", "p00005"),
        *(rest, "p00002", "p00006"),
    ]


@pytest.mark.parametrize("interests", [("a", "b", "c"), ("a", "a", "a"), ("", "")])
def test_what_shares_no_interest_or_shares_one_has_no_headings(interests: tuple[str, ...]) -> None:
    html, text = told(samples.renderer().digest(edition(*interests)), {*interests} - {""})
    assert html == text == [f"p{number:05d}" for number in range(1, len(interests) + 1)]
