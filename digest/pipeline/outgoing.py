"""Mails on their way out: loaded in sets, each built once, at the moment a connection is free."""

import hashlib
import logging
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from digest.clock import Clock
from digest.delivery.dkim import Signer, sign
from digest.delivery.message import Envelope, build_message
from digest.delivery.transports import OutgoingMail, Transport
from digest.delivery.verp import Returns
from digest.errors import DigestError, StoreAwayError
from digest.model.deliveries import Delivery, MailKind, Refusal
from digest.model.digests import Digest, DigestEdition
from digest.model.papers import Paper
from digest.model.subscribers import Subscriber
from digest.rendering.email import MailRenderer, RenderedMail
from digest.rendering.links import Links
from digest.store import digests, dumps, papers, subscribers
from digest.store.engine import Connection, Database

logger = logging.getLogger(__name__)

_NOT_IN_LIST_ID = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Leases:
    """How long a worker may be silent, in seconds.

    The margin is what one mail may take from its arming on: SMTP's ten minutes for the last reply,
    and some for sending the body.
    """

    length: float = 900
    renewal: float = 60
    margin: float = 660

    @classmethod
    def lasting(cls, seconds: float) -> Self:
        """Return leases of a length; below the usual one everything else shrinks with it."""
        share = min(1.0, seconds / cls().length)
        return cls(seconds, cls().renewal * share, cls().margin * share)

    @property
    def patience(self) -> float:
        """Return which share of the usual time mail servers may take, so that it fits the margin."""
        return self.margin / type(self)().margin


@dataclass(slots=True)
class Lately:
    """How mail to a domain group has gone lately, as far as this process knows."""

    successes: int = 0
    refusals: deque[bool] = field(default_factory=lambda: deque(maxlen=200))
    seconds: float = 0


@dataclass(frozen=True, slots=True)
class Sender:
    """Everything a worker needs to turn deliveries into mail.

    `transports` come in order of preference; `rates` are mails a second by domain group;
    `connections` are open at once at most. `returns` makes the addresses that bounces come back
    to, `signers` the DKIM signatures; `spill` is the folder for verdicts the database would not
    take. `lately` is remembered from round to round.
    """

    database: Database
    transports: Sequence[Transport]
    renderer: MailRenderer
    links: Links
    site_name: str
    mail_from: str
    authority: str
    owner: str
    clock: Clock
    signers: Sequence[Signer] = ()
    returns: Returns | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    connections: int = 20
    resends: bool = True
    leases: Leases = Leases()
    spill: Path | None = None
    patience: float = 60
    lately: dict[str, Lately] = field(default_factory=dict)


@dataclass(slots=True)
class Job:
    """A claimed delivery with what it says; `built` once it was its turn."""

    delivery: Delivery
    batch: "Batch"
    built: OutgoingMail | None = None
    message_hash: str = ""
    refusal: Refusal | None = None
    is_armed: bool = False
    is_done: bool = False
    taken_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What claimed mails say, loaded at once.

    `read_since` is when the first papers after a mark were read: a digest's window begins at one.
    """

    subscribers: Mapping[int, Subscriber]
    digests: Mapping[int, Digest]
    papers: Mapping[int, Paper]
    read_since: Mapping[int, datetime] = field(default_factory=dict)


def load(database: Database, claimed: Sequence[Delivery]) -> Batch:
    """Return what the mails say; if one of them has a damaged row, that of the others.

    Raises StoreAwayError: that none can be read is no fault of theirs.
    """
    try:
        return database.try_read(lambda connection: _load_all(connection, claimed))
    except StoreAwayError:
        raise
    except Exception:
        if len(claimed) == 1:
            logger.exception("delivery %d cannot be loaded", claimed[0].id)
            return Batch({}, {}, {})
    parts = [load(database, [delivery]) for delivery in claimed]
    return Batch(
        subscribers={key: each for part in parts for key, each in part.subscribers.items()},
        digests={key: each for part in parts for key, each in part.digests.items()},
        papers={key: each for part in parts for key, each in part.papers.items()},
        read_since={key: each for part in parts for key, each in part.read_since.items()},
    )


def load_one(database: Database, subscriber: Subscriber, digest: Digest) -> Batch:
    """Return what the mail of one digest says, stored or not, to this reader."""
    with database.reading() as connection:
        return Batch(
            subscribers={subscriber.id: subscriber},
            digests={digest.id: digest},
            papers=papers.papers_by_id(connection, digest.paper_ids),
            read_since=dumps.first_read_after(connection, [digest.window.after]),
        )


def _load_all(connection: Connection, claimed: Sequence[Delivery]) -> Batch:
    found = digests.digests_by_id(
        connection, [each.digest_id for each in claimed if each.digest_id is not None]
    )
    entries = [entry for digest in found.values() for entry in digest.entries]
    wanted = {number for entry in entries for number in entry.paper_ids}
    return Batch(
        subscribers=subscribers.subscribers_by_id(
            connection, {each.subscriber_id for each in claimed}
        ),
        digests=found,
        papers=papers.papers_by_id(connection, wanted),
        read_since=dumps.first_read_after(
            connection, {digest.window.after for digest in found.values()}
        ),
    )


def build(sender: Sender, job: Job) -> OutgoingMail:
    """Return a job's mail, built at the first call; raises whatever rendering it raises."""
    if job.built is None:
        delivery = job.delivery
        message = build_mail(sender, job.batch, delivery)
        returns = sender.returns
        return_to = returns.bounce_address(delivery.id) if returns else sender.mail_from
        job.message_hash = hashlib.sha256(message).hexdigest()
        job.built = OutgoingMail(delivery.key, return_to, delivery.address, message)
    return job.built


