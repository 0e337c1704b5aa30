"""What a mailed link is for: the row its number names, and the reader who asked."""

from collections.abc import Callable
from typing import TypeVar

from digest.model.asked import AddressChange, SignIn
from digest.model.subscribers import Subscriber
from digest.pipeline.subscribe import Registry
from digest.store import subscribers
from digest.store.engine import Connection
from digest.tokens import Purpose

Asked = TypeVar("Asked", SignIn, AddressChange)


def asked_by_link(  # noqa: PLR0913  what tells one kind of link from another
    registry: Registry,
    connection: Connection,
    purpose: Purpose,
    token: str,
    find: Callable[[Connection, int], Asked | None],
    *,
    for_update: bool = False,
) -> tuple[Asked | None, Subscriber | None]:
    """Return what was asked and by whom; None for what there is no more, or never was.

    A number given anew is not what the link is for: the second at which it was asked is signed with
    it. Read `for_update` the reader is kept from other writers until the transaction ends, so that
    of two who use a link at once the second finds it used. Raises TokenError for no link of ours.
    """
    number, seconds = registry.tokens.verify_two(purpose, token)
    asked = find(connection, number)
    reader = None
    if asked is not None:
        whose = asked.subscriber_id
        reader = subscribers.subscriber_by_id(connection, whose, for_update=for_update)
    if for_update:  # somebody else may have used it while this waited for the reader
        asked = find(connection, number)
    if asked is not None and int(asked.asked_at.timestamp()) != seconds:
        return None, reader
    return asked, reader
