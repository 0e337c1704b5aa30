import re
from dataclasses import replace
from email.header import decode_header
from urllib.parse import urlsplit

import pytest
from lxml import html as lxml_html

from digest.model.digests import DigestEdition, MatchKind
from digest.model.subscribers import Cadence, Days, Interest
from digest.rendering.budget import MAX_ENCODED_HTML, encoded_size
from digest.rendering.email import MAX_SUBJECT, MailRenderer, RenderedMail
from digest.rendering.environment import email_environment
from digest.rendering.inline import premail
from digest.text import clean_line
from tests.rendering import samples

EDITIONS = {
    "realistic": samples.edition(),
    "hostile": samples.hostile_edition(),
    "hostile, as it is stored": samples.edition(
        replace(paper, title=clean_line(paper.title), abstract=clean_line(paper.abstract))
        for paper in samples.hostile_papers()
    ),
    "one paper": samples.edition([samples.paper(1)]),
    "empty": samples.edition([]),
    "long": samples.heavy_edition(),
    "best of the rest": samples.edition(matched=0),
    "folded": samples.folded_edition("Negatives Considered", "Negatives Reconsidered"),
    "folded, hostile": samples.folded_edition(
        *map(clean_line, samples.HOSTILE_TITLES), topic=clean_line(samples.HOSTILE_TITLES[0])
    ),
    "folded without a topic": samples.folded_edition("Only One", topic=""),
    "many folded": samples.folded_edition(*(f"Folded {n}" for n in range(40)), papers=3),
    "every kind of reason": samples.reasoned_edition(*MatchKind),
    "nothing to mark": samples.reasoned_edition(*MatchKind, spans=False),
}
FILLERS = ["Long words & such. ", "\u05e9\u05dc\u05d5\u05dd ", "\U0001f600", "W", '"=<&', "A. "]

every_edition = pytest.mark.parametrize("edition", EDITIONS.values(), ids=EDITIONS)


def every_mail(renderer: MailRenderer) -> list[RenderedMail]:
    return [
        *(renderer.digest(edition) for edition in EDITIONS.values()),
        renderer.confirm(samples.subscriber(), samples.MORNING),
        renderer.already(samples.subscriber()),
    ]


def hrefs(html: str) -> set[str]:
    return {str(url) for url in lxml_html.fromstring(html).xpath("//a/@href")}


def text_urls(text: str) -> set[str]:
    return {line for line in text.split("\n") if line.startswith("http")}


def normal(html: str) -> list[object]:
    """Return what a mail's HTML means: elements, attributes and texts, however they are written."""
    found: list[object] = []
    for element in lxml_html.document_fromstring(html).iter():
        attributes = dict(element.attrib)
        style = attributes.pop("style", "")
        styles = sorted(" ".join(each.split()) for each in style.split(";"))
        texts = [" ".join((text or "").split()) for text in (element.text, element.tail)]
        found.append((str(element.tag), sorted(attributes.items()), styles, texts))
    return found


def test_styles_inlined_once_are_the_styles_inlined_in_every_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = MailRenderer(samples.links(), "Paper Digest", postal="Postal line")
    not_inlined = email_environment(inliner=lambda html, _: html)
    monkeypatch.setattr(plain, "_environments", {"en": not_inlined})
    once = MailRenderer(samples.links(), "Paper Digest", postal="Postal line")
    # Styles count for the size, and another size would be another selection.
    monkeypatch.setattr("digest.rendering.email.fits", lambda _: True)
    pairs = list(zip(every_mail(once), every_mail(plain), strict=True))
    # HTML cannot hold NUL at all; what is stored was cleaned.
    comparable = [pair for pair in pairs if "\u0000" not in pair[0].html]
    assert len(comparable) == len(pairs) - 1
    for quick, slow in comparable:
        assert normal(quick.html) == normal(premail(slow.html))


def test_dark_and_narrow_rules_survive_and_still_win() -> None:
    html = samples.renderer().digest(samples.edition()).html
    style = html.partition("<style>")[2].partition("</style>")[0]
    assert html.index("<meta charset") < html.index("<style>")
    assert "prefers-color-scheme: dark" in style
    declarations = re.findall(r"[a-z-]+: ([^;{}()]+)[;\n]", style)
    assert len(declarations) > 25
    assert all("!important" in each for each in declarations)


@every_edition
def test_both_parts_lead_to_the_same_places(edition: DigestEdition) -> None:
    mail = samples.renderer().digest(edition)
    assert text_urls(mail.text) == hrefs(mail.html)


def test_account_mails_lead_to_the_same_places_in_both_parts() -> None:
    for mail in every_mail(samples.renderer())[-2:]:
        assert text_urls(mail.text) == hrefs(mail.html)


