"""Mails as a tutorial would make them: what ours must equal, and what they are measured against.

A template is rendered whole for each mail, plain loops where ours remembers, the reader's token in
its links from the start; premailer, or another, is run over the whole; `EmailMessage` makes bytes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from jinja2 import BaseLoader, Environment

from digest.delivery.message import Envelope
from digest.model.digests import DigestEdition
from digest.model.languages import DEFAULT_LANGUAGE, LANGUAGES
from digest.model.papers import Paper
from digest.model.subscribers import Subscriber
from digest.rendering.cards import Cards
from digest.rendering.email import MailRenderer, RenderedMail
from digest.rendering.environment import email_environment
from digest.rendering.inline import premail
from digest.rendering.languages import Language, language
from digest.rendering.links import Links

_LOOP = re.compile(r"\{% remembered (\w+) in (.+?) %\}")
_END = re.compile(r"\{% endremembered %\}")
# The stdlib encodes what is longer than a line, and so spoils a long address in a header.
_NO_FOLDING = SMTP.clone(max_line_length=None)


@dataclass(frozen=True, slots=True)
class OneReadersLinks(Links):
    """Links of one reader's mail: none has a gap."""

    reader: Subscriber

    def steer(self, token: str, paper: Paper, wish: str) -> str:
        """Return the reader's own link, whatever the token."""
        del token
        return Links.steer(self, self.steering_token(self.reader), paper, wish)


class Naive:
    """Renders digests, remembering nothing but the compiled templates."""

    def __init__(
        self, links: Links, site_name: str, postal: str, inline: Callable[[str], str] = premail
    ) -> None:
        self._links = links
        self._inline = inline
        self._renderer = MailRenderer(links, site_name, postal=postal)
        plain = {code: _plain(language(code)) for code in LANGUAGES}
        self._renderer._environment = plain[DEFAULT_LANGUAGE]  # noqa: SLF001  plain templates
        self._renderer._others = plain  # noqa: SLF001  the same

    def digest(self, edition: DigestEdition) -> RenderedMail:
        """Return a digest's mail whose styles are not inlined."""
        links = OneReadersLinks(self._links.base_url, self._links.tokens, edition.subscriber)
        self._renderer._cards = Cards(links)  # noqa: SLF001  cards of this mail alone
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