def build_mail(sender: Sender, batch: Batch, delivery: Delivery) -> bytes:
    """Return the bytes of a delivery, signed: the same whenever they are asked for.

    They are made of what was stored with the digest, of its papers, of the reader's links, and of the
    site's settings, secrets and templates. Only when one of these changes between two attempts, as
    when a paper is amended, do the bytes; `is_same_as_before` then keeps a mail back that may have
    arrived.
    """
    subscriber = batch.subscribers[delivery.subscriber_id]
    rendered = _render(sender.renderer, subscriber, batch, delivery)
    is_digest = delivery.kind is MailKind.DIGEST
    links, returns = sender.links, sender.returns
    leave_address = (
        returns.leave_address(subscriber.id, subscriber.token_version)
        if returns and is_digest
        else None
    )
    envelope = Envelope(
        sender=sender.mail_from,
        sender_name=sender.site_name,
        recipient=delivery.address,
        site_name=sender.site_name,
        key=delivery.key,
        planned_at=delivery.planned_at,
        list_id=f"digest.{_NOT_IN_LIST_ID.sub('-', sender.authority)}" if is_digest else None,
        unsubscribe_url=links.unsubscribe(subscriber) if is_digest else None,
        one_click_url=links.one_click(subscriber) if is_digest else None,
        unsubscribe_mailto=f"mailto:{leave_address}?subject=unsubscribe" if leave_address else None,
        help_url=links.preferences(subscriber) if is_digest else None,
    )
    message = build_message(envelope, rendered.subject, rendered.html_body, rendered.text_body)
    return sign(message, delivery.planned_at, sender.signers)


def _render(  # noqa: PLR0911  one way a kind
    renderer: MailRenderer, subscriber: Subscriber, batch: Batch, delivery: Delivery
) -> RenderedMail:
    match delivery.kind:
        case MailKind.CONFIRM:
            return renderer.confirm(subscriber, delivery.planned_at)
        case MailKind.ALREADY:
            return renderer.already(subscriber)
        case MailKind.WELCOME:
            return renderer.welcome(subscriber, delivery.planned_at)
        case MailKind.GOODBYE:
            return renderer.goodbye(subscriber, delivery.planned_at)
        case MailKind.SIGN_IN:
            return renderer.sign_in(subscriber, _number(delivery), delivery.planned_at)
        case MailKind.MOVE:
            return renderer.move(subscriber, _number(delivery), delivery.planned_at)
        case MailKind.MOVED:
            return renderer.moved(subscriber, delivery.planned_at)
        case MailKind.DIGEST:
            if delivery.digest_id is None:
                message = f"delivery {delivery.id} is a digest's and names none"
                raise DigestError(message)
            digest = batch.digests[delivery.digest_id]
            shown = {number: batch.papers[number] for number in digest.paper_ids}
            since = batch.read_since.get(digest.window.after)
            reader = _as_composed(subscriber, digest)
            return renderer.digest(DigestEdition(digest, reader, shown, since))


def _number(delivery: Delivery) -> int:
    """Return the number of what was asked for: its mail's name begins with it (`link_delivery`)."""
    return int(delivery.period.partition("-")[0])


def _as_composed(subscriber: Subscriber, digest: Digest) -> Subscriber:
    """Return the reader with the wishes the digest answers, whatever they have changed since."""
    if digest.wishes is None:  # composed by a release that did not keep them
        return subscriber
    return replace(
        subscriber,
        interests=digest.wishes.interests,
        cadence=digest.wishes.cadence,
        papers_per_digest=digest.wishes.papers_per_digest,
        language=digest.wishes.language,
    )


def is_same_as_before(job: Job) -> bool:
    """Tell whether a mail that may have arrived once is still the same bytes.

    A first copy that nobody may have got binds nothing.
    """
    before = job.delivery.message_hash
    return not job.delivery.is_maybe_duplicate or before is None or before == job.message_hash
