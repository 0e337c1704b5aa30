"""Send every mail that is due, and write down what became of each."""

import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from digest.clock import Clock
from digest.delivery.address import address_key
from digest.delivery.message import Envelope, build_message
from digest.delivery.owner import is_surely_dead
from digest.delivery.retry import settle
from digest.delivery.transports import Transport
from digest.errors import DigestError
from digest.model.deliveries import (
    Delivery,
    DeliveryState,
    MailKind,
    Outcome,
    Settlement,
    Verdict,
)
from digest.model.digests import Digest, DigestEdition
from digest.model.papers import Paper
from digest.model.subscribers import Subscriber
from digest.rendering.email import MailRenderer, RenderedMail
from digest.rendering.links import Links
from digest.store import deliveries, digests, papers, subscribers
from digest.store.engine import Database

logger = logging.getLogger(__name__)

_CLAIM = 50
_LEASE = timedelta(minutes=15)
# Longer than all the patience of one SMTP transaction together, so that only the dead are overtaken.
_SENDING = timedelta(minutes=45)
# One mail may break every connection it is sent over; when several in a row do, it is not the mails.
_UNREACHABLE_AFTER = 3
_NOT_IN_LIST_ID = re.compile(r"[^A-Za-z0-9.-]+")
_NO_SUCH_MAILBOX = frozenset({"5.1.1", "5.1.2", "5.1.10"})


@dataclass(frozen=True, slots=True)
class Sender:
    """Everything a worker needs to turn deliveries into mail."""

    database: Database
    transport: Transport
    renderer: MailRenderer
    links: Links
    site_name: str
    mail_from: str
    authority: str
    owner: str
    clock: Clock


@dataclass(slots=True)
class DeliverReport:
    """How many attempts ended in which state, and how many mails were taken back from the dead.

    When the transport could not be reached, the caller waits before it tries the next round.
    """

    states: Counter[DeliveryState] = field(default_factory=Counter)
    recovered: int = 0
    is_reachable: bool = True

    @property
    def attempts(self) -> int:
        """Return how many mails were looked at."""
        return self.states.total()


