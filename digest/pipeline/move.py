"""Get one's digests at another address: confirmed there, told where they went before."""

from datetime import timedelta

from digest.delivery.address import address_key, normal_address, wire_address
from digest.delivery.domains import domain_group
from digest.errors import AddressError, TokenError
from digest.model.asked import MOVE_WITHIN, AddressChange
from digest.model.deliveries import MailKind
from digest.model.sessions import SessionKind
from digest.model.subscribers import Address, Subscriber, SubscriberState
from digest.pipeline.account_mails import plan_account_mail
from digest.pipeline.asked import asked_by_link
from digest.pipeline.planned import link_delivery
from digest.pipeline.subscribe import Registry, authority_of
from digest.store import (
    address_changes,
    deliveries,
    sessions,
    sign_ins,
    subscribers,
    suppressions,
)
from digest.store.engine import Connection
from digest.store.erasing import erase_reader
from digest.tokens import Purpose

_A_DAY = 3
_DAY = timedelta(days=1)
# A wish is part of what a reader can take along; it says where they were once.
_KEPT = timedelta(days=30)


class MoveOverError(TokenError):
    """A link to another address that is too old, or whose address is somebody's by now."""


def ask_to_move(registry: Registry, subscriber: Subscriber, address: str) -> None:
    """Mail a link to the address a reader wants; until it is used all stays as it is.

    It takes the place of any that was mailed before.
    An address that gets digests of its own is told so instead, one that is not to be written to is
    not: whoever asks learns neither. Raises AddressError for what this reader may know.
    """
    written = normal_address(address)
    new = Address(written, address_key(written))
    with registry.database.writing() as connection:
        now = registry.clock()
        known = subscribers.subscriber_by_id(connection, subscriber.id, for_update=True)
        if known is None or known.state is not SubscriberState.ACTIVE:
            raise AddressError("You are unsubscribed: subscribe with the new address instead.")
        if new.key == address_key(known.address):
            raise AddressError("Your digests go to this address already.")
        if len(address_changes.address_changes_of(connection, known.id, now - _DAY)) >= _A_DAY:
            raise AddressError("You have asked three times today. Please try again tomorrow.")
        address_changes.forget_address_changes(connection, known.id, now - _KEPT)
        asked = address_changes.add_address_change(connection, known.id, new, now)
        _tell(registry, connection, asked)


def read_move(registry: Registry, token: str) -> tuple[AddressChange, Subscriber]:
    """Return the wish a link fulfils, and whose it is; changes nothing.

    Raises TokenError, MoveOverError. One that was used is still good to look at.
    """
    with registry.database.reading() as connection:
        return _asked(registry, connection, token)


def is_done(asked: AddressChange, subscriber: Subscriber) -> bool:
    """Tell whether a reader's digests go to the address they asked for."""
    return asked.used_at is not None and address_key(subscriber.address) == asked.address.key


def move(registry: Registry, token: str, kept_session: int | None = None) -> Subscriber:
    """Send a reader's digests to the address whose link this is; a second time changes nothing.

    Links in earlier mails stop, but that they unsubscribe; browsers are signed out but the one of
    `kept_session`; what waits to be sent and was never tried goes to the new address. A
    subscription of that address which is not in use is given up for this one. Raises TokenError,
    MoveOverError.
    """
    with registry.database.writing() as connection:
        asked, reader = _asked(registry, connection, token, for_update=True)
        if is_done(asked, reader):
            return reader
        now, old, new = registry.clock(), reader.address, asked.address
        other = subscribers.subscriber_by_address(connection, new.key)
        if other is not None and other.state is not SubscriberState.ACTIVE:
            erase_reader(connection, other.id)
        if not address_changes.move_reader(connection, reader.id, new):
            raise MoveOverError(
                "This address has a subscription of its own by now. Unsubscribe there first, then"
                " ask once more."
            )
        address_changes.use_address_change(connection, asked.id, now)
        sign_ins.end_sign_ins_of(connection, reader.id, now)
        sessions.close_other_sessions(connection, SessionKind.READER, reader.id, kept_session)
        address_changes.redirect_digests(
            connection, reader.id, new.written, domain_group(new.written)
        )
        _say_farewell(registry, connection, asked, old)
        moved = subscribers.subscriber_by_id(connection, reader.id)
        return moved or reader


def end_moves(registry: Registry, subscriber: Subscriber) -> None:
    """Let no link to another address that is on its way be good any more. Idempotent.

    Whoever shows somebody out who got into their account must not be moved away by them afterwards.
    """
    with registry.database.writing() as connection:
        address_changes.end_address_changes_of(connection, subscriber.id, registry.clock())


def _tell(registry: Registry, connection: Connection, asked: AddressChange) -> None:
    """Mail the link, or tell whose address it is; say nothing where nothing may be sent."""
    new, now = asked.address, asked.asked_at
    owner = subscribers.subscriber_by_address(connection, new.key)
    authority = authority_of(registry, connection)
    if owner is not None and owner.state is SubscriberState.ACTIVE:
        plan_account_mail(connection, authority, owner, MailKind.ALREADY, now)
    elif suppressions.suppression_of(connection, new.key) is None:
        mail = link_delivery(
            authority,
            asked.subscriber_id,
            MailKind.MOVE,
            asked.id,
            wire_address(new.written),
            now,
            MOVE_WITHIN,
        )
        deliveries.plan_deliveries(connection, [mail])


def _say_farewell(
    registry: Registry, connection: Connection, asked: AddressChange, old: str
) -> None:
    """Tell the address that digests went to until now."""
    if suppressions.suppression_of(connection, address_key(old)) is not None:
        return
    now = registry.clock()
    authority = authority_of(registry, connection)
    mail = link_delivery(
        authority, asked.subscriber_id, MailKind.MOVED, asked.id, wire_address(old), now, _DAY
    )
    deliveries.plan_deliveries(connection, [mail])


def _asked(
    registry: Registry, connection: Connection, token: str, *, for_update: bool = False
) -> tuple[AddressChange, Subscriber]:
    find = address_changes.address_change_by_id
    asked, reader = asked_by_link(
        registry, connection, Purpose.ADDRESS, token, find, for_update=for_update
    )
    if asked is None:
        raise MoveOverError("This link is no longer good. Ask for the address once more.")
    if reader is None or reader.state is not SubscriberState.ACTIVE:
        raise MoveOverError("The subscription has ended. Subscribe with this address instead.")
    if is_done(asked, reader):
        return asked, reader
    is_old = registry.clock() - asked.asked_at >= MOVE_WITHIN
    # Who has corrected a typing error must not be moved by the stranger to whom it went.
    newest = address_changes.address_changes_of(connection, reader.id, asked.asked_at - _DAY)[0]
    if asked.used_at is not None or is_old or newest.id != asked.id:
        raise MoveOverError(
            "This link was used, replaced by a newer one, or is older than a day. Ask for the"
            " address once more."
        )
    return asked, reader
