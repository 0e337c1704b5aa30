"""A hundred varied mails are what the naive way would have sent, and keep to their size."""

import base64
import quopri
import random
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache

import pytest

from digest.delivery.message import build_message
from digest.model.digests import DigestEdition
from digest.model.languages import LANGUAGES
from digest.model.mails import GAP
from digest.rendering.budget import MAX_ENCODED_HTML, Shape, shapes
from digest.rendering.cards import Cards
from digest.rendering.email import MailRenderer, RenderedMail
from tests.rendering import samples, varied
from tests.rendering.naive import Naive
from tests.rendering.test_mail import hrefs, normal, text_urls

POSTAL = "Paper Digest, Example Lane 1, Exampletown"
EDITIONS = list(varied.editions())
NAMED = {f"{at}: {len(each.digest.entries)} papers": each for at, each in enumerate(EDITIONS)}

every_edition = pytest.mark.parametrize("edition", NAMED.values(), ids=NAMED)


@cache
def warm() -> MailRenderer:
    """Return a renderer that has rendered every digest before, in another order."""
    renderer = new_renderer()
    for edition in random.Random(7).sample(EDITIONS, len(EDITIONS)):  # noqa: S311  an order
        renderer.digest(edition)
    return renderer


@cache
def compiled() -> MailRenderer:
    return new_renderer()


def cold() -> MailRenderer:
    """Return a renderer that remembers nothing but its templates."""
    renderer = compiled()
    renderer._cards = Cards(samples.links())  # noqa: SLF001  what is remembered
    return renderer


@cache
def naive() -> Naive:
    return Naive(samples.links(), "Paper Digest", POSTAL)


def new_renderer() -> MailRenderer:
    return MailRenderer(samples.links(), "Paper Digest", postal=POSTAL)


def sent(edition: DigestEdition, mail: RenderedMail) -> bytes:
    return build_message(varied.envelope(edition), mail.subject, mail.html_body, mail.text_body)


def parsed(message: bytes) -> EmailMessage:
    mail = message_from_bytes(message, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, html = (str(part.get_content()).replace("\r\n", "\n") for part in mail.iter_parts())
    return text, html


def headers(mail: EmailMessage) -> dict[str, str]:
    """Return what the headers say; the boundary is anybody's own."""
    return {name: str(value) for name, value in mail.items() if name != "Content-Type"}


@pytest.fixture
def chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[DigestEdition], tuple[RenderedMail, Shape]]:
    """Render a digest; give its mail and the shape it got, and have the next one get that too."""

    def digest(edition: DigestEdition) -> tuple[RenderedMail, Shape]:
        tried: list[Shape] = []

        def recorded(papers: int) -> Iterator[Shape]:
            for shape in shapes(papers):
                tried.append(shape)
                yield shape

        monkeypatch.setattr("digest.rendering.email.shapes", recorded)
        mail = warm().digest(edition)
        monkeypatch.setattr("digest.rendering.email.shapes", lambda _: iter(tried[-1:]))
        return mail, tried[-1]

    warm()
    return digest


@every_edition
def test_a_mail_is_what_the_naive_way_would_have_sent(
    edition: DigestEdition, chosen: Callable[[DigestEdition], tuple[RenderedMail, Shape]]
) -> None:
    mail, _ = chosen(edition)
    message = sent(edition, mail)
    ours = parsed(message)
    # base64, because EmailMessage's own quoted-printable breaks lines at U+2028 and its kin.
    theirs = parsed(naive().message(edition, varied.envelope(edition), "base64"))

    assert headers(ours) == headers(theirs)
    (text, html), (their_text, their_html) = parts(ours), parts(theirs)
    assert text == their_text
    assert normal(html) == normal(their_html)
    assert GAP.encode() not in message.replace(b"=\r\n", b"")


@every_edition
def test_a_mail_is_the_same_cold_and_warm(edition: DigestEdition) -> None:
    assert sent(edition, cold().digest(edition)) == sent(edition, warm().digest(edition))


@every_edition
def test_both_parts_lead_to_the_same_places(edition: DigestEdition) -> None:
    mail = warm().digest(edition)
    told = {word for paper in edition.papers.values() for word in paper.title.split()}
    # An address that a title names is no link of ours, though it may begin a line.
    named = {line for line in text_urls(mail.text) if line.split()[0] in told}
    assert text_urls(mail.text) - named == hrefs(mail.html)
    own = samples.links().steering_token(edition.subscriber)
    steering = [url for url in hrefs(mail.html) if "/steer/" in url]
    assert all(url.startswith(f"{samples.BASE_URL}/steer/{own}/p") for url in steering)


@every_edition
def test_every_paper_that_a_mail_shows_is_in_both_its_parts(
    edition: DigestEdition, chosen: Callable[[DigestEdition], tuple[RenderedMail, Shape]]
) -> None:
    mail, shape = chosen(edition)
    shown = edition.digest.entries[: shape.shown]
    urls = {samples.links().paper(edition.papers[entry.paper_id]) for entry in shown}
    assert urls <= hrefs(mail.html)
    assert urls <= text_urls(mail.text)


@every_edition
def test_what_is_sent_is_small_enough_and_can_be_unsubscribed_from(edition: DigestEdition) -> None:
    mail = warm().digest(edition)
    message = sent(edition, mail)
    html = message.rpartition(b"Content-Type: text/html")[2].partition(b"\r\n\r\n")[2]
    html = html.rpartition(b"\r\n--=_")[0]
    assert len(html) <= MAX_ENCODED_HTML == 95_000
    again = base64.encodebytes(quopri.decodestring(html)).replace(b"\n", b"\r\n")
    assert len(again) <= MAX_ENCODED_HTML
    assert max(map(len, message.split(b"\r\n\r\n", 1)[1].split(b"\r\n"))) <= 76
    way_out = samples.links().unsubscribe(edition.subscriber).encode()
    assert way_out in quopri.decodestring(html[:MAX_ENCODED_HTML])
    assert way_out in base64.decodebytes(again[: MAX_ENCODED_HTML // 78 * 78])


def test_the_digests_are_of_all_kinds() -> None:
    shown = [each.digest for each in EDITIONS]
    assert len({digest.id for digest in shown}) == len(shown) == 100
    assert {len(digest.entries) for digest in shown} == set(varied.COUNTS)
    assert any(entry.folded for digest in shown for entry in digest.entries)
    assert any(digest.entries and not digest.matched for digest in shown)
    assert any(each.read_since and each.digest.entries for each in EDITIONS)
    assert any(len(each.subscriber.interests) > 50 for each in EDITIONS)
    assert {each.subscriber.language for each in EDITIONS} == set(LANGUAGES)
