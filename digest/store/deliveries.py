"""The ledger: every mail that is to go out, planned once, and how it stands.

The tables decide who sends what: `claims` hands mails to workers, `settling` arms and settles them,
`workers` takes them back from the dead, `waiting` is for those that no worker has.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal_column, select

from digest.model.deliveries import Delivery, DeliveryState, MailKind
from digest.store.bulk import insert_rows, take_ids
from digest.store.slices import slices
from digest.store.spent_ids import with_unspent_ids
from digest.store.tables import deliveries
from digest.store.upsert import insert_new

_KINDS = {kind.value: kind for kind in MailKind}
_STATES = {state.value: state for state in DeliveryState}
# In the order of the fields of Delivery: a row becomes one by position.
COLUMNS = (
    deliveries.c.id,
    deliveries.c.subscriber_id,
    deliveries.c.kind,
    deliveries.c.period,
    deliveries.c.digest_id,
    deliveries.c.address,
    deliveries.c.key,
    deliveries.c.state,
    deliveries.c.attempts,
    deliveries.c.fence,
    deliveries.c.planned_at,
    deliveries.c.next_at,
    deliveries.c.deadline_at,
    deliveries.c.domain_group,
    deliveries.c.is_maybe_duplicate,
    deliveries.c.message_hash,
    deliveries.c.transport,
    deliveries.c.text,
    deliveries.c.code,
    deliveries.c.enhanced,
    deliveries.c.settled_at,
)
_KIND, _STATE = COLUMNS.index(deliveries.c.kind), COLUMNS.index(deliveries.c.state)


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """A mail to be sent once: (subscriber, kind, period) is its identity."""

    subscriber_id: int
    kind: MailKind
    period: str
    digest_id: int | None
    address: str
    key: str
    planned_at: datetime
    deadline_at: datetime
    domain_group: str = ""


def plan_deliveries(
    connection: Connection,
    planned: Iterable[PlannedDelivery],
    state: DeliveryState = DeliveryState.READY,
) -> int:
    """Put mails into the ledger; return how many were not there yet.

    They are READY, or PLANNED where an operator wants to release them first.
    """
    columns = _columns(list(planned), state)
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if not rows:
        return 0
    statement = insert_new(connection, deliveries).returning(deliveries.c.id)
    return len(connection.execute(statement, with_unspent_ids(connection, deliveries, rows)).all())


def plan_new_deliveries(
    connection: Connection, planned: Sequence[PlannedDelivery], state: DeliveryState
) -> None:
    """Put mails into the ledger that are certainly not there yet, in sets.

    One that is there is refused by the table, and with it the whole transaction.
    """
    columns = _columns(planned, state)
    insert_rows(
        connection,
        deliveries,
        {"id": take_ids(connection, deliveries, len(planned)), **columns},
    )


def _columns(planned: Sequence[PlannedDelivery], state: DeliveryState) -> dict[str, Sequence[Any]]:
    count = len(planned)
    planned_at = [each.planned_at for each in planned]
    return {
        "subscriber_id": [each.subscriber_id for each in planned],
        "kind": [each.kind.value for each in planned],
        "period": [each.period for each in planned],
        "digest_id": [each.digest_id for each in planned],
        "address": [each.address for each in planned],
        "key": [each.key for each in planned],
        "state": [state.value] * count,
        "attempts": [0] * count,
        "fence": [0] * count,
        "planned_at": planned_at,
        "next_at": planned_at,
        "deadline_at": [each.deadline_at for each in planned],
        "domain_group": [each.domain_group for each in planned],
        "is_maybe_duplicate": [False] * count,
        "text": [""] * count,
    }


def deliveries_of(connection: Connection, subscriber_id: int, limit: int = 100) -> list[Delivery]:
    """Return a reader's mails, newest first."""
    return _found(
        connection,
        select(*COLUMNS)
        .where(deliveries.c.subscriber_id == subscriber_id)
        .order_by(deliveries.c.id.desc())
        .limit(limit),
    )


def deliveries_by_id(connection: Connection, numbers: Collection[int]) -> dict[int, Delivery]:
    """Return mails by their ids; one that does not exist is left out."""
    wanted = list(numbers)
    found: dict[int, Delivery] = {}
    for some in slices(wanted):
        part = select(*COLUMNS).where(deliveries.c.id.in_(some))
        found.update((each.id, each) for each in _found(connection, part))
    return found


def find_deliveries(  # noqa: PLR0913  every way to look for a mail
    connection: Connection,
    states: Collection[DeliveryState] = (),
    domain_group: str | None = None,
    address_part: str = "",
    transport: str | None = None,
    *,
    limit: int = 100,
    after_id: int = 0,
) -> list[Delivery]:
    """Return mails that meet every condition given, oldest first, after the id `after_id`.

    Part of an address is found whatever its case.
    """
    statement = select(*COLUMNS).where(deliveries.c.id > after_id)
    if states:
        statement = statement.where(in_state(*states))
    if domain_group is not None:
        statement = statement.where(deliveries.c.domain_group == domain_group)
    if address_part:
        statement = statement.where(deliveries.c.address.icontains(address_part, autoescape=True))
    if transport is not None:
        statement = statement.where(deliveries.c.transport == transport)
    return _found(connection, statement.order_by(deliveries.c.id).limit(limit))


def count_deliveries(connection: Connection) -> dict[DeliveryState, int]:
    """Return how many mails are in each state."""
    statement = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
    rows = connection.execute(statement)
    return {_STATES[state]: count for state, count in rows if state in _STATES}


def count_by_state_and_group(connection: Connection) -> dict[tuple[DeliveryState, str], int]:
    """Return how many mails of each domain group are in each state."""
    by = (deliveries.c.state, deliveries.c.domain_group)
    statement = select(*by, func.count()).group_by(*by)
    rows = connection.execute(statement)
    return {(_STATES[state], group): count for state, group, count in rows if state in _STATES}


def oldest_ready(connection: Connection, now: datetime) -> datetime | None:
    """Return since when the mail that has been due longest is due, None if none is."""
    is_due = in_state(DeliveryState.READY) & (deliveries.c.next_at <= now)
    oldest = select(deliveries.c.next_at).where(is_due).order_by(deliveries.c.next_at).limit(1)
    return connection.execute(oldest).scalar()


def in_state(*states: DeliveryState) -> ColumnElement[bool]:
    """Return the condition of being in one of these states, as the partial indexes have it.

    The states stand in the statement itself: a bound value never finds a partial index in SQLite.
    """
    words: list[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in states]
    return deliveries.c.state == words[0] if len(words) == 1 else deliveries.c.state.in_(words)


def of_known_kind() -> ColumnElement[bool]:
    """Return the condition of being a mail that this release can build: a newer one sends the others."""
    return deliveries.c.kind.in_([literal_column(f"'{kind}'") for kind in _KINDS])


def delivery(row: Row[Any]) -> Delivery:
    """Return the delivery of a row of COLUMNS, one of a known kind."""
    values: list[Any] = list(row)
    values[_KIND], values[_STATE] = _KINDS[values[_KIND]], _STATES[values[_STATE]]
    return Delivery(*values)


def _found(connection: Connection, statement: Select[Any]) -> list[Delivery]:
    return [delivery(row) for row in connection.execute(statement) if _is_known(row)]


def _is_known(row: Row[Any]) -> bool:
    # A newer release, which is being rolled out, may have written what this one cannot tell of.
    return row[_KIND] in _KINDS and row[_STATE] in _STATES
