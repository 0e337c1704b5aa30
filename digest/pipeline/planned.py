"""What names a mail for ever, and until when it may still be sent."""

import hashlib
from datetime import date, datetime, timedelta

from digest.delivery.domains import domain_group
from digest.model.deliveries import MailKind
from digest.model.due import DueReader
from digest.model.subscribers import Subscriber
from digest.store.deliveries import PlannedDelivery

_LAST_HOURS = timedelta(hours=20)
_BEFORE_THE_NEXT = timedelta(minutes=30)
# A digest that was late is still worth sending shortly before the next: papers on their way are
# left out of that one, so nothing comes twice.
_AT_LEAST = timedelta(hours=2)
_CONFIRMATION_HOURS = timedelta(hours=24)


def delivery_key(authority: str, subscriber_id: int, kind: MailKind, period: str) -> str:
    """Return the idempotency key of a mail: Message-ID, MIME boundary and file name are made of it."""
    identity = "\0".join((authority, str(subscriber_id), kind.value, period))
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def digest_delivery(  # noqa: PLR0913, PLR0917  one mail, whole
    authority: str,
    reader: DueReader,
    digest_id: int,
    day: date,
    composed_at: datetime,
    next_due_at: datetime,
) -> PlannedDelivery:
    """Return the delivery of a stored digest, to be given up half an hour before the next is due.

    It has two hours in any case, and twenty at most.
    """
    period = day.isoformat()
    deadline = min(composed_at + _LAST_HOURS, next_due_at - _BEFORE_THE_NEXT)
    return PlannedDelivery(
        subscriber_id=reader.id,
        kind=MailKind.DIGEST,
        period=period,
        digest_id=digest_id,
        address=reader.address,
        key=delivery_key(authority, reader.id, MailKind.DIGEST, period),
        planned_at=composed_at,
        deadline_at=max(composed_at + _AT_LEAST, deadline),
        domain_group=domain_group(reader.address),
    )


def account_delivery(
    authority: str, subscriber: Subscriber, kind: MailKind, now: datetime
) -> PlannedDelivery:
    """Return a mail about the subscription itself: one of its kind in a quarter of an hour."""
    period = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0).isoformat()
    return PlannedDelivery(
        subscriber_id=subscriber.id,
        kind=kind,
        period=period,
        digest_id=None,
        address=subscriber.address,
        key=delivery_key(authority, subscriber.id, kind, period),
        planned_at=now,
        deadline_at=now + _CONFIRMATION_HOURS,
        domain_group=domain_group(subscriber.address),
    )


def link_delivery(  # noqa: PLR0913, PLR0917  one mail, whole
    authority: str,
    subscriber_id: int,
    kind: MailKind,
    number: int,
    address: str,
    now: datetime,
    within: timedelta,
) -> PlannedDelivery:
    """Return the mail of something that was asked for, whose row has this number.

    Its link is made of the number and of `now`; it is given up when the link is good no more.
    """
    # The number alone may be given anew once its row is forgotten.
    period = f"{number}-{int(now.timestamp())}"
    return PlannedDelivery(
        subscriber_id=subscriber_id,
        kind=kind,
        period=period,
        digest_id=None,
        address=address,
        key=delivery_key(authority, subscriber_id, kind, period),
        planned_at=now,
        deadline_at=now + within,
        domain_group=domain_group(address),
    )