def deliver_due(
    sender: Sender,
    advance: Callable[[int], None] = lambda _count: None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> DeliverReport:
    """Send every mail that is due; return how they ended.

    No transaction is open while a mail goes out. Killed before a mail is armed, it is sent later;
    killed after, it is sent once more under the same Message-ID and marked, because nobody can
    know whether the first copy arrived. When the transport cannot be reached for several mails in
    a row the round ends and the mails wait: none of them fails for it.
    """
    report = DeliverReport()
    with sender.database.writing() as connection:
        dead = list(filter(is_surely_dead, deliveries.owners_of_held(connection)))
        report.recovered = deliveries.recover_deliveries(connection, sender.clock(), dead)
    failures = 0
    while not is_stopping() and report.is_reachable:
        now = sender.clock()
        with sender.database.writing() as connection:
            claimed = deliveries.claim_deliveries(
                connection, sender.owner, now, now + _LEASE, _CLAIM
            )
        if not claimed:
            break
        batch = _load(sender, claimed)
        for delivery in claimed:
            if failures >= _UNREACHABLE_AFTER or is_stopping():
                _put_back(sender, delivery)
                continue
            state, is_reached = _deliver(sender, batch, delivery)
            failures = 0 if is_reached else failures + 1
            report.states[state] += 1
            advance(1)
        report.is_reachable = failures < _UNREACHABLE_AFTER
    sender.transport.close()
    if report.attempts or report.recovered:
        logger.info("delivered: %s, %d recovered", dict(report.states), report.recovered)
    return report


@dataclass(frozen=True, slots=True)
class _Batch:
    """What the claimed mails say, loaded at once."""

    subscribers: Mapping[int, Subscriber]
    digests: Mapping[int, Digest]
    papers: Mapping[int, Paper]


def _load(sender: Sender, claimed: Sequence[Delivery]) -> _Batch:
    """Return what the mails say; if one of them has a damaged row, that of the others."""
    try:
        return _load_all(sender.database, claimed)
    except Exception:
        if len(claimed) == 1:
            logger.exception("delivery %d cannot be loaded", claimed[0].id)
            return _Batch({}, {}, {})
    parts = [_load(sender, [delivery]) for delivery in claimed]
    return _Batch(
        subscribers={key: each for part in parts for key, each in part.subscribers.items()},
        digests={key: each for part in parts for key, each in part.digests.items()},
        papers={key: each for part in parts for key, each in part.papers.items()},
    )


def _load_all(database: Database, claimed: Sequence[Delivery]) -> _Batch:
    with database.reading() as connection:
        found = digests.digests_by_id(
            connection, [each.digest_id for each in claimed if each.digest_id is not None]
        )
        entries = [entry for digest in found.values() for entry in digest.entries]
        wanted = {number for entry in entries for number in entry.paper_ids}
        return _Batch(
            subscribers=subscribers.subscribers_by_id(
                connection, {each.subscriber_id for each in claimed}
            ),
            digests=found,
            papers=papers.papers_by_id(connection, wanted),
        )


def _deliver(sender: Sender, batch: _Batch, delivery: Delivery) -> tuple[DeliveryState, bool]:
    """Send one mail and settle it; also tell whether the transport could be reached."""
    if delivery.deadline_at <= sender.clock():
        verdict = Verdict(Outcome.DEFERRED, "its time was over before it could be sent")
        over = DeliveryState.UNCERTAIN if delivery.is_maybe_duplicate else DeliveryState.EXPIRED
        return _settle(sender, delivery, Settlement(over), verdict), True
    try:
        message = build_mail(sender, batch.subscribers[delivery.subscriber_id], batch, delivery)
    except Exception:  # one reader's mail that cannot be rendered must not stop the others'
        logger.exception("delivery %d cannot be rendered", delivery.id)
        verdict = Verdict(Outcome.FAILED, "the mail could not be rendered: see the log")
        return _settle(sender, delivery, Settlement(DeliveryState.FAILED), verdict), True
    with sender.database.writing() as connection:
        is_armed = deliveries.arm_delivery(connection, delivery, sender.clock() + _SENDING)
    if not is_armed:
        verdict = Verdict(Outcome.FAILED, "the reader left, or must not be written to")
        return _settle(sender, delivery, Settlement(DeliveryState.SUPPRESSED), verdict), True
    verdict = sender.transport.send(sender.mail_from, delivery.address, message, delivery.key)
    settlement = settle(
        verdict,
        delivery.attempts + 1,
        sender.clock(),
        delivery.deadline_at,
        delivery.key,
        maybe_duplicate=delivery.is_maybe_duplicate,
    )
    state = _settle(sender, delivery, settlement, verdict)
    if state is DeliveryState.FAILED and verdict.enhanced in _NO_SUCH_MAILBOX:
        _suppress(sender, delivery)
    return state, verdict.outcome is not Outcome.UNREACHABLE


def build_mail(sender: Sender, subscriber: Subscriber, batch: _Batch, delivery: Delivery) -> bytes:
    """Return the bytes of a delivery: the same whenever they are asked for."""
    rendered = _render(sender.renderer, subscriber, batch, delivery)
    is_digest = delivery.kind is MailKind.DIGEST
    envelope = Envelope(
        sender=sender.mail_from,
        sender_name=sender.site_name,
        recipient=delivery.address,
        site_name=sender.site_name,
        key=delivery.key,
        planned_at=delivery.planned_at,
        list_id=f"digest.{_NOT_IN_LIST_ID.sub('-', sender.authority)}" if is_digest else None,
        unsubscribe_url=sender.links.unsubscribe(subscriber) if is_digest else None,
        one_click_url=sender.links.one_click(subscriber) if is_digest else None,
        help_url=sender.links.preferences(subscriber) if is_digest else None,
    )
    return build_message(envelope, rendered.subject, rendered.html, rendered.text)


def _render(
    renderer: MailRenderer, subscriber: Subscriber, batch: _Batch, delivery: Delivery
) -> RenderedMail:
    match delivery.kind:
        case MailKind.CONFIRM:
            return renderer.confirm(subscriber, delivery.planned_at)
        case MailKind.ALREADY:
            return renderer.already(subscriber)
        case MailKind.DIGEST:
            if delivery.digest_id is None:
                message = f"delivery {delivery.id} is a digest's and names none"
                raise DigestError(message)
            digest = batch.digests[delivery.digest_id]
            wanted = {number for entry in digest.entries for number in entry.paper_ids}
            shown = {number: batch.papers[number] for number in wanted}
            return renderer.digest(DigestEdition(digest, subscriber, shown))


def _put_back(sender: Sender, delivery: Delivery) -> None:
    """Give up a claim that was not used: the mail is as due as it was, before those that were tried."""
    verdict = Verdict(Outcome.UNREACHABLE, "not tried: the mail server could not be reached")
    settlement = Settlement(DeliveryState.READY, next_at=delivery.next_at, uses_attempt=False)
    _settle(sender, delivery, settlement, verdict)


def _suppress(sender: Sender, delivery: Delivery) -> None:
    """Write no more to a mailbox that its own server says does not exist."""
    key = address_key(delivery.address)
    with sender.database.writing() as connection:
        deliveries.suppress(connection, key, "no such mailbox", sender.clock())
    logger.info("delivery %d: no such mailbox, its address is suppressed", delivery.id)


def _settle(
    sender: Sender, delivery: Delivery, settlement: Settlement, verdict: Verdict
) -> DeliveryState:
    # What happened to a mail has happened: forgetting it would send it again.
    is_mine = sender.database.write_surely(
        lambda connection: deliveries.settle_delivery(
            connection, delivery, settlement, verdict, sender.clock()
        )
    )
    if not is_mine:
        logger.warning("delivery %d was taken over by another worker meanwhile", delivery.id)
    logger.debug("delivery %d: %s", delivery.id, verdict)
    return settlement.state
