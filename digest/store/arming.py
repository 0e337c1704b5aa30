"""The permission to send, asked for a set of mails when each is about to go out."""

from collections.abc import Sequence

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    bindparam,
    case,
    exists,
    func,
    select,
    update,
)
from sqlalchemy import literal_column as sql

from digest.model.deliveries import Arming, DeliveryState, MailKind, PauseScope, Refusal
from digest.model.subscribers import SubscriberState
from digest.store.deliveries import in_state
from digest.store.known import known
from digest.store.many import Many
from digest.store.tables import deliveries, pauses, subscribers, suppressions
from digest.store.workers import lease_left


def arm_deliveries(
    connection: Connection, owner: str, armings: Sequence[Arming], margin: float
) -> set[int]:
    """Write down that mails are about to go out; return the ids of those that may.

    One may if `owner` still has it, under a lease with `margin` seconds left; if its reader has
    neither left, nor paused, nor been suppressed since the claim (`may_go`); and if nothing is
    paused that it belongs to. Asked twice, the answer is the same.
    """
    if not armings or lease_left(connection, owner) < margin:
        return set()
    paused = _paused(connection)
    wanted = [each for each in armings if not _is_paused(paused, each)]
    if not wanted:
        return set()
    rows = [
        {
            "id_is": each.delivery.id,
            "fence_is": each.delivery.fence,
            "owner_is": owner,
            "hash_is": each.message_hash,
            "transport_is": each.transport,
        }
        for each in sorted(wanted, key=lambda each: each.delivery.id)
    ]
    numbers = [each.delivery.id for each in wanted]
    if _ARM.run(connection, rows) == len(rows):
        return set(numbers)
    armed = connection.execute(_ARMED, {"numbers": numbers, "owner_is": owner})
    fences = {each.delivery.id: each.delivery.fence for each in wanted}
    return {row.id for row in armed if fences[row.id] == row.fence}


def why_refused(
    connection: Connection, owner: str, armings: Sequence[Arming], margin: float
) -> dict[int, Refusal]:
    """Return why mails were not armed, by their ids; asked in the transaction that refused them."""
    if not armings:
        return {}
    if lease_left(connection, owner) < margin:
        return {each.delivery.id: Refusal.LOST for each in armings}
    paused = _paused(connection)
    numbers = [each.delivery.id for each in armings]
    rows = connection.execute(_STANDING, {"numbers": numbers, "owner_is": owner})
    may_go = {(row.id, row.fence): bool(row.may_go) for row in rows}
    return {
        each.delivery.id: _refusal(may_go.get((each.delivery.id, each.delivery.fence)))
        if not _is_paused(paused, each)
        else Refusal.PAUSED
        for each in armings
    }


def _refusal(may_go: bool | None) -> Refusal:  # noqa: FBT001  a column
    return Refusal.LEFT if may_go is False else Refusal.LOST


def _paused(connection: Connection) -> set[tuple[str, str]]:
    # What only a newer release can pause may be anything: to this one it is the site.
    return {
        (row.scope, row.name) if known(PauseScope, row.scope) else (PauseScope.SITE.value, "")
        for row in connection.execute(_PAUSED)
    }


def _is_paused(paused: set[tuple[str, str]], arming: Arming) -> bool:
    return bool(paused) and not paused.isdisjoint(
        (
            (PauseScope.SITE.value, ""),
            (PauseScope.DOMAIN.value, arming.delivery.domain_group),
            (PauseScope.TRANSPORT.value, arming.transport),
        )
    )


def may_go() -> ColumnElement[bool]:
    """Return the condition that a mail of `deliveries` may be sent to its reader at all.

    What answers a request for a subscription goes to readers who are not active yet as well; a
    goodbye goes to nobody but those who have left, and nothing else goes to them but a link to sign
    in, if they ask for one, and the word that their digests go elsewhere. Those two that are about
    another address go by that one: a reader whose own takes no mail may move. A digest that was
    planned before a reader's pause is over does not go, not even after it: its papers come in the
    one that is composed then.
    """
    state = subscribers.c.state
    is_active = state == sql(f"'{SubscriberState.ACTIVE.value}'")
    has_left = state == sql(f"'{SubscriberState.UNSUBSCRIBED.value}'")
    is_answer = _is_kind(MailKind.CONFIRM) | _is_kind(MailKind.ALREADY)
    is_goodbye = _is_kind(MailKind.GOODBYE)
    is_awaited = (
        ~_is_kind(MailKind.DIGEST)
        | subscribers.c.paused_until.is_(None)
        | (subscribers.c.paused_until <= deliveries.c.planned_at)
    )
    is_moved = _is_kind(MailKind.MOVED)
    for_who_left = is_goodbye | is_moved | _is_kind(MailKind.SIGN_IN)
    is_elsewhere = _is_kind(MailKind.MOVE) | is_moved
    # Those are planned for an address as the wire has it: in small letters it is the key.
    key = case((is_elsewhere, func.lower(deliveries.c.address)), else_=subscribers.c.address_key)
    # Two levels up, where it would not be looked for: of this mail, not of any.
    is_suppressed = exists().where(suppressions.c.address_key == key)
    is_suppressed = is_suppressed.correlate(deliveries, subscribers)
    return exists().where(
        subscribers.c.id == deliveries.c.subscriber_id,
        (has_left & for_who_left) | (~has_left & ~is_goodbye & (is_active | is_answer)),
        is_awaited,
        ~is_suppressed,
    )


def _is_kind(kind: MailKind) -> ColumnElement[bool]:
    return deliveries.c.kind == sql(f"'{kind.value}'")


_IS_MINE = deliveries.c.owner == bindparam("owner_is")
_IN_SET = deliveries.c.id.in_(bindparam("numbers", expanding=True))
_ARM = Many(
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("id_is"),
        deliveries.c.fence == bindparam("fence_is"),
        _IS_MINE,
        # Bound, not written out: else SQLite would look among all that is leased, not by the id.
        deliveries.c.state == DeliveryState.LEASED.value,
        may_go(),
    )
    .values(
        state=sql(f"'{DeliveryState.INFLIGHT.value}'"),
        message_hash=bindparam("hash_is"),
        transport=bindparam("transport_is"),
    )
)
_ARMED = select(deliveries.c.id, deliveries.c.fence).where(
    _IN_SET, _IS_MINE, deliveries.c.state == DeliveryState.INFLIGHT.value
)
_STANDING = select(
    deliveries.c.id, deliveries.c.fence, may_go().cast(Boolean).label("may_go")
).where(_IN_SET, _IS_MINE, in_state(DeliveryState.LEASED))
_PAUSED = select(pauses.c.scope, pauses.c.name)