@every_edition
def test_the_same_edition_gives_the_same_mail(edition: DigestEdition) -> None:
    other = MailRenderer(samples.links(), "Paper Digest", postal="x")
    again = MailRenderer(samples.links(), "Paper Digest", postal="x")
    assert other.digest(edition) == again.digest(edition)


@every_edition
def test_text_lines_are_short_but_for_addresses(edition: DigestEdition) -> None:
    lines = samples.renderer().digest(edition).text.split("\n")
    assert [line for line in lines if len(line) > 72 and "://" not in line] == []
    assert not any(line != line.rstrip() for line in lines)


def test_papers_come_in_the_same_order_in_both_parts() -> None:
    mail = samples.renderer().digest(samples.edition())
    page = re.compile(r"https://digest\.example\.org/papers/p(\d+)")
    assert page.findall(mail.html) == page.findall(mail.text) == [f"{n:05d}" for n in range(1, 9)]


def test_a_paper_shows_why_it_is_there() -> None:
    mail = samples.renderer().digest(samples.edition())
    tree = lxml_html.fromstring(mail.html)
    why = [" ".join(each.text_content().split()) for each in tree.find_class("why")]
    assert why[0] == "graph neural networks, in the title"
    assert why[1].startswith("RAG: Across six encoders, retrieval-augmented generation inherits")
    hits = [each.text_content() for each in tree.find_class("hit")]
    assert hits[:2] == ["Graph Neural Networks", "retrieval-augmented generation"]
    assert "Why: RAG: Across six encoders, *retrieval-augmented generation*" in mail.text


def test_an_abstract_ends_with_a_sentence() -> None:
    tree = lxml_html.fromstring(samples.renderer().digest(samples.edition()).html)
    shown = tree.find_class("abstract")[0].text_content()
    assert shown.endswith("constant across depth.")
    assert len(shown) <= 420


def test_nothing_a_title_says_becomes_markup() -> None:
    tree = lxml_html.fromstring(samples.renderer().digest(samples.hostile_edition()).html)
    assert tree.xpath("//script | //img | //iframe | //form | //link | //svg") == []
    assert not [name for each in tree.iter() for name in each.attrib if name.startswith("on")]
    assert {urlsplit(url).scheme for url in tree.xpath("//@href")} == {"https"}
    titles = [" ".join(each.text_content().split()) for each in tree.xpath("//h2")]
    assert titles[0] == samples.HOSTILE_TITLES[0]
    assert titles[4] == samples.HOSTILE_TITLES[4]
    assert titles[5] == samples.HOSTILE_TITLES[5]


def test_titles_and_abstracts_find_their_own_direction() -> None:
    tree = lxml_html.fromstring(samples.renderer().digest(samples.edition()).html)
    assert {each.get("dir") for each in tree.xpath("//h2 | //p[@class='abstract']")} == {"auto"}


@pytest.mark.parametrize("filler", FILLERS)
def test_no_mail_is_ever_cut_off_by_gmail(filler: str) -> None:
    mail = samples.renderer().digest(samples.heavy_edition(30, filler))
    assert encoded_size(mail.html_body) <= MAX_ENCODED_HTML
    pages = set(re.findall(r"https://digest\.example\.org/papers/p\d+", mail.html))
    assert len(pages) == 30


def test_more_papers_than_a_mail_can_name_are_counted() -> None:
    mail = samples.renderer().digest(samples.heavy_edition(200, "\U0001f600"))
    assert encoded_size(mail.html_body) <= MAX_ENCODED_HTML
    assert "would not fit into a mail" in mail.html
    assert "would not fit into a mail" in " ".join(mail.text.split())


def test_papers_that_do_not_fit_are_where_the_digest_is_on_the_web() -> None:
    edition = samples.heavy_edition(200, "\U0001f600")
    mail = samples.renderer().digest(edition)
    url = samples.links().issue(edition.subscriber, edition.digest.id)
    [note] = lxml_html.fromstring(mail.html).xpath("//p[@class='note']/a/@href")
    assert note == url
    assert f"Read them on the web:\n{url}\n" in mail.text


def test_the_subject_says_what_is_inside_on_one_line() -> None:
    mail = samples.renderer().digest(samples.edition())
    assert mail.subject.startswith("8 papers, 17 March: Message Passing Without Oversmoothing")
    one = samples.renderer().digest(samples.edition([samples.paper(4)]))
    assert one.subject == "1 paper, 17 March: Positional Encodings Are Gauge Choices"
    assert samples.renderer().digest(samples.edition([])).subject == "No new papers, 17 March"


