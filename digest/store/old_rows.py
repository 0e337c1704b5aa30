"""The statements that find and delete what is old; a test asks both databases how they would run them."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Delete,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from digest.model.deliveries import ENDED, DeliveryState
from digest.model.subscribers import SubscriberState
from digest.store.tables import (
    attempts,
    bounces,
    deliveries,
    digest_entries,
    digests,
    quotations,
    subscribers,
    wishes,
)
from digest.store.types import UtcDateTime

_NUMBERS: Any = bindparam("numbers", expanding=True)


def _next(table: Table, moment: ColumnElement[datetime]) -> Select[Any]:
    rows = (
        select(table.c.id, moment.label("moment"))
        .where(table.c.id > bindparam("after"))
        .order_by(table.c.id)
        .limit(bindparam("size"))
        .subquery()
    )
    return select(func.max(rows.c.id).label("through"), func.min(rows.c.moment).label("oldest"))


def _in_part(table: Table, moment: ColumnElement[datetime]) -> ColumnElement[bool]:
    return and_(
        table.c.id > bindparam("after"),
        table.c.id <= bindparam("through"),
        moment < bindparam("before", type_=UtcDateTime),
    )


def _is_newest() -> ColumnElement[bool]:
    """Return the condition that a digest is the newest of a reader who gets digests."""
    newer = digests.alias("newer")
    is_newer = (newer.c.subscriber_id == digests.c.subscriber_id) & (
        newer.c.period > digests.c.period
    )
    is_active = subscribers.c.state == literal_column(f"'{SubscriberState.ACTIVE.value}'")
    return is_active & ~exists().where(is_newer)


def _mails_over() -> Select[Any]:
    # Beyond its reader's mark, it is what keeps its papers from coming again.
    is_awaited = (deliveries.c.state == literal_column(f"'{DeliveryState.ACCEPTED.value}'")) & (
        digests.c.window_through > func.coalesce(subscribers.c.seen_through, 0)
    )
    return (
        select(deliveries.c.id)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .outerjoin(digests, digests.c.id == deliveries.c.digest_id)
        .where(
            _in_part(deliveries, deliveries.c.planned_at),
            # Not by literals: the ids lead, not an index of what waits.
            deliveries.c.state.in_([state.value for state in ENDED]),
            or_(digests.c.id.is_(None), ~(is_awaited | _is_newest())),
        )
        .order_by(deliveries.c.id)
        .with_for_update(of=deliveries, skip_locked=True)
    )


def _digests_over() -> Select[Any]:
    return (
        select(
            digests.c.id,
            digests.c.subscriber_id,
            digests.c.wishes_revision,
            subscribers.c.revision,
        )
        .join(subscribers, subscribers.c.id == digests.c.subscriber_id)
        .where(
            _in_part(digests, digests.c.composed_at),
            ~exists().where(deliveries.c.digest_id == digests.c.id),
            ~_is_newest(),
        )
        .order_by(digests.c.id)
        .with_for_update(of=digests, skip_locked=True)
    )


def _delete_all(*columns: Column[int]) -> dict[str, tuple[Delete, ...]]:
    """Return what deletes the rows of `numbers`; as one array to PostgreSQL, which is half the work."""
    array: Any = bindparam("numbers", type_=ARRAY(BigInteger))
    return {
        "sqlite": tuple([delete(each.table).where(each.in_(_NUMBERS)) for each in columns]),
        "postgresql": tuple(
            [delete(each.table).where(each == func.any(array)) for each in columns]
        ),
    }


def _delete_wishes() -> Any:  # noqa: ANN401  a statement
    current = select(subscribers.c.revision).where(subscribers.c.id == wishes.c.subscriber_id)
    is_named = exists().where(
        digests.c.subscriber_id == wishes.c.subscriber_id,
        digests.c.wishes_revision == wishes.c.revision,
    )
    return delete(wishes).where(
        # By itself the pair would make SQLite read them all.
        wishes.c.subscriber_id.in_(bindparam("numbers", expanding=True)),
        wishes.c.revision < current.scalar_subquery(),
        ~is_named,
    )


def _delete_quotations() -> Any:  # noqa: ANN401  as above
    oldest = (
        select(quotations.c.id)
        .where(quotations.c.used_on < bindparam("before"))
        .order_by(quotations.c.used_on)
        .limit(bindparam("size"))
    )
    return delete(quotations).where(
        quotations.c.id.in_(oldest.with_for_update(skip_locked=True)),
        # Asked again where one was used just now.
        quotations.c.used_on < bindparam("before"),
    )


NEXT_MAILS = _next(deliveries, deliveries.c.planned_at)
NEXT_DIGESTS = _next(digests, digests.c.composed_at)
MAILS_OVER = _mails_over()
# By the kind of the database.
DELETE_MAILS = _delete_all(attempts.c.delivery_id, bounces.c.delivery_id, deliveries.c.id)
DIGESTS_OVER = _digests_over()
DELETE_DIGESTS = _delete_all(digest_entries.c.digest_id, digests.c.id)
DELETE_WISHES = _delete_wishes()
DIGESTS_KEPT = select(cast(digests.c.entries, Text)).where(
    _in_part(digests, digests.c.composed_at), digests.c.entries.is_not(None)
)
USE_QUOTATIONS = (
    update(quotations)
    .where(quotations.c.id.in_(_NUMBERS), quotations.c.used_on < bindparam("before"))
    .values(used_on=bindparam("today"))
)
DELETE_QUOTATIONS = _delete_quotations()
