"""Who gets what, once, and what the ledger says of it."""

import threading
from datetime import time
from typing import TYPE_CHECKING

from digest.model.deliveries import Delivery, DeliveryState, MailKind
from digest.model.subscribers import Cadence, Days, Subscriber
from digest.pipeline.compose import ComposeReport, compose_due
from digest.pipeline.subscribe import Registry, enrol, save_preferences, unsubscribe
from digest.store import deliveries, digests, papers, subscribers
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
    return compose_due(registry.database, SITE, registry.clock)


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
    from digest.model.deliveries import Outcome, Settlement, Verdict  # noqa: PLC0415  only here

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
    take("b.txt", numbered(["Deeper Graph Neural Networks"]))
    clock.advance(days=1)
    compose(registry)

    newest = mails(registry, reader)[0]
    assert shown(registry, newest) == ["Deeper Graph Neural Networks"]


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
