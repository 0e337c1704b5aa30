"""How a reader comes, changes their wishes, and leaves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest.clock import Clock
from digest.delivery.address import address_key, normal_address
from digest.errors import TokenError
from digest.model.cadence import due_after_change, first_open_slot, local_date, start_of
from digest.model.deliveries import MailKind
from digest.model.subscribers import Address, Subscriber, SubscriberState, Wishes
from digest.pipeline import account_mails
from digest.store import digests, due, dumps, feeds, subscribers
from digest.store.engine import Connection, Database
from digest.tokens import Purpose, Tokens

# What a new reader's first digest looks back on.
_FIRST_WINDOW = timedelta(days=7)
_CONFIRM_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Registry:
    """Who may write to the list of readers, with what they need."""

    database: Database
    tokens: Tokens
    authority: str
    clock: Clock


def subscribe(registry: Registry, address: str, wishes: Wishes) -> Subscriber:
    """Ask for a subscription; the reader confirms by the mail this puts into the ledger.

    Whoever is active already gets a mail that says so instead, and their wishes stay as they are:
    nobody can change another's by knowing an address. Asking again within a quarter of an hour
    sends nothing, and no address gets more than three such mails a day. Raises AddressError.
    """
    with registry.database.writing() as connection:
        subscriber = _register(registry, connection, address, wishes)
        is_active = subscriber.state is SubscriberState.ACTIVE
        kind = MailKind.ALREADY if is_active else MailKind.CONFIRM
        _tell(registry, connection, subscriber, kind)
        return subscriber


def enrol(
    registry: Registry, address: str, wishes: Wishes, *, is_welcomed: bool = False
) -> Subscriber:
    """Subscribe a reader whose consent the operator has; no mail to confirm.

    One who is active already is given these wishes. With `is_welcomed` a new one is told what
    comes, and why. Raises AddressError.
    """
    with registry.database.writing() as connection:
        subscriber = _register(registry, connection, address, wishes)
    if subscriber.state is SubscriberState.ACTIVE:
        return save_preferences(registry, subscriber, wishes)
    return activate(registry, subscriber.id, is_welcomed=is_welcomed)


def is_active(registry: Registry, address: str) -> bool:
    """Tell whether an address gets digests; for operators, never for strangers. Raises AddressError."""
    key = address_key(normal_address(address))
    with registry.database.reading() as connection:
        known = subscribers.subscriber_by_address(connection, key)
    return known is not None and known.state is SubscriberState.ACTIVE


def read_confirmation(registry: Registry, token: str) -> Subscriber:
    """Return the reader a confirmation link is for; changes nothing.

    Raises TokenError for a link that is broken, older than a week, or of a reader who has left.
    """
    number, version, issued = _confirmation(registry.tokens.verify(Purpose.CONFIRM, token))
    with registry.database.reading() as connection:
        subscriber = subscribers.subscriber_by_id(connection, number)
    if subscriber is None or subscriber.token_version != version:
        raise TokenError("This link is no longer good. Subscribe again to get a new one.")
    is_old = registry.clock() - datetime.fromtimestamp(issued, UTC) > _CONFIRM_WITHIN
    if subscriber.state is SubscriberState.UNSUBSCRIBED or (
        is_old and subscriber.state is not SubscriberState.ACTIVE
    ):
        raise TokenError("This link is too old. Subscribe again to get a new one.")
    return subscriber


def confirm(registry: Registry, token: str) -> Subscriber:
    """Make the reader of a confirmation link active; a second time changes nothing.

    Their first digest comes at their next local hour, with the best of the last seven days.
    """
    subscriber = read_confirmation(registry, token)
    return activate(registry, subscriber.id)


def activate(registry: Registry, number: int, *, is_welcomed: bool = True) -> Subscriber:
    """Make a reader active whose consent is known, and welcome them by mail; idempotent."""
    with registry.database.writing() as connection:
        subscriber = _existing(connection, number)
        if subscriber.state is SubscriberState.ACTIVE:
            return subscriber
        now = registry.clock()
        period = digests.last_period(connection, number)
        slot = first_open_slot(subscriber.cadence, now, subscriber.paused_until, period)
        seen = dumps.last_dump_before(connection, now - _FIRST_WINDOW)
        subscribers.activate(connection, number, now, slot.due_at, seen)
        active = _existing(connection, number)
        if is_welcomed:
            _tell(registry, connection, active, MailKind.WELCOME)
        return active


def reader_of(registry: Registry, purpose: Purpose, token: str) -> Subscriber:
    """Return the reader whose link this is; changes nothing. Raises TokenError."""
    number, version = registry.tokens.verify_two(purpose, token)
    with registry.database.reading() as connection:
        subscriber = subscribers.subscriber_by_id(connection, number)
    if subscriber is None or subscriber.token_version != version:
        raise TokenError("This link is no longer good. Take the one in your newest mail.")
    return subscriber


def save_preferences(registry: Registry, subscriber: Subscriber, wishes: Wishes) -> Subscriber:
    """Change a reader's wishes, all of them; see `change_wishes`."""
    return change_wishes(registry, subscriber, lambda _: wishes)


