"""Entries as they lie in a digest's row: what comes back is what was chosen."""

import json
from datetime import timedelta

from sqlalchemy import select

from digest.model.digests import Entry, Field, MatchKind, Quoted, Reason
from digest.store.engine import Database
from digest.store.entries import (
    entries_from_json,
    entries_to_json,
    flat_entries_to_json,
    papers_in,
    quoted_in,
)
from digest.store.quotations import keep_quotations, quotations_by_id
from digest.store.tables import quotations
from tests.conftest import START

TODAY = START.date()
WISHES = ("gnn", "robots")
FIRST = Reason("robots", MatchKind.PHRASE, Field.TITLE, "Robots that learn", ((0, 6),), 0.625)
SECOND = Reason("gnn", MatchKind.ACRONYM, Field.ABSTRACT, "A GNN\n“walks”.", ((2, 5),), 0.375)
LIKED = Reason("A paper \\ you liked", MatchKind.LIKED, Field.TITLE, "Robots", (), 1.0)


def test_entries_come_back_with_reasons_folds_and_topics(database: Database) -> None:
    chosen = (
        Entry(11, 8.125, (FIRST, SECOND), (12, 13), "walking robots"),
        Entry(14, 0.5, (LIKED,)),
        Entry(15, 0.25, ()),
    )
    with database.writing() as connection:
        numbers = keep_quotations(connection, set(quoted_in(chosen)), TODAY)
        stored = entries_to_json(chosen, WISHES, numbers)
        found = entries_from_json(connection, [(stored, WISHES), ("[]", ())])

    assert found == [chosen, ()]
    assert papers_in(stored) == [(11, [12, 13]), (14, ()), (15, ())]


def test_arrays_are_stored_as_objects_are(database: Database) -> None:
    chosen = (Entry(11, 8.125, (FIRST, SECOND)), Entry(14, 0.5, (SECOND,)))
    with database.writing() as connection:
        numbers = keep_quotations(connection, set(quoted_in(chosen)), TODAY)
    places = [numbers[each] for each in quoted_in(chosen)]
    texts = flat_entries_to_json(
        [0, 2, 2], [11, 14], [8125, 500], [0, 2, 3], [1, 0, 0], places, [625, 375, 375]
    )

    assert json.loads(texts[0]) == json.loads(entries_to_json(chosen, WISHES, numbers))
    assert texts[1] == "[]"


def test_a_quotation_is_kept_once_and_remembers_the_last_day_it_was_used(
    database: Database,
) -> None:
    quoted = Quoted(11, MatchKind.PHRASE, Field.TITLE, "Robots that learn", ((0, 6),))
    other = quoted._replace(paper_id=12)
    with database.writing() as connection:
        first = keep_quotations(connection, [quoted], TODAY)
        again = keep_quotations(connection, [other, quoted], TODAY)
        assert quotations_by_id(connection, [*again.values(), 999]) == {
            number: each for each, number in again.items()
        }

        late = keep_quotations(connection, [quoted], TODAY + timedelta(days=1))
        keep_quotations(connection, [quoted], TODAY)
        used = connection.execute(select(quotations.c.id, quotations.c.used_on)).all()

    assert again[quoted] == first[quoted] == late[quoted] != again[other]
    assert dict(map(tuple, used)) == {
        again[quoted]: TODAY + timedelta(days=1),
        again[other]: TODAY,
    }


def test_a_reason_whose_quotation_or_wish_is_gone_is_left_out(database: Database) -> None:
    with database.writing() as connection:
        [number] = keep_quotations(
            connection, set(quoted_in([Entry(11, 1.0, (FIRST,))])), TODAY
        ).values()
        stored = f"[[11,2500,[[0,404,500],[2,{number},300],[1,{number},625]]]]"
        [entries] = entries_from_json(connection, [(stored, WISHES)])

    assert entries == (Entry(11, 2.5, (FIRST,)),)
