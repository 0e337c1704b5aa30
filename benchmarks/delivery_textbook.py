"""How a tutorial would send digests: no state, one mail after the other, every library as it comes."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import dkim

from benchmarks.delivery_load import AUTHORITY, Site
from benchmarks.mail import Keys
from digest.model.deliveries import Delivery
from digest.model.digests import DigestEdition
from digest.pipeline.outgoing import load
from digest.rendering.email import MailRenderer, RenderedMail
from digest.rendering.environment import email_environment
from digest.store import deliveries


def send(site: Site, port: int, count: int, keys: Keys | None = None) -> None:
    """Render, build, sign if there are keys, and send the first mails of a site."""
    with smtplib.SMTP("127.0.0.1", port, "localhost") as client:
        for mail, rendered in rendered_mails(site, count):
            message = _message(mail, rendered.subject, rendered.html, rendered.text)
            if keys:
                how = (b"relaxed", b"simple")
                header = dkim.sign(
                    message, b"march", AUTHORITY.encode(), keys.pem, canonicalize=how
                )
                message = header + message
            client.sendmail(f"digest@{AUTHORITY}", [mail.address], message)


def rendered_mails(site: Site, count: int) -> Iterator[tuple[Delivery, RenderedMail]]:
    """Give the first mails of a site, each rendered for itself."""
    with site.database.reading() as connection:
        mails = deliveries.find_deliveries(connection, limit=count)
    batch = load(site.database, mails)
    environment = email_environment()
    for mail in mails:
        # A renderer of its own: what is remembered of other mails is not in the textbook.
        renderer = MailRenderer(site.links, "Digest")
        renderer._environments = {"en": environment}  # noqa: SLF001  compiled once, also there
        digest = batch.digests[mail.digest_id or 0]
        shown = {number: batch.papers[number] for number in digest.paper_ids}
        reader = batch.subscribers[mail.subscriber_id]
        yield mail, renderer.digest(DigestEdition(digest, reader, shown))


def _message(mail: Delivery, subject: str, html: str, text: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = f"Digest <digest@{AUTHORITY}>", mail.address
    message["Subject"] = subject
    message["Date"] = format_datetime(mail.planned_at)
    message["Message-ID"] = f"<{mail.key}@{AUTHORITY}>"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message.as_bytes()
