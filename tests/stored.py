"""Digests put into a store from objects, the way composing puts them there from columns."""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import Connection

from digest.model.digests import Digest
from digest.model.subscribers import Wishes
from digest.store.digests import NewDigests, add_digests
from digest.store.entries import entries_to_json, quoted_in
from digest.store.quotations import keep_quotations
from digest.store.tables import wishes
from digest.store.upsert import insert_new
from digest.store.wishes import wishes_to_json


def store_digests(
    connection: Connection, given: Sequence[Digest], revision: int = 0, today: date | None = None
) -> list[int]:
    """Store digests, each for its wishes at `revision`; return their ids in the order given."""
    numbers = []
    for digest in given:
        quoted = set(quoted_in(digest.entries))
        known = keep_quotations(connection, quoted, today or digest.period)
        wished = digest.wishes
        if wished is not None:
            keep_wishes(connection, [(digest.subscriber_id, revision, wished)])
        expressions = [each.expression for each in wished.interests] if wished else []
        new = NewDigests(
            composed_at=digest.composed_at,
            window_through=digest.window.through,
            subscriber_ids=[digest.subscriber_id],
            periods=[digest.period],
            window_after=[digest.window.after],
            revisions=[revision],
            considered=[digest.considered],
            matched=[digest.matched],
            excluded=[digest.excluded or 0],
            is_rest=[digest.is_rest],
            entries=[entries_to_json(digest.entries, expressions, known)],
        )
        numbers += add_digests(connection, new)
    return numbers


def keep_wishes(connection: Connection, kept: Iterable[tuple[int, int, Wishes]]) -> None:
    """Store the wishes of readers at a revision, each (subscriber id, revision, wishes)."""
    for number, revision, wished in kept:
        row = {"subscriber_id": number, "revision": revision, "body": wishes_to_json(wished)}
        connection.execute(insert_new(connection, wishes), row)
