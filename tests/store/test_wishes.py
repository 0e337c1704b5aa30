"""Wishes kept once a revision: the same whether the database writes them or we do."""

from datetime import time

import pytest
from sqlalchemy import select

from digest.model.subscribers import Cadence, Days, Interest, QuietDays, Wishes
from digest.store import subscribers
from digest.store.engine import Database
from digest.store.tables import wishes
from digest.store.wishes import keep_present, wishes_from_json, wishes_to_json

HOSTILE = '"a \\ b" | “c” + \u202e'
FULL = Wishes(
    (Interest("gnn", 0.25), Interest(HOSTILE, 10.0), Interest("a", 1.0)),
    Cadence(Days.WEEKLY, time(18, 30), "Asia/Tokyo", weekday=4),
    papers_per_digest=7,
    language="de",
    quiet=QuietDays.ROLL_OVER,
)
BARE = Wishes((), Cadence(Days.DAILY, time(7), "UTC"), papers_per_digest=10)


@pytest.mark.parametrize("wished", [FULL, BARE])
def test_the_database_keeps_what_a_reader_wishes_now(
    database: Database, reader: int, wished: Wishes
) -> None:
    with database.writing() as connection:
        subscribers.save_wishes(connection, reader, wished)
        keep_present(connection, [reader, 999])
        keep_present(connection, [reader])
        row = connection.execute(select(wishes)).one()

    assert (row.subscriber_id, row.revision) == (reader, 1)
    assert wishes_from_json(row.body) == wished == wishes_from_json(wishes_to_json(wished))
    assert row.body.keys() == wishes_to_json(wished).keys()
    read = wishes_from_json(row.body)
    assert all(isinstance(each.weight, float) for each in read.interests)


def test_what_was_kept_of_a_revision_stays_when_wishes_change(
    database: Database, reader: int
) -> None:
    with database.writing() as connection:
        subscribers.save_wishes(connection, reader, FULL)
        keep_present(connection, [reader])
        subscribers.save_wishes(connection, reader, BARE)
        keep_present(connection, [reader])
        kept = connection.execute(select(wishes).order_by(wishes.c.revision)).all()

    assert [wishes_from_json(row.body) for row in kept] == [FULL, BARE]
