"""A real mail sent on the spot, to see whether and how mail arrives; the ledger knows nothing of it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from html import escape

from digest.delivery.address import address_key, normal_address
from digest.delivery.dkim import sign
from digest.delivery.message import Envelope, build_message
from digest.delivery.one_mail import send_now
from digest.delivery.transports import OutgoingMail
from digest.errors import DigestError
from digest.model.deliveries import MailKind, Outcome, Verdict
from digest.model.digests import Digest
from digest.model.subscribers import Subscriber
from digest.pipeline.outgoing import Sender, build_mail, load_one
from digest.pipeline.specimens import Foresight, made_up, newest_digest
from digest.store import subscribers, suppressions


@dataclass(frozen=True, slots=True)
class Trial:
    """A mail to be sent on trial: what it shows, and its Message-ID."""

    mail: OutgoingMail
    shows: str

    @property
    def message_id(self) -> str:
        """Return the Message-ID, by which a server's log tells of it."""
        return str(message_from_bytes(self.mail.message)["Message-ID"])


def make_trial(
    sender: Sender, address: str, reader_address: str | None, foresight: Foresight
) -> Trial:
    """Return a mail to `address` with the newest digest of a reader, or a sample where there is none.

    The reader is whom the address is of unless `reader_address` says who. In a mail to anybody else
    the links of the reader's own do nothing. Raises AddressError, and DigestError where there is no
    such reader or the address must not be written to.
    """
    written = normal_address(address)
    key = address_key(written)
    wanted = address_key(normal_address(reader_address)) if reader_address else key
    with sender.database.reading() as connection:
        if stop := suppressions.suppression_of(connection, key):
            hint = f"`digest suppressions remove {written}` lifts it"
            raise DigestError(f"{written} is suppressed ({stop.reason}); {hint}")
        reader = subscribers.subscriber_by_address(connection, wanted)
        newest = newest_digest(connection, reader) if reader else None
    if reader is None and reader_address:
        raise DigestError(f"{reader_address} is no reader: `digest readers` lists them")
    digest = newest[1] if newest else None
    if reader is None or (digest := digest or foresight(reader)) is None:
        return Trial(_sample(sender, written), "a sample text")
    if wanted != key:
        reader = replace(reader, token_version=0)  # nobody's links have that
    mail = _digest_mail(sender, written, reader, digest)
    return Trial(mail, f"the digest of {digest.period} of {reader.address}")


def send_trial(sender: Sender, trial: Trial) -> Iterator[tuple[str, Verdict]]:
    """Send it, giving each transport's name and verdict until one takes it or says no.

    Pauses and throttles do not hold it up: it is a person's doing.
    """
    for transport in sender.transports:
        verdict = send_now(transport, trial.mail)
        yield transport.name, verdict
        if verdict.outcome is not Outcome.UNREACHABLE:
            return


def _digest_mail(sender: Sender, address: str, reader: Subscriber, digest: Digest) -> OutgoingMail:
    delivery = made_up(sender, MailKind.DIGEST, reader, digest)
    delivery = replace(delivery, address=address, key=_new_key())
    batch = load_one(sender.database, reader, digest)
    return _outgoing(sender, address, delivery.key, build_mail(sender, batch, delivery))


def _sample(sender: Sender, address: str) -> OutgoingMail:
    key, now = _new_key(), sender.clock()
    envelope = Envelope(
        sender=sender.mail_from,
        sender_name=sender.site_name,
        recipient=address,
        site_name=sender.site_name,
        key=key,
        planned_at=now,
        list_id=None,
    )
    line = f"{sender.site_name} sent this on {now:%Y-%m-%d at %H:%M:%S} UTC to see if mail arrives."
    html = f'<!doctype html>\n<html lang="en">\n<body><p>{escape(line)}</p></body>\n</html>\n'
    message = build_message(envelope, f"A test mail of {sender.site_name}", html, f"{line}\n")
    return _outgoing(sender, address, key, sign(message, now, sender.signers))


def _outgoing(sender: Sender, address: str, key: str, message: bytes) -> OutgoingMail:
    return_to = sender.returns.return_to if sender.returns else sender.mail_from
    return OutgoingMail(key, return_to, address, message)


def _new_key() -> str:
    return f"test-{secrets.token_hex(16)}"
