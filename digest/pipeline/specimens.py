"""Mails to look at: the very bytes that would be sent, made of what is there; nothing is changed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

from digest.delivery.address import address_key, normal_address
from digest.errors import DigestError
from digest.model.deliveries import Delivery, DeliveryState, MailKind
from digest.model.digests import Digest
from digest.model.subscribers import Subscriber
from digest.pipeline.outgoing import Batch, Sender, build_mail, load_one
from digest.pipeline.samples import Sample
from digest.store import deliveries, digests, subscribers
from digest.store.engine import Connection

# Composes what a reader would get now, stored nowhere; None if that is nothing.
Foresight = Callable[[Subscriber], Digest | None]


@dataclass(frozen=True, slots=True)
class Specimen:
    """A mail as it would go out, and what it shows; its parts are read back from its bytes."""

    kind: MailKind
    shows: str
    recipient: str
    message: bytes

    @property
    def subject(self) -> str:
        """Return the subject as a mail program shows it."""
        return str(self._read()["Subject"])

    @property
    def html(self) -> str:
        """Return the HTML part."""
        return self._part("html")

    @property
    def text(self) -> str:
        """Return the text part."""
        return self._part("plain")

    @property
    def html_size(self) -> int:
        """Return how many bytes the HTML part takes as it is encoded, which is what Gmail counts."""
        body = self._read().get_body(("html",))
        return len(str(body.get_payload())) if body else 0

    def _part(self, subtype: str) -> str:
        body = self._read().get_body((subtype,))
        return str(body.get_content()) if body else ""

    def _read(self) -> EmailMessage:
        return message_from_bytes(self.message, _class=EmailMessage, policy=policy.default)


def find_reader(sender: Sender, address: str) -> Subscriber:
    """Return the reader of an address; raises AddressError, and DigestError where there is none."""
    key = address_key(normal_address(address))
    with sender.database.reading() as connection:
        reader = subscribers.subscriber_by_address(connection, key)
    if reader is None:
        raise DigestError(f"{address} is no reader: `digest readers` lists them")
    return reader


def newest_digest(connection: Connection, reader: Subscriber) -> tuple[Delivery, Digest] | None:
    """Return a reader's newest digest with its place in the ledger, None if they never had one."""
    for delivery in deliveries.deliveries_of(connection, reader.id):
        if delivery.digest_id is not None:
            digest = digests.digests_by_id(connection, [delivery.digest_id])
            return (delivery, digest[delivery.digest_id]) if digest else None
    return None


def account_specimen(sender: Sender, kind: MailKind, reader: Subscriber) -> Specimen:
    """Return a mail about a reader's subscription as it would go out now."""
    delivery = made_up(sender, kind, reader)
    return _specimen(sender, f"the mail `{kind}`", Batch({reader.id: reader}, {}, {}), delivery)


def digest_specimen(sender: Sender, reader: Subscriber, foresight: Foresight) -> Specimen:
    """Return a reader's newest digest, or what they would get now if they never had one.

    One that has its place in the ledger is the mail that was sent, or waits, byte by byte. Raises
    DigestError where there is nothing to show.
    """
    with sender.database.reading() as connection:
        newest = newest_digest(connection, reader)
    if newest:
        delivery, digest = newest
        shows = f"the digest of {digest.period}, {delivery.state}"
    elif composed := foresight(reader):
        digest, shows = composed, "the digest that would be composed now"
        delivery = made_up(sender, MailKind.DIGEST, reader, digest)
    else:
        hint = "`--kind quiet` shows a day without papers, and no --reader shows a sample"
        raise DigestError(f"{reader.address} would get no mail now, nothing new matches: {hint}")
    return _specimen(sender, shows, load_one(sender.database, reader, digest), delivery)


def sample_specimen(sender: Sender, sample: Sample) -> Specimen:
    """Return the mail of a sample digest."""
    reader, digest = sample.reader, sample.digest
    delivery = made_up(sender, MailKind.DIGEST, reader, digest)
    since = {digest.window.after: sample.read_since}
    batch = Batch({reader.id: reader}, {digest.id: digest}, sample.papers, since)
    return _specimen(sender, sample.about, batch, delivery)


def _specimen(sender: Sender, shows: str, batch: Batch, delivery: Delivery) -> Specimen:
    message = build_mail(sender, batch, delivery)
    return Specimen(delivery.kind, shows, delivery.address, message)


def made_up(
    sender: Sender, kind: MailKind, reader: Subscriber, digest: Digest | None = None
) -> Delivery:
    """Return a delivery as the ledger might hold it, but that its key is none of the ledger's."""
    now = sender.clock().replace(microsecond=0)
    name = f"{reader.id} {kind} {digest.period if digest else ''}"
    return Delivery(
        id=0,
        subscriber_id=reader.id,
        kind=kind,
        # Links that are good once are made of a number that nothing has.
        period=digest.period.isoformat() if digest else "0",
        digest_id=digest.id if digest else None,
        address=reader.address,
        key=f"preview-{hashlib.sha256(name.encode()).hexdigest()[:24]}",
        state=DeliveryState.READY,
        attempts=0,
        fence=0,
        planned_at=now,
        next_at=now,
        deadline_at=now + timedelta(hours=1),
    )
