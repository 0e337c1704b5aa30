"""Undo an unsubscription for a while, from the page one lands on."""

from datetime import datetime, timedelta

from digest.errors import TokenError
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.subscribe import Registry, activate

UNDONE_WITHIN = timedelta(days=30)


def can_come_back(subscriber: Subscriber, now: datetime) -> bool:
    """Tell whether a reader has left by themselves, and not long ago."""
    left_at = subscriber.left_at
    has_left = subscriber.state is SubscriberState.UNSUBSCRIBED and left_at is not None
    return has_left and left_at is not None and now - left_at < UNDONE_WITHIN


def come_back(registry: Registry, subscriber: Subscriber) -> Subscriber:
    """Write to a reader again as before they left; a second time changes nothing.

    Raises TokenError when it is too late.
    """
    if subscriber.state is SubscriberState.ACTIVE:
        return subscriber
    if not can_come_back(subscriber, registry.clock()):
        raise TokenError("This can no longer be undone. Subscribe again on the first page.")
    return activate(registry, subscriber.id, is_welcomed=False)
