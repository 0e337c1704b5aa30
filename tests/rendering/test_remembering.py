import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from digest.delivery.message import Envelope, build_message
from digest.errors import TemplateError
from digest.model.digests import DigestEdition
from digest.model.mails import Shared, quoted_body
from digest.model.papers import Link, LinkKind
from digest.rendering.budget import MAX_ENCODED_HTML, encoded_size, shapes
from digest.rendering.cards import Cards
from digest.rendering.email import MailRenderer, RenderedMail
from digest.rendering.environment import email_environment, render_pieces
from digest.rendering.inline import premail
from digest.rendering.remembering import Blocks, in_pieces
from tests.rendering import samples
from tests.rendering.test_mail import EDITIONS, every_edition, normal

POSTAL = "Paper Digest, Example Lane 1, Exampletown"


def new_renderer(**more: Path) -> MailRenderer:
    return MailRenderer(samples.links(), "Paper Digest", postal=POSTAL, **more)


def with_template(folder: Path, html: str, text: str = "text\n") -> MailRenderer:
    """A renderer whose digests have an operator's templates."""
    own = folder / "email" / "digest"
    own.mkdir(parents=True)
    (own / "body.html").write_text(html)
    (own / "body.txt").write_text(text)
    return new_renderer(template_override=folder)


def shared(mail: RenderedMail) -> list[str]:
    return [piece for piece in mail.html_body.pieces if isinstance(piece, Shared)]


@every_edition
def test_a_mail_is_the_same_whatever_was_rendered_before(edition: DigestEdition) -> None:
    used = samples.renderer()
    for each in random.Random(7).sample(list(EDITIONS.values()), 5):  # noqa: S311  an order
        used.digest(each)
    assert used.digest(edition) == used.digest(edition) == new_renderer().digest(edition)


