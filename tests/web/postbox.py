"""A transport that keeps the mails it is given, as somebody's programs would look through them."""

from email import message_from_bytes, policy
from html import unescape

from digest.delivery.transports import OutgoingMail
from digest.model.deliveries import Outcome, Verdict


class Postbox:
    """Keeps what it is given: the HTML of each mail, and all that is to be read in it as one text."""

    name = "postbox"
    is_idempotent = False

    def __init__(self) -> None:
        self.html: list[str] = []
        self.mails: list[str] = []

    def deliver(self, mail_out: OutgoingMail) -> Verdict:
        mail = message_from_bytes(mail_out.message, policy=policy.default)
        bodies = [mail.get_body((kind,)) for kind in ("html", "plain")]
        html, text = (body.get_content() if body else "" for body in bodies)
        self.html.append(html)
        self.mails.append("\n".join([*map(str, mail.values()), unescape(html), unescape(text)]))
        return Verdict(Outcome.ACCEPTED, "kept")
