"""Who gets what, once, and what the ledger says of it."""

import threading
from datetime import time, timedelta
from typing import TYPE_CHECKING

from digest.model.deliveries import (
    Delivery,
    DeliveryState,
    MailKind,
    Outcome,
    Settlement,
    Verdict,
)
from digest.model.subscribers import Cadence, Days, Subscriber
from digest.pipeline.archive import Archives
from digest.pipeline.compose import ComposeReport, compose_due
from digest.pipeline.subscribe import Registry, enrol, save_preferences, unsubscribe
from digest.store import deliveries, digests, dumps, papers, subscribers
from digest.store.tables import deliveries as table
from tests.conftest import HandClock
from tests.factories import make_wishes, numbered
from tests.pipeline.conftest import Take

if TYPE_CHECKING:
    from digest.model.digests import Digest

SITE = "digest.example.org"
GRAPHS = [
    "Graph Neural Networks for Roads",
    "Speech in Noisy Rooms",
    "Graph Neural Networks Forget",
]


def compose(registry: Registry) -> ComposeReport:
    return compose_due(
        registry.database, Archives(registry.database, registry.clock), SITE, registry.clock
    )


def reload(registry: Registry, reader: Subscriber) -> Subscriber:
    with registry.database.reading() as connection:
        found = subscribers.subscriber_by_id(connection, reader.id)
    assert found is not None
    return found


def mails(registry: Registry, reader: Subscriber) -> list[Delivery]:
    with registry.database.reading() as connection:
        return deliveries.deliveries_of(connection, reader.id)


def shown(registry: Registry, mail: Delivery) -> list[str]:
    assert mail.digest_id is not None
    with registry.database.reading() as connection:
        digest: Digest = digests.digests_by_id(connection, [mail.digest_id])[mail.digest_id]
        found = papers.papers_by_id(connection, [each.paper_id for each in digest.entries])
    return sorted(found[each.paper_id].title for each in digest.entries)


def accept(registry: Registry, mail: Delivery, state: DeliveryState) -> None:
    now = registry.clock()
    with registry.database.writing() as connection:
        [claimed] = deliveries.claim_deliveries(connection, "me", now, now, 1)
        assert claimed.id == mail.id
        verdict = Verdict(Outcome.ACCEPTED, "250 ok", 250)
        deliveries.settle_delivery(connection, claimed, Settlement(state), verdict, now)


def test_a_due_reader_gets_the_papers_that_match_with_the_reasons(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)

    assert compose(registry) == ComposeReport(composed=1)
    [mail] = mails(registry, reader)
    assert (mail.kind, mail.state, mail.period) == (
        MailKind.DIGEST,
        DeliveryState.READY,
        "2026-03-19",
    )
    assert shown(registry, mail) == [GRAPHS[2], GRAPHS[0]]


def test_nobody_gets_a_second_digest_for_a_date(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)
    later = Cadence(Days.DAILY, time(20), "Europe/Berlin")
    save_preferences(registry, reader, make_wishes("graph neural networks", cadence=later))
    clock.advance(hours=14)

    assert compose(registry) == ComposeReport()
    assert len(mails(registry, reader)) == 1
    next_due_at = reload(registry, reader).next_due_at
    assert next_due_at is not None
    assert next_due_at > clock()


def test_a_paper_on_its_way_is_not_chosen_again(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)
    with registry.database.writing() as connection:
        until = clock() + timedelta(days=2)
        [mail] = deliveries.claim_deliveries(connection, "slow", clock(), until, 1)
        deliveries.arm_delivery(connection, mail, until)
    take("b.txt", numbered(["Deeper Graph Neural Networks"]))
    clock.advance(days=1)
    compose(registry)

    newest = mails(registry, reader)[0]
    assert shown(registry, newest) == ["Deeper Graph Neural Networks"]


def test_papers_of_a_mail_whose_time_is_over_come_with_the_next(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)  # and nobody sends it
    clock.advance(days=1)
    compose(registry)

    assert shown(registry, mails(registry, reader)[0]) == [GRAPHS[2], GRAPHS[0]]


