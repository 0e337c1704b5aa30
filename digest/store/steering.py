"""How readers steer their digests: feedback on papers, and expressions muted for a while.

Every change raises the reader's revision in the same transaction, and does so first: whoever has
the reader's row is alone with it.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from digest.model.feedback import Feedback, FeedbackKind, Mute
from digest.store.known import known
from digest.store.subscribers import raise_revision
from digest.store.tables import feedback, mutes
from digest.store.upsert import insert_or_replace

MAX_FEEDBACK = 50


def set_feedback(connection: Connection, given: Feedback) -> None:
    """Write down a reader's word on a paper in place of any earlier one; both must exist."""
    raise_revision(connection, given.subscriber_id)
    connection.execute(
        insert_or_replace(connection, feedback),
        {
            "subscriber_id": given.subscriber_id,
            "paper_id": given.paper_id,
            "kind": given.kind.value,
            "given_at": given.given_at,
        },
    )


def withdraw_feedback(connection: Connection, subscriber_id: int, paper_id: int) -> None:
    """Forget a reader's word on a paper. Idempotent."""
    raise_revision(connection, subscriber_id)
    connection.execute(
        delete(feedback).where(
            feedback.c.subscriber_id == subscriber_id, feedback.c.paper_id == paper_id
        )
    )


def feedback_of(
    connection: Connection,
    subscriber_ids: Collection[int],
    kinds: Collection[FeedbackKind] = tuple(FeedbackKind),
) -> dict[int, list[Feedback]]:
    """Return what each reader said last, newest first, at most MAX_FEEDBACK words a reader.

    Only words of `kinds` are returned and counted; who said none of them is left out.
    """
    newest = (feedback.c.given_at.desc(), feedback.c.paper_id.desc())
    place = func.row_number().over(partition_by=feedback.c.subscriber_id, order_by=newest)
    placed = (
        select(feedback, place.label("place"))
        .where(
            feedback.c.subscriber_id.in_(subscriber_ids),
            feedback.c.kind.in_([kind.value for kind in kinds]),
        )
        .subquery()
    )
    statement = (
        select(placed)
        .where(placed.c.place <= MAX_FEEDBACK)
        .order_by(placed.c.subscriber_id, placed.c.place)
    )
    found: dict[int, list[Feedback]] = {}
    for row in connection.execute(statement):
        given = Feedback(row.subscriber_id, row.paper_id, FeedbackKind(row.kind), row.given_at)
        found.setdefault(row.subscriber_id, []).append(given)
    return found


def word_on(connection: Connection, subscriber_id: int, paper_id: int) -> Feedback | None:
    """Return a reader's last word on a paper, None if they said nothing that this release knows."""
    row = connection.execute(
        select(feedback).where(
            feedback.c.subscriber_id == subscriber_id, feedback.c.paper_id == paper_id
        )
    ).one_or_none()
    kind = None if row is None else known(FeedbackKind, row.kind)
    if row is None or kind is None:
        return None
    return Feedback(row.subscriber_id, row.paper_id, kind, row.given_at)


def set_mute(connection: Connection, mute: Mute) -> None:
    """Hide an expression's papers from a reader until a moment, in place of any earlier one."""
    raise_revision(connection, mute.subscriber_id)
    connection.execute(
        insert_or_replace(connection, mutes),
        {
            "subscriber_id": mute.subscriber_id,
            "expression": mute.expression,
            "until": mute.until,
        },
    )


def lift_mute(connection: Connection, subscriber_id: int, expression: str) -> None:
    """Show an expression's papers to a reader again. Idempotent."""
    raise_revision(connection, subscriber_id)
    connection.execute(
        delete(mutes).where(
            mutes.c.subscriber_id == subscriber_id, mutes.c.expression == expression
        )
    )


def mutes_of(
    connection: Connection, subscriber_ids: Collection[int], now: datetime
) -> dict[int, tuple[str, ...]]:
    """Return the expressions each reader has muted and whose time is not over, in their order.

    Who mutes nothing is left out. A mute that ends by itself raises no revision: what is compiled
    of a reader's mutes is stale when this answer differs, too.
    """
    statement = select(mutes.c.subscriber_id, mutes.c.expression).where(
        mutes.c.subscriber_id.in_(subscriber_ids), mutes.c.until > now
    )
    found: dict[int, list[str]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.subscriber_id, []).append(row.expression)
    # Sorted here, because PostgreSQL sorts by its locale.
    return {number: tuple(sorted(expressions)) for number, expressions in found.items()}


def mutes_in_force(connection: Connection, subscriber_id: int, now: datetime) -> list[Mute]:
    """Return what a reader has muted and whose time is not over, what ends last first."""
    statement = select(mutes).where(mutes.c.subscriber_id == subscriber_id, mutes.c.until > now)
    found = [
        Mute(row.subscriber_id, row.expression, row.until) for row in connection.execute(statement)
    ]
    found.sort(key=lambda each: each.expression)
    return sorted(found, key=lambda each: each.until, reverse=True)


def forget_ended_mutes(connection: Connection, subscriber_id: int, now: datetime) -> None:
    """Delete a reader's mutes whose time is over: they mute nothing, so no revision is raised."""
    connection.execute(
        delete(mutes).where(mutes.c.subscriber_id == subscriber_id, mutes.c.until <= now)
    )
