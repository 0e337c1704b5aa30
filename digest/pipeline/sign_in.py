"""Sign in by a mailed link: asked for on a page, good once, for a quarter of an hour."""

from datetime import timedelta

from digest.delivery.address import address_key, normal_address, wire_address
from digest.errors import TokenError
from digest.model.asked import SIGN_IN_WITHIN, SignIn
from digest.model.deliveries import MailKind
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.account_mails import plan_account_mail
from digest.pipeline.asked import asked_by_link
from digest.pipeline.planned import link_delivery
from digest.pipeline.sessions import Sessions
from digest.pipeline.subscribe import Registry, authority_of
from digest.store import deliveries, sign_ins, subscribers
from digest.store.engine import Connection
from digest.tokens import Purpose

_A_DAY = 5
_DAY = timedelta(days=1)
_KEPT = timedelta(days=2)


class SignInOverError(TokenError):
    """A link that signed somebody in once, or is too old to."""


def ask_to_sign_in(registry: Registry, address: str) -> None:
    """Mail a link to the reader of an address; whoever has yet to confirm is asked to once more.

    Nothing is sent to an address that is no reader's, nor while an unused link of the last quarter
    of an hour still works; five a day are enough. Raises AddressError, for its form only.
    """
    key = address_key(normal_address(address))
    with registry.database.writing() as connection:
        now = registry.clock()
        known = subscribers.subscriber_by_address(connection, key)
        # Locked: of two who ask at once the second must see what the first has asked.
        known = known and subscribers.subscriber_by_id(connection, known.id, for_update=True)
        if known is None:
            return
        authority = authority_of(registry, connection)
        if known.state is SubscriberState.UNCONFIRMED:
            plan_account_mail(connection, authority, known, MailKind.CONFIRM, now)
            return
        sign_ins.forget_sign_ins(connection, now - _KEPT)
        recent = sign_ins.sign_ins_of(connection, known.id, now - _DAY)
        if len(recent) >= _A_DAY or any(_is_good(each, registry) for each in recent):
            return
        asked = sign_ins.add_sign_in(connection, known.id, now)
        address = wire_address(known.address)
        mail = link_delivery(
            authority, known.id, MailKind.SIGN_IN, asked.id, address, now, SIGN_IN_WITHIN
        )
        deliveries.plan_deliveries(connection, [mail])


def needs_no_link(registry: Registry, address: str) -> bool:
    """Tell whether an address was mailed a link that still works, or is nobody's.

    For limits, never for strangers. Raises AddressError.
    """
    key = address_key(normal_address(address))
    with registry.database.reading() as connection:
        known = subscribers.subscriber_by_address(connection, key)
        if known is None:
            return True
        asked = sign_ins.sign_ins_of(connection, known.id, registry.clock() - SIGN_IN_WITHIN)
    return any(_is_good(each, registry) for each in asked)


def read_sign_in(registry: Registry, token: str) -> Subscriber:
    """Return whom a link would sign in; changes nothing. Raises TokenError, SignInOverError."""
    with registry.database.reading() as connection:
        return _asked(registry, connection, token)[1]


def sign_in(registry: Registry, sessions: Sessions, token: str, program: str) -> str:
    """Use a link up; return what the browser shows from now on.

    Raises TokenError for what is no link of ours, SignInOverError for one that was used or is old.
    """
    with registry.database.writing() as connection:
        asked, reader = _asked(registry, connection, token, for_update=True)
        sign_ins.use_sign_in(connection, asked.id, registry.clock())
        return sessions.open_within(connection, SessionKind.READER, reader.id, program)


def _asked(
    registry: Registry, connection: Connection, token: str, *, for_update: bool = False
) -> tuple[SignIn, Subscriber]:
    find = sign_ins.sign_in_by_id
    asked, reader = asked_by_link(
        registry, connection, Purpose.SIGN_IN, token, find, for_update=for_update
    )
    if asked is None or not _is_good(asked, registry):
        raise SignInOverError("This link was used, or is older than a quarter of an hour.")
    if reader is None or reader.state is SubscriberState.UNCONFIRMED:
        raise SignInOverError("This link is no longer good.")
    return asked, reader


def _is_good(asked: SignIn, registry: Registry) -> bool:
    return asked.used_at is None and registry.clock() - asked.asked_at < SIGN_IN_WITHIN
