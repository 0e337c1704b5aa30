"""A digest, or a word about a subscription, as a mail: subject, HTML and text of the same things."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.model.deliveries import MailKind
from digest.model.digests import DigestEdition, Entry, Field, Reason
from digest.model.papers import Paper
from digest.model.subscribers import Subscriber
from digest.rendering.budget import Shape, fits, shapes, shorten
from digest.rendering.environment import compiled, email_environment, render
from digest.rendering.links import Links, NamedLink, named_links
from digest.rendering.marks import Piece, pieces, without_weight
from digest.text import clean_line, clip

MAX_SUBJECT = 110
# A reader may have fifty interests; the foot of a mail names the first few.
_NAMED_INTERESTS = 8
_NAMED_REASONS = 3


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail's words; the subject is one line that may stand in a header."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """A paper as a mail shows it: both parts say the same of it.

    `interests` are the expressions it met, the largest share first; `title` has the words marked
    that matched there, `sentence` is the one of the abstract that matched, if any.
    """

    number: int
    url: str
    title: tuple[Piece, ...]
    interests: tuple[str, ...]
    sentence: tuple[Piece, ...]
    abstract: str
    links: tuple[NamedLink, ...]
    is_whole: bool

    @property
    def plain_title(self) -> str:
        """Return the title without marks."""
        return "".join(piece.text for piece in self.title)


class MailRenderer:
    """Renders every kind of mail; equal arguments give equal mails.

    Templates are compiled at their first use, or all of them by `compile_all`. `template_override`
    is a folder laid out as ours (`email/digest/body.html`) whose files come first; `postal` is the
    sender's postal line for the foot.
    """

    def __init__(
        self,
        links: Links,
        site_name: str,
        template_override: Path | None = None,
        postal: str | None = None,
    ) -> None:
        self._environment = email_environment(template_override)
        self._links = links
        self._site = {"site_name": site_name, "home_url": links.home(), "postal": postal}

    def compile_all(self) -> None:
        """Compile every template; raises TemplateError for the first that cannot be."""
        for kind in MailKind:
            for part in ("subject.txt", "body.txt", "body.html"):
                compiled(self._environment, f"email/{kind}/{part}")

    def digest(self, edition: DigestEdition) -> RenderedMail:
        """Return a digest's mail, showing as much of each paper as its size allows."""
        to_try = shapes(len(edition.digest.entries))
        mail = self._digest(edition, next(to_try))
        while not fits(mail.html) and (shape := next(to_try, None)):
            mail = self._digest(edition, shape)
        return mail

    def confirm(self, subscriber: Subscriber, issued_at: datetime) -> RenderedMail:
        """Return the mail that asks a new reader whether it was they who subscribed."""
        confirm_url = self._links.confirm(subscriber, issued_at)
        asked_at = issued_at.astimezone(UTC)
        return self._mail(
            MailKind.CONFIRM,
            {**self._about(subscriber), "confirm_url": confirm_url, "asked_at": asked_at},
        )

    def already(self, subscriber: Subscriber) -> RenderedMail:
        """Return the mail to a reader who subscribes again: nothing changed, manage it here."""
        return self._mail(MailKind.ALREADY, self._about(subscriber))

    def _digest(self, edition: DigestEdition, shape: Shape) -> RenderedMail:
        entries = edition.digest.entries
        cards = [
            self._card(number, entry, edition.papers[entry.paper_id], shape)
            for number, entry in enumerate(entries[: shape.shown], start=1)
        ]
        return self._mail(
            MailKind.DIGEST,
            {
                **self._about(edition.subscriber),
                "digest": edition.digest,
                "count": len(entries),
                "cards": cards,
                "unshown": len(entries) - len(cards),
            },
        )

    def _mail(self, kind: MailKind, context: Mapping[str, object]) -> RenderedMail:
        written = render(self._environment, f"email/{kind}/subject.txt", context)
        # Whoever shows the subject would read `=?` as the start of an encoded word.
        subject = clip(clean_line(written).replace("=?", "= ?"), MAX_SUBJECT)
        context = {**context, "subject": subject}
        return RenderedMail(
            subject=subject,
            html=render(self._environment, f"email/{kind}/body.html", context),
            text=render(self._environment, f"email/{kind}/body.txt", context),
        )

    def _about(self, subscriber: Subscriber) -> dict[str, object]:
        expressions = [without_weight(interest.expression) for interest in subscriber.interests]
        confirmed_at = subscriber.confirmed_at
        zone = ZoneInfo(subscriber.cadence.zone)
        return {
            **self._site,
            "subscriber": subscriber,
            "interests": expressions[:_NAMED_INTERESTS],
            "more_interests": len(expressions[_NAMED_INTERESTS:]),
            "confirmed_on": confirmed_at.astimezone(zone).date() if confirmed_at else None,
            "preferences_url": self._links.preferences(subscriber),
            "unsubscribe_url": self._links.unsubscribe(subscriber),
        }

    def _card(self, number: int, entry: Entry, paper: Paper, shape: Shape) -> Card:
        is_whole = number <= shape.whole
        in_title = [reason for reason in entry.reasons if reason.field is Field.TITLE]
        in_abstract = [reason for reason in entry.reasons if reason.field is Field.ABSTRACT]
        interests = dict.fromkeys(without_weight(reason.expression) for reason in entry.reasons)
        return Card(
            number=number,
            url=self._links.paper(paper),
            title=_title(paper, in_title, shape.title),
            interests=tuple(interests)[:_NAMED_REASONS],
            sentence=pieces(in_abstract[0], shape.sentence) if in_abstract else (),
            abstract=shorten(paper.abstract, shape.abstract),
            links=named_links(paper, shape.links) if is_whole else (),
            is_whole=is_whole,
        )


def _title(paper: Paper, reasons: list[Reason], length: int) -> tuple[Piece, ...]:
    for reason in reasons:
        if reason.sentence == paper.title and len(paper.title) <= length:
            return pieces(reason, length)
    return (Piece(clip(paper.title, length), is_match=False),)