def change_wishes(
    registry: Registry, subscriber: Subscriber, change: Callable[[Subscriber], Wishes]
) -> Subscriber:
    """Give a reader the wishes that `change` makes of what they are now; what it raises changes nothing.

    Two who change different parts at once take turns, and neither's is lost. With another cadence
    the next digest comes at the new hour, never twice for one date; otherwise when it was due. One
    that is due at this moment does not wait for another date. A pause goes on until the same date,
    which may begin at another moment in a new time zone; one that is over stays so.
    """
    with registry.database.writing() as connection:
        now = registry.clock()
        known = _existing(connection, subscriber.id)
        wishes = change(known)
        if wishes == wishes_of(known):
            return known
        subscribers.save_wishes(connection, known.id, wishes)
        paused_until = known.paused_until
        if paused_until is not None and now < paused_until:
            day = local_date(paused_until, known.cadence.zone)
            paused_until = start_of(day, wishes.cadence.zone)
            subscribers.set_pause(connection, known.id, paused_until, known.paused_at or now)
        if known.state is SubscriberState.ACTIVE and wishes.cadence != known.cadence:
            period = digests.last_period(connection, known.id)
            due_at = due_after_change(wishes.cadence, now, paused_until, period, known.next_due_at)
            due.set_due_times(connection, [known.id], [due_at])
        return _existing(connection, known.id)


def wishes_of(subscriber: Subscriber) -> Wishes:
    """Return what a reader wants."""
    return Wishes(
        subscriber.interests,
        subscriber.cadence,
        subscriber.papers_per_digest,
        subscriber.language,
        subscriber.quiet,
    )


def authority_of(registry: Registry, connection: Connection) -> str:
    """Return whose name the mails of this site bear in their identity, as it was founded."""
    return feeds.found_site(connection, registry.authority, registry.clock()).authority


def unsubscribe(registry: Registry, subscriber: Subscriber) -> None:
    """Write no more to a reader, from this moment on, but one word that this is so; idempotent."""
    with registry.database.writing() as connection:
        now = registry.clock()
        account_mails.leave(connection, authority_of(registry, connection), subscriber.id, now)


def _register(
    registry: Registry, connection: Connection, address: str, wishes: Wishes
) -> Subscriber:
    """Return the reader of an address: new, or known and, unless active, with these wishes."""
    written = normal_address(address)
    key = address_key(written)
    known = subscribers.subscriber_by_address(connection, key)
    # Locked: whoever erases them at this moment has done so, or waits until all this is written.
    known = known and subscribers.subscriber_by_id(connection, known.id, for_update=True)
    if known is None:
        new = Address(written, key)
        number = subscribers.add_subscriber(connection, new, wishes, registry.clock())
        return _existing(connection, number)
    if known.state is SubscriberState.ACTIVE:
        return known
    subscribers.save_wishes(connection, known.id, wishes)
    subscribers.await_confirmation(connection, known.id)
    return _existing(connection, known.id)


def _tell(
    registry: Registry, connection: Connection, subscriber: Subscriber, kind: MailKind
) -> None:
    authority = authority_of(registry, connection)
    account_mails.plan_account_mail(connection, authority, subscriber, kind, registry.clock())


def _existing(connection: Connection, number: int) -> Subscriber:
    subscriber = subscribers.subscriber_by_id(connection, number, for_update=True)
    if subscriber is None:
        raise TokenError("There is no such subscription any more.")
    return subscriber


def _confirmation(subject: tuple[int, ...]) -> tuple[int, int, int]:
    match subject:
        case (number, version, issued):
            return number, version, issued
    raise TokenError("This link is not complete. Copy it whole from the mail.")