def test_a_mail_that_is_lost_after_the_next_was_composed_loses_no_paper(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)
    [first] = mails(registry, reader)
    with registry.database.writing() as connection:
        until = clock() + timedelta(days=2)
        [held] = deliveries.claim_deliveries(connection, "slow", clock(), until, 1)
    take("b.txt", numbered(["Deeper Graph Neural Networks"]))
    clock.advance(days=1)
    compose(registry)
    accept(registry, mails(registry, reader)[0], DeliveryState.ACCEPTED)
    lost = Settlement(DeliveryState.FAILED)
    with registry.database.writing() as connection:
        verdict = Verdict(Outcome.FAILED, "550 no", 550)
        assert deliveries.settle_delivery(connection, held, lost, verdict, clock())
    clock.advance(days=1)
    compose(registry)

    assert held.id == first.id
    assert shown(registry, mails(registry, reader)[0]) == [GRAPHS[2], GRAPHS[0]]
    accept(registry, mails(registry, reader)[0], DeliveryState.ACCEPTED)
    after = reload(registry, reader)
    with registry.database.reading() as connection:
        assert after.seen_through == dumps.newest_dump_id(connection)


def test_what_a_reader_gets_does_not_depend_on_who_else_is_due(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    take("old.txt", numbered([f"Graph Neural Networks of Kind {n}" for n in range(8)]))
    early = enrol(
        registry, "early@example.org", make_wishes("graph neural networks", "speech in noisy rooms")
    )
    clock.advance(days=9)
    late = enrol(
        registry, "late@example.org", make_wishes("graph neural networks", "speech in noisy rooms")
    )
    take("new.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)

    lists = [shown(registry, mails(registry, each)[0]) for each in (early, late)]
    assert len(lists[0]) == 10  # of eleven, ranked among their own window
    assert lists[1] == sorted(GRAPHS)


def test_a_zone_that_this_machine_no_longer_knows_stops_nobody(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    readers = [
        enrol(registry, f"reader{n}@example.org", make_wishes("graph neural networks"))
        for n in range(2)
    ]
    with registry.database.writing() as connection:
        connection.exec_driver_sql("UPDATE subscribers SET zone = 'US/Gone' WHERE id = 1")
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)

    assert compose(registry) == ComposeReport(composed=2)
    assert reload(registry, readers[0]).cadence.zone == "UTC"


def test_papers_of_a_lost_mail_come_with_the_next(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)
    accept(registry, mails(registry, reader)[0], DeliveryState.FAILED)
    clock.advance(days=1)
    compose(registry)

    assert shown(registry, mails(registry, reader)[0]) == [GRAPHS[2], GRAPHS[0]]


def test_a_quiet_day_sends_nothing_and_moves_on(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("quantum gravity"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)

    assert compose(registry) == ComposeReport(quiet=1)
    assert mails(registry, reader) == []
    after = reload(registry, reader)
    assert after.seen_through is not None
    assert after.seen_through > 0


def test_three_days_of_downtime_give_one_digest(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS[:1]))
    clock.advance(days=2)
    take("b.txt", numbered(GRAPHS[2:]))
    clock.advance(days=2, hours=1)

    assert compose(registry) == ComposeReport(composed=1)
    [mail] = mails(registry, reader)
    assert shown(registry, mail) == [GRAPHS[2], GRAPHS[0]]


def test_a_new_reader_begins_with_the_last_seven_days(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    take("old.txt", numbered(["Old Graph Neural Networks"]))
    clock.advance(days=10)
    take("new.txt", numbered(["New Graph Neural Networks"]))
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    clock.advance(days=1, hours=1)
    compose(registry)

    assert shown(registry, mails(registry, reader)[0]) == ["New Graph Neural Networks"]


def test_who_left_is_due_no_more(registry: Registry, take: Take, clock: HandClock) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    unsubscribe(registry, reader)
    clock.advance(days=1, hours=1)

    assert compose(registry) == ComposeReport()


def test_composers_at_once_compose_each_reader_once(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    readers = [
        enrol(registry, f"reader{n}@example.org", make_wishes("graph neural networks"))
        for n in range(30)
    ]
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    composers = [threading.Thread(target=compose, args=(registry,)) for _ in range(4)]
    for composer in composers:
        composer.start()
    for composer in composers:
        composer.join()

    with registry.database.reading() as connection:
        keys = connection.execute(table.select()).all()
    assert len(keys) == len({row.key for row in keys}) == len(readers)
