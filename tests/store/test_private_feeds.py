"""Readers' own feeds as the store keeps them."""

import dataclasses
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from digest.model.deliveries import DeliveryState, MailKind
from digest.model.digests import Digest, Entry
from digest.model.private_feeds import FeedState
from digest.model.subscribers import SubscriberState
from digest.store import deliveries, private_feeds, tables
from digest.store.deliveries import PlannedDelivery
from digest.store.engine import Database
from tests.conftest import START, HandClock
from tests.store.test_beside_the_previous_release import write_as_before
from tests.store.test_digests import make_digest
from tests.stored import store_digests


def add(database: Database, digest: Digest, *, has_mail: bool = True) -> int:
    with database.writing() as connection:
        [number] = store_digests(connection, [digest])
        mail = PlannedDelivery(
            subscriber_id=digest.subscriber_id,
            kind=MailKind.DIGEST,
            period=digest.period.isoformat(),
            digest_id=number,
            address="ada@example.org",
            key=f"key-{number}",
            planned_at=digest.composed_at,
            deadline_at=digest.composed_at + timedelta(days=1),
        )
        if has_mail:
            deliveries.plan_deliveries(connection, [mail])
    return number


def standing(database: Database, reader: int) -> private_feeds.Standing:
    with database.reading() as connection:
        found = private_feeds.standing(connection, reader)
    assert found is not None
    return found


def test_an_address_is_good_until_it_is_replaced_or_closed(
    database: Database, clock: HandClock, reader: int
) -> None:
    def now() -> tuple[int, bool]:
        with database.reading() as connection:
            feed = private_feeds.private_feed(connection, reader)
        assert feed is not None
        return feed.version, feed.is_open

    with database.reading() as connection:
        assert private_feeds.private_feed(connection, reader) is None
    for _ in range(2):
        with database.writing() as connection:
            private_feeds.open_feed(connection, reader, clock())
        assert now() == (1, True)
    with database.writing() as connection:
        assert private_feeds.rotate_feed(connection, reader, 1)
        assert not private_feeds.rotate_feed(connection, reader, 1)
    assert now() == (2, True)
    with database.writing() as connection:
        assert not private_feeds.close_feed(connection, reader, 1)
        assert private_feeds.close_feed(connection, reader, 2)
        assert not private_feeds.close_feed(connection, reader, 3)
        assert not private_feeds.rotate_feed(connection, reader, 3)
    assert now() == (3, False)
    with database.writing() as connection:
        private_feeds.open_feed(connection, reader, clock())
    assert now() == (4, True)


def test_nobody_stands_nowhere_and_whoever_opened_none_has_none(
    database: Database, reader: int
) -> None:
    with database.reading() as connection:
        assert private_feeds.standing(connection, 999) is None
    assert standing(database, reader) == (SubscriberState.UNCONFIRMED, None, None)


