"""Mails as a tutorial would make them: what ours must equal, and what they are measured against.

Cards are made anew of each digest's entries, one by one. A template is rendered whole for each mail,
plain loops where ours remembers, the reader's token in its links from the start; premailer, or
another, is run over the whole; `EmailMessage` makes bytes.
"""

import re
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from jinja2 import BaseLoader, Environment

from digest.delivery.message import Envelope
from digest.model.digests import DigestEdition, Entry, Field
from digest.model.languages import LANGUAGES
from digest.rendering.budget import Shape, shorten
from digest.rendering.bylines import byline
from digest.rendering.cards import About, Card, Cards, Folded
from digest.rendering.email import MailRenderer, RenderedMail
from digest.rendering.environment import email_environment
from digest.rendering.inline import premail
from digest.rendering.languages import ENGLISH, Language, language
from digest.rendering.links import Links, NamedLink, named_links
from digest.rendering.marks import Piece, pieces
from digest.rendering.reasons import why
from digest.text import clip

_LOOP = re.compile(r"\{% remembered (\w+) in (.+?) %\}")
_END = re.compile(r"\{% endremembered %\}")
# The stdlib encodes what is longer than a line, and so spoils a long address in a header.
_NO_FOLDING = SMTP.clone(max_line_length=None)


_WISHES = (("More like this", "more"), ("Less like this", "less"), ("Mute", "mute"))


class PlainCards(Cards):
    """Cards that nobody remembers, and without gaps: each says all there is of its entry."""

    def __init__(self, links: Links) -> None:
        super().__init__(links)
        self._plain = links

    def of(self, edition: DigestEdition, shape: Shape, words: Language = ENGLISH) -> list[Card]:
        """Return the cards of the first papers."""
        cards: list[Card] = []
        for entry in edition.digest.entries:
            if len(cards) < shape.shown:
                is_whole = len(cards) < shape.whole
                cards.append(self._plain_card(edition, entry, shape, words, is_whole=is_whole))
        return cards

    def _plain_card(
        self, edition: DigestEdition, entry: Entry, shape: Shape, words: Language, *, is_whole: bool
    ) -> Card:
        links, paper, told = self._plain, edition.papers[entry.paper_id], why(entry.reasons, words)
        title: tuple[Piece, ...] = (Piece(clip(paper.title, shape.title), is_match=False),)
        for reason in reversed(entry.reasons):
            is_titles = reason.field is Field.TITLE and reason.sentence == paper.title
            if is_titles and reason.spans and len(paper.title) <= shape.title:
                title = pieces(reason, shape.title)
        token = links.steering_token(edition.subscriber)
        steering = [
            NamedLink(words.gettext(label), links.steer(token, paper, wish))
            for label, wish in _WISHES
        ]
        about = About(
            shorten(paper.abstract, shape.abstract),
            named_links(paper, shape.links, words),
            tuple(steering),
            byline(paper.authors, words),
        )
        folded = [edition.papers[number] for number in entry.folded]
        named = [
            Folded(clip(each.title, min(shape.title, 160)), links.paper(each))
            for each in folded[: shape.folded]
        ]
        return Card(
            url=links.paper(paper),
            title=title,
            plain_title="".join(piece.text for piece in title),
            grounds=told.grounds,
            sentence=pieces(told.quoted, shape.sentence) if told.quoted else (),
            besides=told.besides,
            about=about,
            is_whole=is_whole,
            folded=tuple(named),
            unnamed=len(folded) - len(named),
            topic=entry.topic,
        )


class Naive:
    """Renders digests, remembering nothing but the compiled templates."""

    def __init__(
        self, links: Links, site_name: str, postal: str, inline: Callable[[str], str] = premail
    ) -> None:
        self._inline = inline
        self._renderer = MailRenderer(links, site_name, postal=postal)
        plain = {code: _plain(language(code)) for code in LANGUAGES}
        self._renderer._environments = plain  # noqa: SLF001  plain templates
        self._renderer._cards = PlainCards(links)  # noqa: SLF001  nothing remembered

    def digest(self, edition: DigestEdition) -> RenderedMail:
        """Return a digest's mail whose styles are not inlined."""
        return self._renderer.digest(edition)

    def message(self, edition: DigestEdition, envelope: Envelope, cte: str) -> bytes:
        """Return a digest's bytes, its parts in one content transfer encoding."""
        mail = self.digest(edition)
        message = _head(envelope)
        message["Subject"] = mail.subject
        message.set_content(mail.text, cte=cte)
        message.add_alternative(self._inline(mail.html), subtype="html", cte=cte)
        return message.as_bytes(policy=_NO_FOLDING)


def _head(envelope: Envelope) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    domain = envelope.sender.rpartition("@")[2]
    ways = [f"<{way}>" for way in (envelope.one_click_url, envelope.unsubscribe_mailto) if way]
    message["From"] = Address(envelope.sender_name, addr_spec=envelope.sender)
    message["To"] = envelope.recipient
    message["Date"] = envelope.planned_at
    message["Message-ID"] = f"<{envelope.key}@{domain}>"
    message["List-Id"] = f'"{envelope.site_name}" <{envelope.list_id}>'
    message["List-Unsubscribe"] = ", ".join(ways)
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["List-Help"] = f"<{envelope.help_url}>"
    message["Precedence"] = "bulk"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Feedback-ID"] = f"::digest:{domain.replace('.', '')[:15]}"
    message["X-Digest-Key"] = envelope.key
    return message


def _plain(words: Language) -> Environment:
    environment = email_environment(language=words, inliner=lambda html, _: html)
    assert environment.loader
    environment.loader = _PlainLoops(environment.loader)
    return environment


class _PlainLoops(BaseLoader):
    """Gives templates with a plain loop wherever they remember."""

    def __init__(self, files: BaseLoader) -> None:
        self._files = files

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, filename, is_current = self._files.get_source(environment, template)
        source = _LOOP.sub(r"{% for \1 in \2 %}", source)
        return _END.sub("{% endfor %}", source), filename, is_current
