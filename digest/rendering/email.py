"""A digest, or a word about a subscription, as a mail: subject, HTML and text of the same things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment

from digest.model.cadence import first_open_slot, next_slot
from digest.model.deliveries import MailKind
from digest.model.digests import DigestEdition, Entry
from digest.model.languages import LANGUAGES
from digest.model.mails import Body
from digest.model.subscribers import Subscriber
from digest.rendering.budget import Shape, fits, shapes
from digest.rendering.cards import Cards
from digest.rendering.environment import compiled, email_environment, render, render_pieces
from digest.rendering.groups import grouped
from digest.rendering.incomplete import incomplete_so_far
from digest.rendering.languages import Language, language
from digest.rendering.links import Links
from digest.rendering.marks import without_weight
from digest.text import clean_line, clip

MAX_SUBJECT = 110
# A reader may have fifty interests; the foot of a mail names the first few.
_NAMED_INTERESTS = 8
# Whoever gets papers of a day and the one before is not catching up.
_CATCH_UP = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """A mail's words; the subject is one line that may stand in a header.

    Many pieces of its parts are those of other mails as well, so that whoever encodes them can
    remember how.
    """

    subject: str
    html_body: Body
    text_body: Body

    @property
    def html(self) -> str:
        """Return the HTML part."""
        return self.html_body.words

    @property
    def text(self) -> str:
        """Return the text part."""
        return self.text_body.words


class MailRenderer:
    """Renders every kind of mail in its reader's language; equal arguments give equal mails.

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
        self._environments = {
            code: email_environment(template_override, language(code)) for code in LANGUAGES
        }
        self._links = links
        self._cards = Cards(links)
        self._site = {"site_name": site_name, "home_url": links.home(), "postal": postal}

    def compile_all(self) -> None:
        """Compile every template in every language; raises TemplateError for the first that fails."""
        for environment in self._environments.values():
            for kind in MailKind:
                for part in ("subject.txt", "body.txt", "body.html"):
                    compiled(environment, f"email/{kind}/{part}")

    def digest(self, edition: DigestEdition) -> RenderedMail:
        """Return a digest's mail, showing as much of each paper as its size allows."""
        words = language(edition.subscriber.language)
        about = {
            **self._about(edition.subscriber),
            **_circumstances(edition, words),
            "issue_url": self._links.issue(edition.subscriber, edition.digest.id),
            "pause_url": self._links.pause(edition.subscriber),
        }
        token = self._links.steering_token(edition.subscriber)
        to_try = shapes(len(edition.digest.entries))
        context, html = self._html(
            MailKind.DIGEST, self._shaped(edition, next(to_try), about), token
        )
        while not fits(html) and (shape := next(to_try, None)):
            context, html = self._html(MailKind.DIGEST, self._shaped(edition, shape, about), token)
        return self._with_text(MailKind.DIGEST, context, html)

    def confirm(self, subscriber: Subscriber, issued_at: datetime) -> RenderedMail:
        """Return the mail that asks a new reader whether it was they who subscribed."""
        confirm_url = self._links.confirm(subscriber, issued_at)
        asked_at = issued_at.astimezone(ZoneInfo(subscriber.cadence.zone))
        return self._mail(
            MailKind.CONFIRM,
            {**self._about(subscriber), "confirm_url": confirm_url, "asked_at": asked_at},
        )

    def already(self, subscriber: Subscriber) -> RenderedMail:
        """Return the mail to a reader who subscribes again: nothing changed, manage it here."""
        return self._mail(MailKind.ALREADY, self._about(subscriber))

    def welcome(self, subscriber: Subscriber, welcomed_at: datetime) -> RenderedMail:
        """Return the mail to a reader who has just become one: what comes, when, how to leave."""
        slot = first_open_slot(subscriber.cadence, welcomed_at, subscriber.paused_until)
        first_at = slot.due_at.astimezone(ZoneInfo(subscriber.cadence.zone))
        return self._mail(MailKind.WELCOME, {**self._about(subscriber), "first_at": first_at})

    def goodbye(self, subscriber: Subscriber, left_at: datetime) -> RenderedMail:
        """Return the last mail to a reader who has left: it is done, and the way back."""
        left_on = left_at.astimezone(ZoneInfo(subscriber.cadence.zone)).date()
        return self._mail(MailKind.GOODBYE, {**self._about(subscriber), "left_on": left_on})

    def sign_in(self, subscriber: Subscriber, number: int, asked_at: datetime) -> RenderedMail:
        """Return the mail whose link signs a reader in."""
        return self._mail(
            MailKind.SIGN_IN,
            {
                **self._about(subscriber),
                "sign_in_url": self._links.sign_in(number, asked_at),
                "asked_at": asked_at.astimezone(ZoneInfo(subscriber.cadence.zone)),
            },
        )

    def move(self, subscriber: Subscriber, number: int, asked_at: datetime) -> RenderedMail:
        """Return the mail to a new address whose link has a reader's digests go there.

        It says nothing of the reader: whose address it is may be a stranger.
        """
        return self._mail(
            MailKind.MOVE,
            {
                **self._about(subscriber),
                "move_url": self._links.move(number, asked_at),
                "asked_at": asked_at.astimezone(ZoneInfo(subscriber.cadence.zone)),
            },
        )

    def moved(self, subscriber: Subscriber, moved_at: datetime) -> RenderedMail:
        """Return the last mail to the address that a reader's digests went to until now.

        Whoever reads it there may be no reader any more: its link stops mail, and that is all.
        """
        moved_on = moved_at.astimezone(ZoneInfo(subscriber.cadence.zone)).date()
        return self._mail(
            MailKind.MOVED,
            {
                **self._about(subscriber),
                "moved_on": moved_on,
                "unsubscribe_url": self._links.unsubscribe_only(subscriber),
            },
        )

    def _shaped(
        self, edition: DigestEdition, shape: Shape, about: Mapping[str, object]
    ) -> dict[str, object]:
        entries = edition.digest.entries
        count = _papers(entries)
        words = language(edition.subscriber.language)
        cards = self._cards.of(edition, shape, words)
        return {
            **about,
            "digest": edition.digest,
            "count": count,
            "cards": cards,
            "groups": grouped(entries, cards, words),
            "unshown": count - _papers(entries[: shape.shown]),
        }

    def _mail(self, kind: MailKind, context: dict[str, object]) -> RenderedMail:
        return self._with_text(kind, *self._html(kind, context))

    def _html(
        self, kind: MailKind, context: dict[str, object], token: str = ""
    ) -> tuple[dict[str, object], Body]:
        """Return the context with the subject in it, and the HTML part."""
        environment = self._environment_of(context)
        written = render(environment, f"email/{kind}/subject.txt", context)
        # Whoever shows the subject would read `=?` as the start of an encoded word.
        subject = clip(clean_line(written).replace("=?", "= ?"), MAX_SUBJECT)
        context = {**context, "subject": subject}
        pieces = render_pieces(environment, f"email/{kind}/body.html", context)
        return context, Body(pieces, token)

    def _with_text(self, kind: MailKind, context: dict[str, object], html: Body) -> RenderedMail:
        text = render_pieces(self._environment_of(context), f"email/{kind}/body.txt", context)
        return RenderedMail(str(context["subject"]), html, Body(text, html.token))

    def _environment_of(self, context: Mapping[str, object]) -> Environment:
        return self._environments[str(context["language"])]

    def _about(self, subscriber: Subscriber) -> dict[str, object]:
        expressions = [without_weight(interest.expression) for interest in subscriber.interests]
        confirmed_at = subscriber.confirmed_at
        zone = ZoneInfo(subscriber.cadence.zone)
        return {
            **self._site,
            "language": language(subscriber.language).code,
            "subscriber": subscriber,
            "interests": expressions[:_NAMED_INTERESTS],
            "more_interests": len(expressions[_NAMED_INTERESTS:]),
            "confirmed_on": confirmed_at.astimezone(zone).date() if confirmed_at else None,
            "preferences_url": self._links.preferences(subscriber),
            "unsubscribe_url": self._links.unsubscribe(subscriber),
        }