def test_a_feed_has_the_digests_whose_mails_went_or_go(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    with database.writing() as connection:
        private_feeds.open_feed(connection, reader, clock())
    assert standing(database, reader).state == FeedState((), START)
    numbers = []
    for day, paper in enumerate(stored[:3]):
        clock.advance(days=1)
        digest = make_digest(reader, clock, Entry(paper, 1.0, ()))
        numbers.append(add(database, dataclasses.replace(digest, period=date(2026, 4, 1 + day))))
    quiet = dataclasses.replace(make_digest(reader, clock), period=date(2026, 4, 9))
    add(database, quiet, has_mail=False)
    state = standing(database, reader).state
    assert state is not None
    assert state.digest_ids == tuple(reversed(numbers))
    assert state.updated_at == clock()


@pytest.mark.parametrize("state", list(DeliveryState))
def test_what_a_person_keeps_back_is_not_in_the_feed(
    sqlite_database: Database, clock: HandClock, state: DeliveryState
) -> None:
    database = sqlite_database
    write_as_before(database)
    with database.writing() as connection:
        private_feeds.open_feed(connection, 1, clock())
        connection.execute(update(tables.deliveries).values(state=state.value))
    found = standing(database, 1).state
    assert found is not None
    kept_back = {DeliveryState.PLANNED, DeliveryState.HELD, DeliveryState.EXPIRED}
    assert found.digest_ids == (() if state in kept_back else (1,))


def test_a_paper_that_changes_moves_the_state(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    with database.writing() as connection:
        private_feeds.open_feed(connection, reader, clock())
    add(database, make_digest(reader, clock, Entry(stored[0], 1.0, ())))
    before = standing(database, reader).state
    clock.advance(hours=1)
    with database.writing() as connection:
        change = update(tables.papers).where(tables.papers.c.id == stored[0])
        connection.execute(change.values(updated_at=clock()))
    after = standing(database, reader).state
    assert before is not None
    assert after is not None
    assert (before.updated_at, after.updated_at) == (START, clock())
    assert before.digest_ids == after.digest_ids


def test_a_paper_that_is_completed_elsewhere_moves_nothing(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    with database.writing() as connection:
        private_feeds.open_feed(connection, reader, clock())
    add(database, make_digest(reader, clock, Entry(stored[0], 1.0, ())))
    before = standing(database, reader)
    clock.advance(hours=1)
    with database.writing() as connection:
        change = update(tables.papers).where(tables.papers.c.id == stored[1])
        connection.execute(change.values(updated_at=clock()))
    assert standing(database, reader) == before


def test_a_question_is_answered_while_somebody_writes(
    database: Database, clock: HandClock, reader: int
) -> None:
    with database.writing() as connection:
        private_feeds.open_feed(connection, reader, clock())
        with database.asking() as asked:
            found = private_feeds.standing(asked, reader)
    assert found is not None
    assert found.feed is None  # what is not committed is not there
    with database.asking() as asked:
        then = private_feeds.standing(asked, reader)
    assert then is not None
    assert then.feed is not None


def test_no_more_digests_than_a_month_s(
    database: Database, clock: HandClock, reader: int, stored: list[int]
) -> None:
    with database.writing() as connection:
        private_feeds.open_feed(connection, reader, clock())
    numbers = []
    for day in range(33):
        digest = make_digest(reader, clock, Entry(stored[day], 1.0, ()))
        period = date(2026, 4, 1) + timedelta(days=day)
        numbers.append(add(database, dataclasses.replace(digest, period=period)))
    state = standing(database, reader).state
    assert state is not None
    assert state.digest_ids == tuple(reversed(numbers[3:]))


def test_the_first_fetch_of_a_day_is_noted(
    database: Database, clock: HandClock, reader: int
) -> None:
    with database.writing() as connection:
        private_feeds.open_feed(connection, reader, clock())
        for day, program in ((18, "Miniflux"), (18, "Newsboat"), (20, ""), (19, "FreshRSS")):
            private_feeds.note_fetch(connection, reader, date(2026, 3, day), program)
        feed = private_feeds.private_feed(connection, reader)
    assert feed is not None
    assert (feed.fetched_on, feed.program) == (date(2026, 3, 20), "")
    assert standing(database, reader).feed == dataclasses.replace(feed, program="")


def test_of_a_reader_who_is_gone_no_fetch_is_written_down(database: Database) -> None:
    with database.writing() as connection:
        private_feeds.note_fetch(connection, 99, date(2026, 3, 18), "newsboat")
        rows = connection.execute(tables.feed_fetches.select()).all()
    assert rows == []


def test_a_request_reads_by_keys_only(sqlite_database: Database) -> None:
    """No table is read through: what a feed costs does not grow with the readers or the papers."""
    database = sqlite_database
    write_as_before(database)
    asked = private_feeds._STANDING.params(number=1)  # noqa: SLF001  what is run
    written = asked.compile(database.engine, compile_kwargs={"literal_binds": True})
    with database.reading() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}").all()
    steps = [str(row[-1]) for row in plan]
    assert any("SEARCH digests USING" in step for step in steps), steps
    tables_read = [step for step in steps if step.startswith("SCAN") and "shown" not in step]
    assert tables_read == []
