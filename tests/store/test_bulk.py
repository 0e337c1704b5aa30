"""Many rows at once: the same rows come back, whatever stands in them, from both databases."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from digest.store.account_tables import tallies
from digest.store.bulk import insert_rows, take_ids
from digest.store.engine import Database
from digest.store.spent_ids import spend_ids
from digest.store.tables import digests, quotations, suppressions
from tests.conftest import START

HOSTILE = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    | st.sampled_from("\\\t\n\rN"),
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(HOSTILE, min_size=1, max_size=6))
def test_any_text_comes_back_as_it_was(database: Database, texts: list[str]) -> None:
    with database.writing() as connection:
        connection.execute(delete(suppressions))
        columns: dict[str, list[Any]] = {
            "address_key": [f"{n}@example.org" for n in range(len(texts))],
            "reason": ["left"] * len(texts),
            "created_at": [START] * len(texts),
            "detail": texts,
        }
        insert_rows(connection, suppressions, columns)
        stored = select(suppressions.c.detail, suppressions.c.created_at)
        rows = connection.execute(stored.order_by(suppressions.c.address_key)).all()

    assert [row.detail for row in rows] == texts
    assert {row.created_at for row in rows} == {START}


def test_numbers_days_moments_and_json_come_back_as_they_were(
    database: Database, reader: int
) -> None:
    moment = datetime(2026, 3, 18, 23, 30, 0, 125, timezone(timedelta(hours=-5)))
    columns: dict[str, list[Any]] = {
        "id": [7, 8],
        "subscriber_id": [reader, reader],
        "period": [date(2026, 3, 18), date(2026, 3, 19)],
        "window_after": [0, 1],
        "window_through": [1, 2],
        "considered": [3, 4],
        "matched": [2, 0],
        "composed_at": [moment, START],
        "excluded": [None, 5],
        "is_rest": [True, False],
        "entries": ['[[1,2500,[["a \\\\ \\n b",1,1000]]]]', "[]"],
    }
    with database.writing() as connection:
        insert_rows(connection, digests, columns)
        first, second = connection.execute(select(digests).order_by(digests.c.id)).all()

    assert (first.id, first.period, first.excluded, first.is_rest) == (
        7,
        date(2026, 3, 18),
        None,
        True,
    )
    assert first.composed_at == moment.astimezone(UTC)
    assert first.entries == [[1, 2500, [["a \\ \n b", 1, 1000]]]]
    assert (second.excluded, second.entries, second.wishes) == (5, [], None)


def test_none_of_the_rows_is_stored_if_the_key_of_one_is_taken(database: Database) -> None:
    columns: dict[str, list[Any]] = {
        "address_key": ["a@example.org", "b@example.org", "a@example.org"],
        "reason": ["left"] * 3,
        "created_at": [START] * 3,
    }
    with pytest.raises(IntegrityError), database.writing() as connection:
        insert_rows(connection, suppressions, columns)

    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(suppressions)).scalar() == 0


def test_no_rows_are_no_statement(database: Database) -> None:
    with database.writing() as connection:
        insert_rows(connection, tallies, {"day": [], "name": []})


def test_ids_are_taken_in_order_and_none_is_given_twice(database: Database) -> None:
    row = {"paper_id": 1, "kind": "phrase", "field": "title", "sentence": "", "spans": []}
    with database.writing() as connection:
        first = take_ids(connection, quotations, 3)
        rows = [
            {**row, "id": number, "fingerprint": str(number), "used_on": START.date()}
            for number in first
        ]
        connection.execute(insert(quotations), rows)
        second = take_ids(connection, quotations, 2)
        connection.execute(
            insert(quotations),
            {**row, "id": second[-1], "fingerprint": "x", "used_on": START.date()},
        )
        spend_ids(connection, quotations)
        connection.execute(delete(quotations))
        third = take_ids(connection, quotations, 1)

    taken = [*first, *second, *third]
    assert taken == sorted(set(taken))