def _circumstances(edition: DigestEdition, words: Language) -> dict[str, object]:
    """Return what was read for a digest, since when if not of one day, and when the next one comes.

    The last only of a digest without papers: the others need not promise anything. What was read is
    told as it stands alone, `read`, and as it stands after the number of those that were chosen.
    `is_rest` says that the papers are the best of the rest, of a release that did not mark them too;
    `incomplete` in what the sources were incomplete, "" if in nothing.
    """
    digest, cadence = edition.digest, edition.subscriber.cadence
    zone = ZoneInfo(cadence.zone)
    since: date | None = None
    if edition.read_since is not None:
        since = edition.read_since.astimezone(zone).date()
        since = since if digest.period - since >= _CATCH_UP else None
    next_at = None
    if not digest.entries:
        next_at = next_slot(cadence, digest.composed_at, digest.period).due_at.astimezone(zone)
    return {
        "since": since,
        "read": _read(digest.considered, since, words),
        "among": _among(digest.considered, since, words),
        "next_at": next_at,
        "incomplete": incomplete_so_far(digest.lacking, words, cadence.zone, digest.period),
        "is_rest": bool(digest.entries) and (digest.is_rest or not digest.matched),
    }


def _read(considered: int, since: date | None, words: Language) -> str:
    number = words.number(considered)
    if since is None:
        return words.ngettext(
            "%(papers)s new paper", "%(papers)s new papers", considered, papers=number
        )
    return words.ngettext(
        "%(papers)s new paper since %(day)s",
        "%(papers)s new papers since %(day)s",
        considered,
        papers=number,
        day=words.day_month(since),
    )


def _among(considered: int, since: date | None, words: Language) -> str:
    number = words.number(considered)
    if since is None:
        return words.npgettext(
            "after 'of'",
            "%(papers)s new paper",
            "%(papers)s new papers",
            considered,
            papers=number,
        )
    return words.npgettext(
        "after 'of'",
        "%(papers)s new paper since %(day)s",
        "%(papers)s new papers since %(day)s",
        considered,
        papers=number,
        day=words.day_month(since),
    )


def _papers(entries: Sequence[Entry]) -> int:
    """Return how many papers entries show, those told under another among them."""
    return sum(1 + len(entry.folded) for entry in entries)
