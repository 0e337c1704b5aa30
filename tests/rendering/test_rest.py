"""The mail of a day on which nothing matched says so before anything else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import html as lxml_html

from digest.model.digests import DigestEdition
from digest.rendering.email import RenderedMail
from digest.rendering.own_items import digest_html, digest_title
from tests.rendering import samples


def rest(papers: int = 3, language: str = "en", **changes: object) -> DigestEdition:
    chosen = [samples.paper(number) for number in range(1, papers + 1)]
    edition = samples.edition(chosen, **{"matched": 0, "is_rest": True, **changes})
    return replace(edition, subscriber=samples.subscriber(language=language))


def mail(edition: DigestEdition) -> RenderedMail:
    return samples.renderer().digest(edition)


def test_the_subject_the_heading_and_the_preview_say_that_nothing_matched() -> None:
    edition = rest()
    found = mail(edition)
    title = edition.papers[1].title
    assert found.subject.startswith(f"Nothing matched, 17 March; nearest: {title[:20]}")
    tree = lxml_html.fromstring(found.html)
    assert tree.findtext(".//h1") == "Nothing matched, but these come nearest"
    preheader = tree.xpath("string(//div[contains(@class, 'preheader')])")
    assert "None of the 51 new papers matched your interests. Also: " in preheader
    assert "Here are the best of the rest" in found.html
    for part in ("NOTHING MATCHED, BUT THESE COME NEAREST", "None of the 51 new papers matched"):
        assert part in found.text
    assert digest_title(edition.digest, edition.papers) == (
        f"Nothing matched, 17 March; nearest: {title}"
    )
    about = digest_html(edition.digest, edition.papers, samples.links())
    assert "None of the 51 new papers matched your interests." in about


def test_a_single_paper_is_told_as_one() -> None:
    found = mail(rest(1))
    assert "Nothing matched, but this comes nearest" in found.html
    tree = lxml_html.fromstring(found.html)
    preheader = tree.xpath("string(//div[contains(@class, 'preheader')])").strip()
    assert preheader.startswith("None of the 49 new papers matched your interests.")
    assert "Also" not in preheader


def test_after_days_away_the_subject_tells_which() -> None:
    away = replace(rest(), read_since=samples.MORNING - timedelta(days=9))
    assert mail(away).subject.startswith("Nothing matched, 8 March to 17 March; nearest: ")


def test_where_all_that_matched_is_left_out_nobody_says_that_nothing_did() -> None:
    found = mail(rest(matched=2))
    assert "None of the" not in found.html
    assert "none of those that match your interests is left to show" in found.html


@pytest.mark.parametrize("part", ["html", "text"])
def test_it_is_said_in_german_too(part: str) -> None:
    found = mail(rest(language="de"))
    assert found.subject.startswith("Nichts Passendes, 17. März; am nächsten: ")
    said = getattr(found, part).lower()
    assert "nichts passendes, doch diese papers kommen dem am nächsten" in " ".join(said.split())


def test_a_day_with_a_match_is_told_as_ever() -> None:
    found = mail(samples.edition())
    assert "Nothing matched" not in found.subject + found.html + found.text
