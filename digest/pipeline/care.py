"""What an operator does for one reader, each deed with its line in the audit log."""

from dataclasses import dataclass

from digest.delivery.address import address_key
from digest.delivery.suppression import Reason
from digest.errors import SubscriptionError
from digest.model.deliveries import Bounce, Delivery, MailKind, Suppression
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline import account_mails
from digest.pipeline.subscribe import Registry, authority_of
from digest.store import audit, deliveries, subscribers, suppressions, watching

_MAILS = 20


@dataclass(frozen=True, slots=True)
class Reader:
    """What an operator is shown of a reader: no link of theirs, and nothing that makes one."""

    subscriber: Subscriber
    mails: tuple[Delivery, ...]
    bounces: tuple[Bounce, ...]
    suppression: Suppression | None
    score: float


def reader_for_operator(registry: Registry, number: int) -> Reader | None:
    """Return what is known of a reader, None if there is none; everything by index."""
    with registry.database.reading() as connection:
        subscriber = subscribers.subscriber_by_id(connection, number)
        if subscriber is None:
            return None
        key = address_key(subscriber.address)
        mails = deliveries.deliveries_of(connection, number, limit=_MAILS)
        return Reader(
            subscriber=subscriber,
            mails=tuple(mails),
            bounces=tuple(watching.bounces_of_mails(connection, [each.id for each in mails])),
            suppression=suppressions.suppression_of(connection, key),
            score=suppressions.score_of(connection, key),
        )


def unsubscribe_for(registry: Registry, number: int, operator: str) -> None:
    """Write no more to a reader but one word that this is so; idempotent."""
    with registry.database.writing() as connection:
        known = subscribers.subscriber_by_id(connection, number, for_update=True)
        if known is None or known.state is SubscriberState.UNSUBSCRIBED:
            return
        now = registry.clock()
        account_mails.leave(connection, authority_of(registry, connection), number, now)
        audit.note(connection, operator, "unsubscribe", f"reader {number}", now)


def lift_suppression(
    registry: Registry, number: int, operator: str, *, has_their_word: bool
) -> None:
    """Let a reader's address be written to again, with a clean sheet; idempotent.

    Raises SubscriptionError where they complained, unless the operator has their word.
    """
    with registry.database.writing() as connection:
        known = subscribers.subscriber_by_id(connection, number)
        if known is None:
            return
        key = address_key(known.address)
        found = suppressions.suppression_of(connection, key)
        if found is None:
            return
        if found.reason == Reason.COMPLAINT.value and not has_their_word:
            raise SubscriptionError(
                "They complained about our mail. Tick that you have their word, or leave it."
            )
        suppressions.unsuppress(connection, key)
        audit.note(connection, operator, "lift suppression", f"reader {number}", registry.clock())


def resend_confirmation(registry: Registry, number: int, operator: str) -> bool:
    """Ask a reader once more to confirm; return False if they have, left, or were asked enough today."""
    with registry.database.writing() as connection:
        known = subscribers.subscriber_by_id(connection, number, for_update=True)
        if known is None or known.state is not SubscriberState.UNCONFIRMED:
            return False
        now = registry.clock()
        before = deliveries.deliveries_of(connection, number, limit=1)
        authority = authority_of(registry, connection)
        account_mails.plan_account_mail(connection, authority, known, MailKind.CONFIRM, now)
        if deliveries.deliveries_of(connection, number, limit=1) == before:
            return False
        audit.note(connection, operator, "resend confirmation", f"reader {number}", now)
        return True
