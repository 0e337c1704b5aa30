"""Who gets which mails: a claim is one statement, and costs the same however long the queue is."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    String,
    bindparam,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from digest.model.deliveries import Delivery, DeliveryState
from digest.store.deliveries import COLUMNS, delivery, in_state, of_known_kind
from digest.store.tables import deliveries
from digest.store.types import UtcDateTime

_READY = in_state(DeliveryState.READY)


def groups_due(connection: Connection, now: datetime) -> list[str]:
    """Return the domain groups that have a mail that is due, in the order of their names.

    Hops from group to group over the index: the cost is that of the groups, not of their mails.
    """
    return list(connection.execute(_GROUPS_DUE, {"now": now}).scalars())


def claim_deliveries(  # noqa: PLR0913, PLR0917  one claim, whole
    connection: Connection,
    owner: str,
    now: datetime,
    groups: Sequence[str],
    per_group: int,
    limit: int,
) -> list[Delivery]:
    """Take mails that are due: nobody else has them until `owner` settles them or its lease is over.

    From each of `groups`, in their order, the earliest `per_group` at most, until there are
    `limit`; returned earliest first. Mails of kinds that only a newer release knows are left to
    its workers. The owner must hold a lease (`workers.hold_lease`).
    """
    is_sqlite = connection.dialect.name == "sqlite"
    values = {
        "owner_is": owner,
        "now": now,
        "groups": json.dumps(list(groups)) if is_sqlite else list(groups),
        "per_group": per_group,
        "limit": limit,
    }
    rows = connection.execute(_CLAIM_SQLITE if is_sqlite else _CLAIM_POSTGRESQL, values)
    return sorted(map(delivery, rows), key=lambda each: (each.next_at, each.id))


def _groups_due() -> Any:  # noqa: ANN401  a statement
    smallest = select(func.min(deliveries.c.domain_group)).where(_READY)
    groups = select(smallest.scalar_subquery().label("name")).cte("groups", recursive=True)
    after = smallest.where(deliveries.c.domain_group > groups.c.name).scalar_subquery()
    groups = groups.union_all(select(after).where(groups.c.name.is_not(None)))
    # Not EXISTS: PostgreSQL may answer that for all groups at once, reading every mail.
    earliest = select(func.min(deliveries.c.next_at)).where(
        _READY, deliveries.c.domain_group == groups.c.name
    )
    has_due = earliest.scalar_subquery() <= bindparam("now", type_=UtcDateTime)
    return select(groups.c.name).where(groups.c.name.is_not(None), has_due)


def _first_of(name: Any) -> Any:  # noqa: ANN401  a column, a statement
    """Return a query for the earliest mails that are due of the group `name`."""
    return (
        select(deliveries.c.id)
        .where(
            _READY,
            deliveries.c.domain_group == name,
            deliveries.c.next_at <= bindparam("now", type_=UtcDateTime),
            of_known_kind(),
        )
        .order_by(deliveries.c.next_at, deliveries.c.id)
        .limit(bindparam("per_group"))
    )


def _take(due: Any) -> Any:  # noqa: ANN401  as above
    return (
        update(deliveries)
        .where(deliveries.c.id.in_(due))
        .values(
            state=literal_column(f"'{DeliveryState.LEASED.value}'"),
            owner=bindparam("owner_is"),
            fence=deliveries.c.fence + literal_column("1"),
        )
        .returning(*COLUMNS)
    )


def _claim_postgresql() -> Any:  # noqa: ANN401  as above
    groups = (
        func.unnest(bindparam("groups", type_=ARRAY(String))).table_valued("name").render_derived()
    )
    first = _first_of(groups.c.name).with_for_update(skip_locked=True).lateral("first")
    due = select(first.c.id).select_from(groups.join(first, true())).limit(bindparam("limit"))
    # Materialized: a plan that ran it twice would take twice as many.
    return _take(select(due.cte("due").prefix_with("MATERIALIZED").c.id))


def _claim_sqlite() -> Any:  # noqa: ANN401  as above
    groups = func.json_each(bindparam("groups")).table_valued("value")
    each = deliveries.alias("each_due")
    due = (
        select(each.c.id)
        .select_from(groups.join(each, true()))
        .where(each.c.id.in_(_first_of(groups.c.value).correlate(groups)))
        .limit(bindparam("limit"))
    )
    return _take(due)


_GROUPS_DUE = _groups_due()
_CLAIM_POSTGRESQL = _claim_postgresql()
_CLAIM_SQLITE = _claim_sqlite()
