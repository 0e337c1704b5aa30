"""The ledger: claimed once, settled once, never lost."""

import threading
from datetime import date, timedelta

from sqlalchemy import text

from digest.model.deliveries import (
    Delivery,
    DeliveryState,
    MailKind,
    Outcome,
    Settlement,
    Verdict,
)
from digest.model.digests import Digest, Entry, Field, MatchKind, Reason, Window
from digest.model.papers import NewPaper, Signature
from digest.store import deliveries, digests, dumps, papers, subscribers
from digest.store.deliveries import PlannedDelivery
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.factories import make_address, make_dump, make_record, make_wishes

LEASE = timedelta(minutes=15)
DAY = timedelta(days=1)
ACCEPTED = Verdict(Outcome.ACCEPTED, "250 queued", 250)
LOST = Verdict(Outcome.UNCERTAIN, "no reply")


def add_reader(database: Database, clock: HandClock, name: str = "ada") -> int:
    with database.writing() as connection:
        number = subscribers.add_subscriber(connection, make_address(name), make_wishes(), clock())
        subscribers.activate(connection, number, clock(), clock() + DAY, seen_through=0)
    return number


def plan(database: Database, clock: HandClock, reader: int, **changes: object) -> int:
    planned = PlannedDelivery(
        subscriber_id=reader,
        kind=MailKind.DIGEST,
        period=str(changes.get("period", "2026-03-18")),
        digest_id=changes.get("digest_id"),  # type: ignore[arg-type]
        address="ada@example.org",
        key=f"key-{reader}-{changes.get('period', '')}",
        planned_at=clock(),
        deadline_at=clock() + DAY,
    )
    with database.writing() as connection:
        return deliveries.plan_deliveries(connection, [planned])


def claim(
    database: Database, clock: HandClock, owner: str = "me", limit: int = 50
) -> list[Delivery]:
    with database.writing() as connection:
        return deliveries.claim_deliveries(connection, owner, clock(), clock() + LEASE, limit)


def arm(database: Database, clock: HandClock, delivery: Delivery) -> bool:
    with database.writing() as connection:
        return deliveries.arm_delivery(connection, delivery, clock() + LEASE)


def settle(
    database: Database,
    clock: HandClock,
    delivery: Delivery,
    state: DeliveryState = DeliveryState.ACCEPTED,
) -> bool:
    with database.writing() as connection:
        return deliveries.settle_delivery(
            connection, delivery, Settlement(state, next_at=clock()), ACCEPTED, clock()
        )


def recover(database: Database, clock: HandClock) -> int:
    with database.writing() as connection:
        return deliveries.recover_deliveries(connection, clock())


def states(database: Database) -> dict[DeliveryState, int]:
    with database.reading() as connection:
        return deliveries.count_deliveries(connection)


def test_a_mail_planned_twice_is_planned_once(database: Database, clock: HandClock) -> None:
    reader = add_reader(database, clock)

    assert (plan(database, clock, reader), plan(database, clock, reader)) == (1, 0)


def test_a_claimed_mail_is_nobody_elses(database: Database, clock: HandClock) -> None:
    plan(database, clock, add_reader(database, clock))

    assert len(claim(database, clock, "one")) == 1
    assert claim(database, clock, "two") == []


def test_a_mail_held_by_a_killed_worker_is_ready_again_when_its_lease_is_over(
    database: Database, clock: HandClock
) -> None:
    plan(database, clock, add_reader(database, clock))
    claim(database, clock)  # and the worker is killed here

    assert recover(database, clock) == 0
    clock.advance(minutes=15)
    assert recover(database, clock) == 1
    [again] = claim(database, clock)
    assert not again.is_maybe_duplicate


def test_a_mail_whose_worker_died_while_sending_is_marked_and_sent_once_more(
    database: Database, clock: HandClock
) -> None:
    plan(database, clock, add_reader(database, clock))
    for is_second in (False, True):
        [mail] = claim(database, clock)
        assert mail.is_maybe_duplicate is is_second
        assert arm(database, clock, mail)
        clock.advance(minutes=16)
        recover(database, clock)

    assert states(database) == {DeliveryState.UNCERTAIN: 1}


