"""How attempts ended, written down for a set of mails: refused where others have them by now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Integer,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)

from digest.model.deliveries import DeliveryState, Outcome, Settled
from digest.store.attempts import record_attempts
from digest.store.digests import marks_reached
from digest.store.many import Many
from digest.store.subscribers import see_through
from digest.store.suppressions import lower_scores
from digest.store.tables import attempts, deliveries
from digest.store.types import UtcDateTime

_HELD = (DeliveryState.LEASED.value, DeliveryState.INFLIGHT.value)
_ACCEPTED = DeliveryState.ACCEPTED


@dataclass(frozen=True, slots=True)
class Written:
    """What a settling has done, by ids of mails.

    Others had the `late` ones by then; `changed` were settled by it, and not by an earlier one
    whose answer was lost: what counts things, counts these.
    """

    late: frozenset[int] = frozenset()
    changed: frozenset[int] = frozenset()


def settle_deliveries(connection: Connection, settled: Sequence[Settled], now: datetime) -> Written:
    """Write down how attempts ended; return what that has changed.

    Acceptance moves the readers' seen-through marks in the same transaction: a lost mail never
    loses a paper, and a paper shown is never shown again. A late verdict is an attempt on record,
    and a late acceptance counts: see `_settle_late`. Written twice, it is the same as once.
    """
    if not settled:
        return Written()
    ordered = sorted(settled, key=lambda each: each.delivery.id)
    numbers = [each.delivery.id for each in ordered]
    fence_of = {each.delivery.id: each.delivery.fence for each in ordered}
    held = {
        row.id
        for row in connection.execute(_STILL_HELD, {"numbers": numbers})
        if row.fence == fence_of[row.id]
    }
    late: list[Settled] = []
    if _SETTLE.run(connection, [_row(each, now) for each in ordered]) != len(ordered):
        fences = {row.id: row.fence for row in connection.execute(_FENCES, {"numbers": numbers})}
        late = [
            each
            for each in ordered
            if fences.get(each.delivery.id, each.delivery.fence) != each.delivery.fence
        ]
    overtaken = {id(each) for each in late}
    mine = [each for each in ordered if id(each) not in overtaken]
    record_attempts(
        connection, [e for e in mine if e.verdict.outcome is not Outcome.ACCEPTED] + late, now
    )
    accepted = [each for each in mine if each.settlement.state is _ACCEPTED]
    changed = frozenset(held - {each.delivery.id for each in late})
    _rejoice(
        connection,
        [each.delivery.subscriber_id for each in accepted if each.delivery.id in changed],
        [each.delivery.digest_id for each in accepted],
        now,
    )
    # A late acceptance may have come in while they were on the wire once more.
    unaccepted = [each.delivery.id for each in mine if each.settlement.state is not _ACCEPTED]
    accept_known(connection, unaccepted, now)
    if late:
        _settle_late(connection, late, now)
    return Written(frozenset(each.delivery.id for each in late), changed)


def accept_known(connection: Connection, numbers: Collection[int], now: datetime) -> None:
    """Make those mails accepted of which an earlier attempt was: its reply came in late.

    A mail that somebody is sending at this moment is left alone: its own verdict comes.
    """
    if not numbers:
        return
    values = {"numbers": list(numbers), "now": now}
    changed = connection.execute(_ACCEPT_KNOWN, values).all()
    _rejoice(
        connection, [row.subscriber_id for row in changed], [row.digest_id for row in changed], now
    )


def _settle_late(connection: Connection, late: Sequence[Settled], now: datetime) -> None:
    """Let late acceptances count: the mail is accepted unless it is on the wire once more.

    That one, and one that was accepted again, may have arrived twice.
    """
    numbers = [each.delivery.id for each in late if each.verdict.outcome is Outcome.ACCEPTED]
    if not numbers:
        return
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.id.in_(numbers),
            deliveries.c.state.in_((_ACCEPTED.value, DeliveryState.INFLIGHT.value)),
        )
        .values(is_maybe_duplicate=True)
    )
    accept_known(connection, numbers, now)


def _rejoice(
    connection: Connection,
    subscriber_ids: Collection[int],
    digest_ids: Collection[int | None],
    now: datetime,
) -> None:
    """Do what acceptance is for: move the readers' marks, and lower the scores of their addresses."""
    shown = [number for number in digest_ids if number is not None]
    if shown:
        see_through(connection, marks_reached(connection, shown))
    if subscriber_ids:
        lower_scores(connection, subscriber_ids, now)


def _row(settled: Settled, now: datetime) -> dict[str, Any]:
    delivery, settlement, verdict = settled.delivery, settled.settlement, settled.verdict
    return {
        "id_is": delivery.id,
        "fence_is": delivery.fence,
        "state_is": settlement.state.value,
        "used": 1 if settlement.uses_attempt else 0,
        "next_is": settlement.next_at,
        "code_is": verdict.code,
        "enhanced_is": verdict.enhanced,
        "text_is": verdict.text,
        "transport_is": settled.transport,
        "is_doubtful": settlement.maybe_duplicate,
        "settled_is": None if settlement.state is DeliveryState.READY else now,
    }


_SETTLE = Many(
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("id_is"),
        deliveries.c.fence == bindparam("fence_is"),
        deliveries.c.state.in_([bindparam(None, state) for state in _HELD]),
    )
    .values(
        state=bindparam("state_is"),
        attempts=deliveries.c.attempts + bindparam("used", type_=Integer),
        next_at=func.coalesce(bindparam("next_is", type_=UtcDateTime), deliveries.c.next_at),
        owner=None,
        lease_until=None,
        code=bindparam("code_is"),
        enhanced=bindparam("enhanced_is"),
        text=bindparam("text_is"),
        transport=func.coalesce(bindparam("transport_is"), deliveries.c.transport),
        is_maybe_duplicate=or_(
            deliveries.c.is_maybe_duplicate, bindparam("is_doubtful", type_=Boolean)
        ),
        settled_at=bindparam("settled_is"),
    )
)
_STILL_HELD = select(deliveries.c.id, deliveries.c.fence).where(
    deliveries.c.id.in_(bindparam("numbers", expanding=True)), deliveries.c.state.in_(_HELD)
)
_FENCES = select(deliveries.c.id, deliveries.c.fence).where(
    deliveries.c.id.in_(bindparam("numbers", expanding=True))
)
_ACCEPT_KNOWN = (
    update(deliveries)
    .where(
        deliveries.c.id.in_(bindparam("numbers", expanding=True)),
        deliveries.c.state.not_in((_ACCEPTED.value, DeliveryState.INFLIGHT.value)),
        exists().where(
            attempts.c.delivery_id == deliveries.c.id,
            attempts.c.outcome == Outcome.ACCEPTED.value,
        ),
    )
    .values(
        state=_ACCEPTED.value,
        settled_at=bindparam("now"),
        owner=None,
        lease_until=None,
        # Whoever has claimed it meanwhile can neither arm nor settle it.
        fence=deliveries.c.fence + 1,
    )
    .returning(deliveries.c.subscriber_id, deliveries.c.digest_id)
)