# HTML cannot hold NUL at all; what is stored was cleaned.
@pytest.mark.parametrize("name", sorted(EDITIONS.keys() - {"hostile"}))
def test_the_bytes_say_what_the_textbook_would_have_sent(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Styles count for the size, and another size would be another selection.
    monkeypatch.setattr("digest.rendering.email.fits", lambda _: True)
    edition = EDITIONS[name]
    plain = new_renderer()
    not_inlined = email_environment(inliner=lambda html, _: html)
    plain._environments = {"en": not_inlined}  # noqa: SLF001  the same templates otherwise
    quick = samples.renderer().digest(edition)
    slow = plain.digest(edition)
    theirs = EmailMessage(policy=policy.SMTP)
    theirs["Subject"] = slow.subject
    # base64, because EmailMessage's own quoted-printable breaks lines at U+2028 and its kin.
    theirs.set_content(slow.text, cte="base64")
    theirs.add_alternative(premail(slow.html), subtype="html", cte="base64")
    envelope = Envelope(
        "digest@example.org", "Digest", "ada@example.org", "Digest", "key", samples.MORNING, None
    )
    message = build_message(envelope, quick.subject, quick.html_body, quick.text_body)
    text, html = parts(message)
    their_text, their_html = parts(theirs.as_bytes())
    assert text == their_text
    assert normal(html) == normal(their_html)


def parts(message: bytes) -> list[str]:
    mail = message_from_bytes(message, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return [str(part.get_content()).replace("\r\n", "\n") for part in mail.iter_parts()]


def test_threads_that_share_a_renderer_get_the_same_mails() -> None:
    editions = [EDITIONS[name] for name in ("realistic", "folded", "hostile", "empty")] * 8
    renderer = new_renderer()
    with ThreadPoolExecutor(8) as threads:
        mails = list(threads.map(renderer.digest, editions))
    assert mails == [samples.renderer().digest(edition) for edition in editions]


def test_what_two_readers_get_for_the_same_reasons_is_one_object() -> None:
    renderer = new_renderer()
    one = samples.edition([samples.paper(1), samples.paper(2)])
    entries = tuple(
        replace(entry, reasons=tuple(replace(reason, share=0.25) for reason in entry.reasons))
        for entry in one.digest.entries[::-1]
    )
    other = samples.edition([samples.paper(1), samples.paper(2)], entries=entries)
    first, second = shared(renderer.digest(one)), shared(renderer.digest(other))
    assert [id(piece) for piece in first if "papers/" in piece] == [
        id(piece) for piece in second[::-1] if "papers/" in piece
    ]


def test_a_paper_that_was_amended_is_shown_as_it_is_now() -> None:
    renderer = new_renderer()
    renderer.digest(samples.edition([samples.paper(1)]))
    link = Link(LinkKind.CODE, "https://example.org/new")
    for now in (samples.paper(1, abstract="Amended."), samples.paper(1, links=(link,))):
        edition = samples.edition([now])
        mail = renderer.digest(edition)
        assert mail == new_renderer().digest(edition)
        assert "Amended." in mail.text or link.url in mail.text


def test_a_paper_met_for_another_reason_says_so() -> None:
    renderer = new_renderer()
    renderer.digest(samples.edition([samples.paper(1)]))
    entry = samples.entry(samples.paper(1))
    other = replace(entry, reasons=(replace(entry.reasons[0], expression="spectral gap"),))
    mail = renderer.digest(samples.edition([samples.paper(1)], entries=(other,)))
    assert "spectral gap" in mail.html.partition('class="foot"')[0]
    assert "spectral gap" in mail.text


def test_readers_get_nothing_of_each_other() -> None:
    renderer = new_renderer()
    ada = samples.edition()
    bob = replace(ada, subscriber=samples.subscriber(id=8, address="bob@example.org"))
    renderer.digest(ada)
    mail = renderer.digest(bob)
    for own in (samples.links().unsubscribe, samples.links().preferences):
        assert own(ada.subscriber) not in mail.html + mail.text
        assert own(bob.subscriber) in mail.html
        assert own(bob.subscriber) in mail.text
    assert not any("unsubscribe" in piece for piece in shared(mail))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.rendering.cards._REMEMBERED_CARDS", 10)
    monkeypatch.setattr("digest.rendering.cards._REMEMBERED_PAPERS", 10)
    cards = Cards(samples.links())
    for number in range(1, 60):
        edition = samples.edition([samples.paper(number)])
        cards.of(edition, next(shapes(1)))
    assert len(cards._versions) <= 10  # noqa: SLF001  what is bounded
    assert cards._card.cache_info().currsize <= 10  # noqa: SLF001  the same


@pytest.mark.parametrize(
    "body",
    [
        "{{ unsubscribe_url }}",
        "{{ subscriber.address }}",
        "{{ loop.index }}",
        "{% if digest.matched %}x{% endif %}",
        "{% for each in cards %}{{ each.url }}{% endfor %}",
        "{{ self.foot() }}",
        "{{ caller() }}",
    ],
)
def test_a_remembered_block_that_shows_a_readers_own_is_refused(body: str, tmp_path: Path) -> None:
    html = "<div>{% remembered card in cards %}\n<p>" + body + "</p>\n{% endremembered %}</div>"
    with pytest.raises(TemplateError, match="others read it too"):
        with_template(tmp_path, html).compile_all()


@pytest.mark.parametrize(
    "source",
    [
        "{% set site_name = subscriber.address %}x",
        "{% with home_url = unsubscribe_url %}x{% endwith %}",
        "{% for postal in cards %}x{% endfor %}",
        "{% macro m(site_name) %}x{% endmacro %}",
        "{% set postal %}x{% endset %}",
        "{% import 'email/cadence.txt' as postal %}",
    ],
)
def test_what_is_the_same_in_every_mail_cannot_be_assigned(source: str, tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="cannot be assigned"):
        with_template(tmp_path, "<p>x</p>", source).compile_all()


def test_what_a_remembered_block_includes_is_not_known_and_so_refused(tmp_path: Path) -> None:
    source = "{% remembered card in cards %}{% include 'email/cadence.txt' %}{% endremembered %}"
    with pytest.raises(TemplateError, match="what it includes"):
        with_template(tmp_path, "<p>x</p>", source).compile_all()


@pytest.mark.parametrize(
    "source",
    [
        "{% remembered each in interests %}{{ each }}{% endremembered %}",
        "{% set all %}{% remembered each in cards %}x{% endremembered %}{% endset %}{{ all }}",
    ],
)
def test_what_cannot_be_remembered_is_told(source: str, tmp_path: Path) -> None:
    renderer = with_template(tmp_path, "<p>x</p>", source)
    with pytest.raises(TemplateError, match=r"email/digest/body\.txt"):
        renderer.digest(samples.edition())


def test_an_operators_template_may_use_a_plain_loop(tmp_path: Path) -> None:
    html = "<p>{% for card in cards %}{{ loop.index }} {{ card.plain_title }} {% endfor %}</p>"
    mail = with_template(tmp_path, html).digest(samples.edition())
    assert "2 What Does a Retriever Know?" in lxml_html.fromstring(mail.html).text_content()


@pytest.mark.parametrize("before", ["<p>", "<p>\n"])
def test_blocks_within_a_line_are_right_and_not_shared(before: str, tmp_path: Path) -> None:
    html = before + "{% remembered card in cards %}{{ card.plain_title }}; {% endremembered %}</p>"
    renderer = with_template(tmp_path, html)
    mail = renderer.digest(samples.edition())
    assert mail == renderer.digest(samples.edition())
    assert shared(mail) == []
    assert mail.html.count(";") >= 8


chunks = st.one_of(
    st.text("ab\n", max_size=8),
    st.just("<style>\n" + "css\n" * 300),
    st.just("x" * 1200),
    st.lists(
        st.text("ab\n", max_size=5).map(lambda text: Shared(text) if text[-1:] == "\n" else text)
    ).map(Blocks),
)


@given(st.lists(chunks))
def test_pieces_are_whole_lines_and_together_what_was_given(given: list[str | Blocks]) -> None:
    pieces = in_pieces(given)
    whole = "".join("".join(each) for each in given)
    assert "".join(pieces) == whole
    assert all(piece.endswith("\n") for piece in pieces[:-1])
    assert all(piece.endswith("\n") for piece in pieces if isinstance(piece, Shared))


def test_a_template_without_such_blocks_comes_in_pieces_too() -> None:
    context = {"interests": ["one"], "more_interests": 0}
    pieces = render_pieces(email_environment(), "email/wishes.txt", context)
    assert pieces == ("  - one\n",)


@pytest.mark.parametrize("filler", ["Long words & such. ", "\U0001f600"])
def test_the_shape_is_the_fullest_that_fits(filler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = samples.heavy_edition(30, filler)
    chosen = samples.renderer().digest(edition)
    tried = []
    for shape in shapes(30):
        monkeypatch.setattr("digest.rendering.email.shapes", lambda _, only=shape: iter([only]))
        tried.append(samples.renderer().digest(edition))
        if encoded_size(tried[-1].html_body) <= MAX_ENCODED_HTML:
            break
    assert len(tried) > 1
    assert chosen == tried[-1]
    assert len(quoted_body(chosen.html_body)) <= encoded_size(chosen.html_body) <= MAX_ENCODED_HTML
