"""Digests as the store keeps them."""

import dataclasses
from datetime import date, time, timedelta

import pytest

from digest.model.deliveries import DeliveryState, MailKind
from digest.model.digests import Digest, Entry, Field, MatchKind, Reason, Window
from digest.model.subscribers import Cadence, Days
from digest.store import deliveries, digests
from digest.store.deliveries import PlannedDelivery
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.stored import store_digests

LIKED = Reason("A paper you liked", MatchKind.LIKED, Field.ABSTRACT, "It is alike", ((3, 5),), 0.7)
RELATED = Reason("gnn", MatchKind.RELATED, Field.TITLE, "Message passing", (), 0.3)


def make_digest(reader: int, clock: HandClock, *entries: Entry) -> Digest:
    return Digest(
        id=0,
        subscriber_id=reader,
        period=date(2026, 3, 18),
        window=Window(0, 1),
        considered=60,
        matched=len(entries),
        entries=entries,
        composed_at=clock(),
    )


def test_a_digest_comes_back_as_it_was_stored(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    one, two, three, four = stored[:4]
    with_others = Entry(one, 2.5, (LIKED, RELATED), folded=(three, two), topic="message passing")
    cadence = Cadence(Days.WEEKLY, time(18, 30), "Asia/Tokyo", 4)
    wishes = make_wishes("gnn", cadence=cadence, language="de")
    plain = make_digest(reader, clock, with_others, Entry(four, 1.0, (RELATED,)))
    digest = dataclasses.replace(plain, wishes=wishes, excluded=7, is_rest=True)
    with database.writing() as connection:
        [number] = store_digests(connection, [digest])
        found = digests.digests_by_id(connection, [number])

    assert found == {number: dataclasses.replace(digest, id=number)}


def test_papers_folded_under_another_are_on_their_way_as_well(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    one, two, three, *_ = stored
    digest = make_digest(reader, clock, Entry(one, 2.5, (), folded=(three, two), topic="x"))
    with database.writing() as connection:
        [number] = store_digests(connection, [digest])
        mail = PlannedDelivery(
            subscriber_id=reader,
            kind=MailKind.DIGEST,
            period="2026-03-18",
            digest_id=number,
            address="ada@example.org",
            key="key",
            planned_at=clock(),
            deadline_at=clock() + timedelta(days=1),
        )
        deliveries.plan_deliveries(connection, [mail])
        on_their_way = digests.papers_on_their_way(connection, [reader], clock())

    assert on_their_way == {reader: frozenset({one, two, three})}


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (DeliveryState.PLANNED, True),
        (DeliveryState.READY, True),
        (DeliveryState.ACCEPTED, True),
        (DeliveryState.UNCERTAIN, True),
        (DeliveryState.FAILED, False),
        (DeliveryState.EXPIRED, False),
        (DeliveryState.SUPPRESSED, False),
    ],
)
def test_the_last_digest_that_was_sent_is_the_newest_that_may_have_arrived(
    database: Database, clock: HandClock, reader: int, state: DeliveryState, *, counts: bool
) -> None:
    quiet = make_digest(reader, clock)
    old = dataclasses.replace(quiet, period=date(2026, 3, 14))
    with database.writing() as connection:
        number, _ = store_digests(connection, [old, quiet])
        mail = PlannedDelivery(
            subscriber_id=reader,
            kind=MailKind.DIGEST,
            period="2026-03-14",
            digest_id=number,
            address="ada@example.org",
            key="key",
            planned_at=clock(),
            deadline_at=clock() + timedelta(days=1),
        )
        deliveries.plan_deliveries(connection, [mail], state)
        found = digests.last_sent(connection, [reader, 999], date(2026, 3, 14))
        later = digests.last_sent(connection, [reader], date(2026, 3, 15))

    assert found == ({reader: date(2026, 3, 14)} if counts else {})
    assert later == {}
