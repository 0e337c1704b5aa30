"""The mails about a subscription itself: when one is due, and how many a day are enough."""

from datetime import datetime, timedelta

from digest.model.deliveries import MailKind
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.planned import account_delivery
from digest.store import deliveries, subscribers
from digest.store.engine import Connection

# What a stranger can have sent to any address by filling in a form.
_ASKED_FOR = frozenset({MailKind.CONFIRM, MailKind.ALREADY})
_ASKED_A_DAY = 3
# What is asked for by whoever is a reader has limits of its own: no sign-in keeps a confirmation back.
_COUNTED_ELSEWHERE = frozenset({MailKind.DIGEST, MailKind.SIGN_IN, MailKind.MOVE, MailKind.MOVED})
# Whoever holds a reader's links could confirm and leave by turns. Five is somebody who comes, leaves
# by mistake and comes back: asked, welcomed, seen off, asked, welcomed.
_MAILS_A_DAY = 5
_DAY = timedelta(days=1)


def plan_account_mail(
    connection: Connection, authority: str, subscriber: Subscriber, kind: MailKind, now: datetime
) -> None:
    """Plan a mail about the subscription, unless its reader has had enough of them today.

    One of a kind in a quarter of an hour, three a day that anybody can ask for, five a day in all.
    """
    if _has_room(connection, subscriber.id, kind, now):
        mail = account_delivery(authority, subscriber, kind, now)
        deliveries.plan_deliveries(connection, [mail])


def leave(connection: Connection, authority: str, subscriber_id: int, now: datetime) -> None:
    """Write no more to a reader, but one word that this is so; idempotent.

    Only who was active is told: others have heard nothing that could end.
    """
    # Locked: of two who read "active" at once, each would say goodbye.
    known = subscribers.subscriber_by_id(connection, subscriber_id, for_update=True)
    if known is None or known.state is SubscriberState.UNSUBSCRIBED:
        return
    is_active = known.state is SubscriberState.ACTIVE
    subscribers.unsubscribe(connection, subscriber_id, now if is_active else None)
    if is_active:
        plan_account_mail(connection, authority, known, MailKind.GOODBYE, now)


def _has_room(connection: Connection, subscriber_id: int, kind: MailKind, now: datetime) -> bool:
    recent = deliveries.deliveries_of(connection, subscriber_id, limit=20)
    today = [
        mail.kind
        for mail in recent
        if mail.kind not in _COUNTED_ELSEWHERE and now - mail.planned_at < _DAY
    ]
    asked_for = sum(each in _ASKED_FOR for each in today)
    return len(today) < _MAILS_A_DAY and (kind not in _ASKED_FOR or asked_for < _ASKED_A_DAY)
