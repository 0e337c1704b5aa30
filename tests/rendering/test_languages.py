"""Mails in the reader's language, whoever else reads of the same papers in another."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from lxml import html as lxml_html

from digest.model.digests import DigestEdition
from digest.model.subscribers import Cadence, Days, Interest
from digest.rendering.budget import MAX_ENCODED_HTML, encoded_size
from digest.rendering.email import MAX_SUBJECT, MailRenderer, RenderedMail
from digest.rendering.languages import language
from tests.rendering import samples
from tests.rendering.test_mail import EDITIONS, FILLERS, every_edition, hrefs, text_urls
from tests.rendering.test_remembering import POSTAL

ACCOUNT_MAILS = ("confirm", "already", "welcome", "sign-in", "move", "moved", "goodbye")
WITHOUT_WISHES = {"sign-in", "move", "moved", "goodbye"}
# Titles, abstracts, interests and names are not ours; these words are only in our English.
OURS = re.compile(
    r"\b(?:the|and|you|your|for|this|that|more|others|best|papers on|new paper|every|"
    r"march|tuesday|wednesday|why|also|mute|unsubscribe|read)\b",
    re.IGNORECASE,
)


def german(edition: DigestEdition) -> DigestEdition:
    return replace(edition, subscriber=replace(edition.subscriber, language="de"))


def account_mail(kind: str, **changes: object) -> RenderedMail:
    reader, renderer = samples.subscriber(**changes), samples.renderer()
    if kind == "already":
        return renderer.already(reader)
    if kind in {"sign-in", "move"}:
        return getattr(renderer, kind.replace("-", "_"))(reader, 7, samples.MORNING)  # type: ignore[no-any-return]
    mail: RenderedMail = getattr(renderer, kind)(reader, samples.MORNING)
    return mail


def words(text: str) -> str:
    return " ".join(text.split())


def ours(mail: RenderedMail) -> str:
    """Return what a mail says without what it quotes: a German mail marks it, or does not know it."""
    tree = lxml_html.fromstring(mail.html)
    head = tree.xpath("//head")[0]
    head.getparent().remove(head)
    quoted = "//*[@lang='en' or @dir='auto' or @class='preheader']"
    while found := tree.xpath(f"({quoted})[last()]"):
        found[0].drop_tree()
    return words(str(tree.text_content()))


@every_edition
def test_a_german_digest_says_nothing_in_english(edition: DigestEdition) -> None:
    mail = samples.renderer().digest(german(edition))
    assert OURS.findall(ours(mail)) == []
    assert not mail.subject.startswith(("No new", "1 paper", "8 papers"))


@pytest.mark.parametrize("kind", ACCOUNT_MAILS)
def test_a_german_mail_about_a_subscription_says_nothing_in_english(kind: str) -> None:
    mail = account_mail(kind, language="de")
    english = account_mail(kind)
    assert OURS.findall(ours(mail)) == []
    assert OURS.findall(english.text) != []
    assert OURS.findall(mail.subject) == []
    mine = re.sub(r"^  - .*$|^http.*$|^Paper Digest.*$", "", mail.text, flags=re.MULTILINE)
    assert OURS.findall(mine) == []


@every_edition
def test_both_german_parts_lead_where_the_english_ones_do(edition: DigestEdition) -> None:
    mail = samples.renderer().digest(german(edition))
    assert text_urls(mail.text) == hrefs(mail.html)
    english = samples.renderer().digest(edition)
    if "oversmoothing" not in mail.text.lower():
        return
    assert hrefs(mail.html) == hrefs(english.html)


@pytest.mark.parametrize("kind", ACCOUNT_MAILS)
def test_german_mails_about_a_subscription_lead_where_the_english_ones_do(kind: str) -> None:
    mail = account_mail(kind, language="de")
    assert text_urls(mail.text) == hrefs(mail.html) == hrefs(account_mail(kind).html)


@every_edition
def test_german_lines_are_short_and_nothing_becomes_markup(edition: DigestEdition) -> None:
    mail = samples.renderer().digest(german(edition))
    lines = mail.text.split("\n")
    assert [line for line in lines if len(line) > 72 and "://" not in line] == []
    tree = lxml_html.fromstring(mail.html)
    assert tree.xpath("//script | //img | //iframe | //form | //svg") == []
    assert not [name for each in tree.iter() for name in each.attrib if name.startswith("on")]
    assert len(tree.xpath("//h1")) == 1
    assert len(mail.subject) <= MAX_SUBJECT


@pytest.mark.parametrize("kind", ACCOUNT_MAILS)
def test_an_interest_that_means_harm_is_text_in_german_as_well(kind: str) -> None:
    harm = '"<script>alert(1)</script> {{ 7 * 7 }} %(site_name)s %s"'
    mail = account_mail(kind, language="de", interests=(Interest(harm),))
    assert "<script" not in mail.html
    if kind not in WITHOUT_WISHES:
        assert harm in words(lxml_html.fromstring(mail.html).text_content())
        assert harm in words(mail.text)


def test_a_mail_tells_in_which_language_it_is_and_what_is_not() -> None:
    edition = german(samples.folded_edition("One", "Two"))
    tree = lxml_html.fromstring(samples.renderer().digest(edition).html)
    assert tree.get("lang") == tree.xpath("//div[@role='article']")[0].get("lang") == "de"
    for path in ("//*[@class='abstract']", "//*[@class='why']/span", "//*[@class='also']/a"):
        found = tree.xpath(path)
        assert {each.get("lang") for each in found} == {"en"}, path
    titles = [each for each in tree.xpath("//h2 | //h3") if each.get("class") != "group"]
    assert {each.get("lang") for each in titles} == {"en"}
    # What a reader wished is in whatever language they wrote it in.
    assert {each.get("lang") for each in tree.xpath("//*[@class='interest']")} == {None}


def test_an_english_mail_says_nothing_twice_of_its_language() -> None:
    tree = lxml_html.fromstring(samples.renderer().digest(samples.edition()).html)
    assert tree.xpath("//@lang") == ["en", "en"]


@pytest.mark.parametrize("is_warm", [False, True])
def test_readers_of_a_paper_each_get_it_in_their_own_words(is_warm: bool) -> None:  # noqa: FBT001
    renderer = MailRenderer(samples.links(), "Paper Digest")
    english = EDITIONS["every kind of reason"]
    if is_warm:
        renderer.digest(german(english))
        renderer.digest(english)
    mails = renderer.digest(english), renderer.digest(german(english))
    assert mails == (
        MailRenderer(samples.links(), "Paper Digest").digest(english),
        MailRenderer(samples.links(), "Paper Digest").digest(german(english)),
    )
    assert "More like this" in mails[0].text
    assert "Mehr davon" in mails[1].text
    assert "Mehr davon" not in mails[0].text + mails[0].html
    assert "More like this" not in mails[1].text + mails[1].html


def test_threads_that_write_two_languages_do_not_mix_them() -> None:
    editions = [each for edition in EDITIONS.values() for each in (edition, german(edition))]
    renderer = MailRenderer(samples.links(), "Paper Digest", postal=POSTAL)
    with ThreadPoolExecutor(8) as threads:
        mails = list(threads.map(renderer.digest, editions))
    assert mails == [samples.renderer().digest(edition) for edition in editions]


@pytest.mark.parametrize("filler", FILLERS)
def test_no_german_mail_is_cut_off_by_gmail(filler: str) -> None:
    mail = samples.renderer().digest(german(samples.heavy_edition(30, filler)))
    assert encoded_size(mail.html_body) <= MAX_ENCODED_HTML
    assert len(set(re.findall(r"/papers/p\d+", mail.html))) == 30


def test_more_papers_than_fit_are_counted_in_german() -> None:
    mail = samples.renderer().digest(german(samples.heavy_edition(200, "\U0001f600")))
    assert encoded_size(mail.html_body) <= MAX_ENCODED_HTML
    assert re.search(r"\b\d{2,3} weitere Papers passten nicht mehr in diese Mail", mail.html)


@pytest.mark.parametrize("code", ["xx", "", "de_DE", "../en", "%s", "en"])
def test_a_language_that_nobody_knows_is_english(code: str) -> None:
    edition = samples.edition()
    about = replace(edition.subscriber, language=code)
    assert samples.renderer().digest(
        replace(edition, subscriber=about)
    ) == samples.renderer().digest(edition)


def test_numbers_are_told_with_their_nouns() -> None:
    renderer = samples.renderer()
    one = samples.edition([samples.paper(1)], considered=1, matched=1)
    mail = renderer.digest(german(one))
    assert mail.subject.startswith("1 Paper, 17. März: Message Passing")
    assert "1 neues Paper für Sie" in mail.html
    assert "1 von 1 neuen Paper passt zu Ihren Interessen." in words(mail.text)
    many = renderer.digest(german(samples.edition(considered=12_345, matched=1_234)))
    assert "1.234 von 12.345 neuen Papers passen zu Ihren Interessen" in many.html
    assert "8 NEUE PAPERS FÜR SIE" in many.text


def test_a_digest_of_some_days_says_since_when() -> None:
    since = samples.MORNING - timedelta(days=9)
    mail = samples.renderer().digest(german(replace(samples.edition(), read_since=since)))
    assert mail.subject.startswith("8 Papers, 8. März bis 17. März: ")
    assert "Das Beste aus 56 neuen Papers seit dem 8. März" in words(mail.html)
    # A day does not part from its month.
    assert "8.\u00a0März" in mail.html


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (Days.DAILY, "täglich um 07:00 Uhr (Asia/Tokyo)"),
        (Days.WEEKDAYS, "montags bis freitags um 07:00 Uhr (Asia/Tokyo)"),
        (Days.WEEKLY, "jeden Freitag um 07:00 Uhr (Asia/Tokyo)"),
    ],
)
def test_every_cadence_has_its_german_words(days: Days, said: str) -> None:
    cadence = Cadence(days, samples.subscriber().cadence.at, "Asia/Tokyo", 4)
    mail = account_mail("already", language="de", cadence=cadence)
    assert said in words(mail.text)
    assert said in words(mail.html)


def test_a_day_is_the_readers_and_in_their_language() -> None:
    late = datetime.fromisoformat("2026-03-17T23:30:00+00:00")
    tokyo = Cadence(Days.DAILY, samples.subscriber().cadence.at, "Asia/Tokyo")
    reader = samples.subscriber(language="de", cadence=tokyo)
    assert "Mittwoch, 18. März 2026" in words(samples.renderer().goodbye(reader, late).text)


def test_dates_and_numbers_are_written_as_each_language_does() -> None:
    english, deutsch = language("en"), language("de")
    assert english.day(date(2026, 3, 7)) == "Saturday 7 March 2026"
    assert deutsch.day(date(2026, 3, 7)) == "Samstag, 7.\u00a0März 2026"
    assert (english.number(1_234), deutsch.number(1_234)) == ("1,234", "1.234")
    assert [deutsch.form(number) for number in (0, 1, 2)] == [1, 0, 1]
    # A moment is dated as it stands: whoever has it has moved it to the reader's zone.
    assert english.day_month(datetime.fromisoformat("2026-03-07T23:30:00+09:00")) == "7 March"


def test_the_next_digest_is_dated_in_each_readers_zone_though_it_is_one_moment() -> None:
    """22:00 on Tuesday in UTC is 07:00 on Wednesday in Tokyo."""
    quiet = samples.edition([], considered=5)
    said = []
    for at, zone, period in (("22:00", "UTC", 16), ("07:00", "Asia/Tokyo", 17)):
        cadence = Cadence(Days.DAILY, time.fromisoformat(at), zone)
        shown = replace(quiet, subscriber=samples.subscriber(cadence=cadence))
        shown = replace(shown, digest=replace(quiet.digest, period=date(2026, 3, period)))
        said.append(words(samples.renderer().digest(shown).text))
    assert "due on Tuesday 17 March 2026 at 22:00 (UTC)" in said[0]
    assert "due on Wednesday 18 March 2026 at 07:00 (Asia/Tokyo)" in said[1]


def test_an_operators_template_is_used_in_every_language(tmp_path: Path) -> None:
    folder = tmp_path / "email" / "goodbye"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("{% trans %}Goodbye{% endtrans %} from {{ language }}\n")
    renderer = MailRenderer(samples.links(), "Lab", template_override=tmp_path)
    subjects = [
        renderer.goodbye(samples.subscriber(language=code), samples.MORNING).subject
        for code in ("en", "de")
    ]
    assert subjects == ["Goodbye from en", "Auf Wiedersehen from de"]