@pytest.mark.parametrize("title", [*samples.HOSTILE_TITLES, "a\r\nBcc: x@example.org", "\ud800"])
def test_no_title_can_leave_its_subject(title: str) -> None:
    mail = samples.renderer().digest(samples.edition([samples.paper(1, title=title)]))
    assert mail.subject.isprintable() or "\u200d" in mail.subject
    assert "=?" not in mail.subject
    assert len(mail.subject) <= MAX_SUBJECT
    assert decode_header(mail.subject)[0][1] is None


def test_the_preheader_is_not_the_subject_again() -> None:
    mail = samples.renderer().digest(samples.edition())
    shown = lxml_html.fromstring(mail.html).find_class("preheader")[0].text_content()
    assert shown.startswith("Also: What Does a Retriever Know?")
    assert "Oversmoothing" not in shown


def test_the_foot_says_why_when_and_how_to_stop() -> None:
    mail = samples.renderer().digest(samples.edition())
    for part in (mail.html, mail.text):
        words = " ".join(part.split())
        assert "every day at 07:00 (Europe/Berlin)" in words
        assert "you confirmed it on Wednesday 4 March 2026" in words
        assert "Example Lane 1" in words
        assert samples.links().unsubscribe(samples.subscriber()) in words
        assert samples.links().preferences(samples.subscriber()) in words


@every_edition
def test_the_foot_leads_to_the_web_and_to_a_pause(edition: DigestEdition) -> None:
    mail = samples.renderer().digest(edition)
    links = samples.links()
    ways = {links.issue(edition.subscriber, edition.digest.id), links.pause(edition.subscriber)}
    assert ways <= hrefs(mail.html)
    assert ways <= text_urls(mail.text)


@pytest.mark.parametrize(
    ("cadence", "words"),
    [
        (Cadence(Days.WEEKDAYS, samples.subscriber().cadence.at, "UTC"), "Monday to Friday at"),
        (Cadence(Days.WEEKLY, samples.subscriber().cadence.at, "UTC", 4), "every Friday at"),
    ],
)
def test_every_cadence_has_its_words(cadence: Cadence, words: str) -> None:
    mail = samples.renderer().already(samples.subscriber(cadence=cadence))
    assert words in " ".join(mail.html.split())
    assert words in " ".join(mail.text.split())


def test_fifty_interests_are_named_by_the_first_eight() -> None:
    many = tuple(Interest(f"interest {n}") for n in range(50))
    mail = samples.renderer().confirm(samples.subscriber(interests=many), samples.MORNING)
    assert "interest 7" in mail.text
    assert "interest 8" not in mail.text
    assert "and 42 more" in mail.html


def test_how_many_matched_is_said() -> None:
    mail = samples.renderer().digest(samples.edition())
    assert "12 of 56 new papers matched your interests. Here are the best 8" in mail.html
    rest = samples.renderer().digest(samples.edition(matched=0))
    assert "Here are the best of the rest" in rest.html


def test_a_mail_needs_no_images_scripts_or_fetched_styles() -> None:
    for mail in every_mail(samples.renderer()):
        tree = lxml_html.fromstring(mail.html)
        assert not tree.xpath("//img | //script | //link | //form | //iframe")
        assert "url(" not in mail.html
        assert {each.get("role") for each in tree.xpath("//table")} == {"presentation"}
        assert len(tree.xpath("//h1")) == 1
        assert tree.get("lang") == tree.xpath("//div[@role='article']")[0].get("lang") == "en"


def test_colours_and_backgrounds_are_set_together() -> None:
    for mail in every_mail(samples.renderer()):
        for element in lxml_html.fromstring(mail.html).xpath("//*[@style]"):
            style = element.get("style")
            if "background-color" in style and element.tag != "body":
                assert re.search(r"(^|[; ])color:", style), style


def test_confirming_and_being_there_already_lead_where_they_say() -> None:
    links, reader = samples.links(), samples.subscriber()
    confirm = samples.renderer().confirm(reader, samples.MORNING)
    assert links.confirm(reader, samples.MORNING) in confirm.text
    assert links.preferences(reader) not in confirm.html
    already = samples.renderer().already(reader)
    assert links.preferences(reader) in already.text
    assert already.subject == "You already subscribe to Paper Digest"


def test_the_weight_of_an_interest_is_not_shown() -> None:
    interests = (Interest("large language models^0.5"), Interest("robots ^2"))
    about = replace(samples.subscriber(), interests=interests)
    mail = samples.renderer().digest(replace(samples.edition(), subscriber=about))

    assert "large language models, robots" in " ".join(mail.text.split())
    assert "^" not in mail.text
