"""No mail is cut off where Gmail cuts: not with any settings, readers and papers there can be."""

import quopri
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.model.digests import DigestEdition, Field, MatchKind, Reason
from digest.model.languages import LANGUAGES
from digest.model.mails import quoted_body
from digest.model.papers import Link, LinkKind
from digest.model.subscribers import MAX_EXPRESSION, MAX_INTERESTS, Interest
from digest.rendering import budget
from digest.rendering.budget import MAX_ENCODED_HTML, encoded_size
from digest.rendering.email import MailRenderer, RenderedMail
from digest.rendering.links import Links
from tests.rendering import samples

# Of one byte, of three in quoted-printable, of five in HTML, of twelve.
LETTERS = ("w", "=", "&", "\U0001f600")
# What digest/config.py takes.
SITE_NAME, BASE_URL, POSTAL = 200, 300, 1000


def extreme_edition(letter: str, papers: int, folded: int, language: str = "en") -> DigestEdition:
    """Return a digest in which everything is as long as it may be."""
    title, abstract = letter * 400, letter * 10_000
    links = tuple(Link(kind, f"https://example.org/{'&' * 470}{kind}") for kind in LinkKind)
    number = papers * (1 + folded)
    made = [
        samples.paper(at, title=title, abstract=abstract, links=links)
        for at in range(1, number + 1)
    ]
    expression = letter * MAX_EXPRESSION
    spans = ((0, 300),)
    reasons = tuple(
        Reason(expression, kind, Field.ABSTRACT, abstract[:300], spans, 0.3) for kind in MatchKind
    )[:3]
    edition = samples.edition(made[:papers])
    entries = tuple(
        replace(
            entry,
            reasons=(replace(reasons[0], expression=f"{at % 3}{expression[1:]}"), *reasons[1:]),
            folded=tuple(range(papers + at * folded + 1, papers + (at + 1) * folded + 1)),
            topic=letter * 300,
        )
        for at, entry in enumerate(edition.digest.entries)
    )
    reader = samples.subscriber(
        id=2**63 - 1,
        token_version=2**31 - 1,
        interests=(Interest(expression),) * MAX_INTERESTS,
        language=language,
    )
    return replace(
        edition,
        digest=replace(edition.digest, entries=entries, matched=1_000_000),
        subscriber=reader,
        papers={paper.id: paper for paper in made},
    )


def extreme_renderer(letter: str) -> MailRenderer:
    links = Links(("https://" + "example" * BASE_URL)[:BASE_URL], samples.links().tokens)
    return MailRenderer(links, letter * SITE_NAME, postal=letter * POSTAL)


def way_out(renderer: MailRenderer, edition: DigestEdition) -> bytes:
    return renderer._links.unsubscribe(edition.subscriber).encode()  # noqa: SLF001  this site's


def assert_fits(mail: RenderedMail, most: int, way: bytes) -> None:
    html = quoted_body(mail.html_body)
    assert len(html) <= encoded_size(mail.html_body) <= most
    assert way in quopri.decodestring(html)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("papers", "folded"), [(0, 0), (1, 30), (30, 0), (40, 2)])
@pytest.mark.parametrize("letter", LETTERS)
def test_everything_at_its_longest_fits(
    letter: str, papers: int, folded: int, language: str
) -> None:
    edition, renderer = extreme_edition(letter, papers, folded, language), extreme_renderer(letter)
    mail = renderer.digest(edition)
    assert_fits(mail, MAX_ENCODED_HTML, way_out(renderer, edition))


RENDERER = extreme_renderer("w")


@settings(max_examples=30, deadline=None)
@given(
    letter=st.sampled_from(LETTERS),
    papers=st.integers(0, 12),
    folded=st.integers(0, 3),
    most=st.integers(30_000, 60_000),
)
@example(letter="\U0001f600", papers=12, folded=3, most=30_000)
def test_a_smaller_limit_is_kept_as_well(letter: str, papers: int, folded: int, most: int) -> None:
    edition = extreme_edition(letter, papers, folded)
    edition = replace(edition, subscriber=samples.subscriber())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(budget, "MAX_ENCODED_HTML", most)
        mail = RENDERER.digest(edition)
    assert_fits(mail, most, way_out(RENDERER, edition))
    shown = mail.html.count("/papers/p") > 0
    assert shown or not papers or "would not fit into a mail" in mail.html


def test_papers_become_one_link_before_the_way_out_is_lost() -> None:
    edition = extreme_edition("\U0001f600", 30, 0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(budget, "MAX_ENCODED_HTML", 0)
        mail = RENDERER.digest(edition)
    assert "/papers/p" not in mail.html
    assert "30 more papers would not fit into a mail" in mail.html
    assert encoded_size(mail.html_body) < MAX_ENCODED_HTML
    assert RENDERER._links.unsubscribe(edition.subscriber) in mail.html  # noqa: SLF001  this site's