def test_a_worker_that_lost_its_lease_can_neither_arm_nor_settle(
    database: Database, clock: HandClock
) -> None:
    plan(database, clock, add_reader(database, clock))
    [mine] = claim(database, clock, "zombie")
    clock.advance(minutes=16)
    recover(database, clock)
    [theirs] = claim(database, clock, "other")

    assert not arm(database, clock, mine)
    assert not settle(database, clock, mine)
    assert arm(database, clock, theirs)
    assert settle(database, clock, theirs)
    assert states(database) == {DeliveryState.ACCEPTED: 1}


def test_a_reader_who_left_after_the_claim_is_not_written_to(
    database: Database, clock: HandClock
) -> None:
    reader = add_reader(database, clock)
    plan(database, clock, reader)
    [mail] = claim(database, clock)
    with database.writing() as connection:
        subscribers.unsubscribe(connection, reader)

    assert not arm(database, clock, mail)


def test_a_suppressed_address_is_not_written_to(database: Database, clock: HandClock) -> None:
    plan(database, clock, add_reader(database, clock))
    [mail] = claim(database, clock)
    with database.writing() as connection:
        for _ in range(2):
            deliveries.suppress(connection, "ada@example.org", "complaint", clock())

    assert not arm(database, clock, mail)


def test_eight_workers_claim_each_mail_once(database: Database, clock: HandClock) -> None:
    for n in range(40):
        plan(database, clock, add_reader(database, clock, f"reader{n}"))
    claimed: list[int] = []

    def work(name: str) -> None:
        while mails := claim(database, clock, name, limit=3):
            claimed.extend(mail.id for mail in mails)

    workers = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(claimed) == 40
    assert len(set(claimed)) == 40


def test_the_claim_reads_its_index_and_sorts_nothing(database: Database) -> None:
    query = (
        "SELECT id FROM deliveries WHERE state = 'ready' AND next_at <= '2026-03-18 00:00:00+00' "
        "ORDER BY next_at, id LIMIT 50"
    )
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        steps = "\n".join(str(row) for row in connection.execute(text(explain + query)))

    assert "ix_deliveries_ready" in steps
    assert "sort" not in steps.lower()
    assert "temp b-tree" not in steps.lower()


def compose(database: Database, clock: HandClock, reader: int) -> tuple[int, int]:
    """Store a dump of one paper and a digest with it; return the digest's id and the dump's."""
    reason = Reason("gnn", MatchKind.PHRASE, Field.TITLE, "One paper", ((0, 3),), 1.0)
    with database.ingesting() as connection:
        dump_id = dumps.add_dump(connection, make_dump(), clock())
        assert dump_id is not None
        new = NewPaper("one", make_record("One"), Signature("one", (1,)))
        [paper] = papers.add_papers(connection, [new], dump_id, clock())
        digest = Digest(
            id=0,
            subscriber_id=reader,
            period=date(2026, 3, 18),
            window=Window(0, dump_id),
            considered=3,
            matched=1,
            entries=(Entry(paper, 2.5, (reason,)),),
            composed_at=clock(),
        )
        [number] = digests.add_digests(connection, [digest])
        stored = digests.digests_by_id(connection, [number])[number]
        assert stored.entries == digest.entries
    return number, dump_id


def test_only_acceptance_moves_what_a_reader_has_seen(database: Database, clock: HandClock) -> None:
    reader = add_reader(database, clock)
    number, dump_id = compose(database, clock, reader)
    plan(database, clock, reader, digest_id=number)
    [mail] = claim(database, clock)
    arm(database, clock, mail)
    settle(database, clock, mail, DeliveryState.READY)
    with database.reading() as connection:
        before = subscribers.subscriber_by_id(connection, reader)
    [mail] = claim(database, clock)
    arm(database, clock, mail)
    settle(database, clock, mail)
    with database.reading() as connection:
        after = subscribers.subscriber_by_id(connection, reader)

    assert before is not None
    assert after is not None
    assert (before.seen_through, after.seen_through) == (0, dump_id)


def test_papers_of_a_failed_digest_may_be_shown_again(database: Database, clock: HandClock) -> None:
    reader = add_reader(database, clock)
    number, _ = compose(database, clock, reader)
    plan(database, clock, reader, digest_id=number)
    with database.reading() as connection:
        on_their_way = digests.papers_on_their_way(connection, [reader], clock())
    [mail] = claim(database, clock)
    settle(database, clock, mail, DeliveryState.FAILED)
    with database.reading() as connection:
        after_failure = digests.papers_on_their_way(connection, [reader], clock())

    assert len(on_their_way[reader]) == 1
    assert after_failure == {}
