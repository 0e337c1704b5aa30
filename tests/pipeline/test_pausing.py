"""Digests stopped until a date, and the one that catches up, over both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from digest.delivery.sink import Sink
from digest.errors import SubscriptionError
from digest.model.deliveries import DeliveryState, MailKind
from digest.model.subscribers import Cadence, Days, QuietDays, Subscriber
from digest.pipeline.compose import ComposeReport
from digest.pipeline.deliver import deliver_due
from digest.pipeline.operate import Deed, change
from digest.pipeline.pausing import (
    is_paused,
    pause,
    pause_dates,
    read_date,
    resume,
    was_paused,
)
from digest.pipeline.subscribe import (
    Registry,
    enrol,
    save_preferences,
    subscribe,
    unsubscribe,
)
from digest.rendering.email import MailRenderer
from digest.store import outlook
from tests.conftest import HandClock
from tests.factories import BERLIN, at, make_wishes, numbered
from tests.faults.site import smtp
from tests.pipeline.conftest import Take
from tests.pipeline.test_compose import compose, mails, reload, shown
from tests.pipeline.test_deliver import sender
from tests.store.ledger import Ledger, deferred

# The clock of these tests begins on Wednesday 18 March 2026 at 07:00 in Berlin.
TODAY = date(2026, 3, 18)
GRAPHS = ["Graph Neural Networks for Roads", "Graph Neural Networks Forget"]


@pytest.fixture
def ada(registry: Registry) -> Subscriber:
    return enrol(registry, "ada@example.org", make_wishes("graph neural networks"))


def due(reader: Subscriber) -> str:
    assert reader.next_due_at is not None
    return reader.next_due_at.isoformat()


def test_a_pause_ends_with_one_digest_of_all_that_came_meanwhile(
    registry: Registry, take: Take, clock: HandClock, ada: Subscriber
) -> None:
    paused = pause(registry, ada, TODAY + timedelta(days=14))
    assert due(paused) == "2026-04-01T05:00:00+00:00"  # summer time began
    for day, title in enumerate(GRAPHS):
        take(f"{day}.txt", numbered([title]))
        clock.advance(days=6)
        assert compose(registry) == ComposeReport()
        assert is_paused(reload(registry, ada), clock())
    clock.advance(days=2)
    assert not is_paused(reload(registry, ada), clock())
    assert compose(registry) == ComposeReport(composed=1)
    [mail] = mails(registry, ada)
    assert (mail.period, shown(registry, mail)) == ("2026-04-01", sorted(GRAPHS))
    clock.advance(days=1)
    take("late.txt", numbered(["Graph Neural Networks of a Day"]))
    assert compose(registry) == ComposeReport(composed=1)


@pytest.mark.parametrize(
    ("cadence", "until", "first"),
    [
        (BERLIN, date(2026, 3, 19), "2026-03-19T06:00:00+00:00"),
        (replace(BERLIN, at=time()), date(2026, 3, 20), "2026-03-19T23:00:00+00:00"),
        (replace(BERLIN, days=Days.WEEKDAYS), date(2026, 3, 21), "2026-03-23T06:00:00+00:00"),
        (replace(BERLIN, days=Days.WEEKLY), date(2026, 3, 24), "2026-03-30T05:00:00+00:00"),
        (
            Cadence(Days.DAILY, time(7), "Pacific/Kiritimati"),
            date(2026, 3, 20),
            "2026-03-19T17:00:00+00:00",
        ),
    ],
)
def test_the_first_digest_comes_on_the_first_date_that_has_one(
    registry: Registry, cadence: Cadence, until: date, first: str
) -> None:
    reader = enrol(registry, "bob@example.org", make_wishes(cadence=cadence))
    assert due(pause(registry, reader, until)) == first


@pytest.mark.parametrize("days", [-400, 0, 367, 9999])
def test_a_pause_lasts_a_day_at_least_and_a_year_at_most(
    registry: Registry, ada: Subscriber, days: int
) -> None:
    with pytest.raises(SubscriptionError, match="choose one from tomorrow, 2026-03-19, to 2027"):
        pause(registry, ada, TODAY + timedelta(days=days))
    assert reload(registry, ada) == ada
    dates = pause_dates(ada, registry.clock())
    for day in (dates.first, dates.last):
        assert pause(registry, ada, day).paused_until is not None


@pytest.mark.parametrize("written", ["", "soon", "31.3.2026", "2026-02-30", "2026-13-01", "9" * 99])
def test_a_date_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(SubscriptionError, match="date"):
        read_date(written)


def test_resuming_brings_back_the_next_slot_and_works_twice(
    registry: Registry, take: Take, clock: HandClock, ada: Subscriber
) -> None:
    before = due(ada)
    take("a.txt", numbered(GRAPHS))
    pause(registry, ada, TODAY + timedelta(days=60))
    for _ in range(2):
        resumed = resume(registry, ada)
        assert (resumed.paused_until, due(resumed)) == (None, before)
    clock.advance(days=1, hours=1)
    assert compose(registry) == ComposeReport(composed=1)
    assert shown(registry, mails(registry, ada)[0]) == sorted(GRAPHS)


def test_resuming_when_the_pause_is_over_does_not_put_off_the_digest_that_is_due(
    registry: Registry, take: Take, clock: HandClock, ada: Subscriber
) -> None:
    pause(registry, ada, TODAY + timedelta(days=2))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=2, hours=1)
    resume(registry, ada)
    assert compose(registry) == ComposeReport(composed=1)


@pytest.mark.parametrize("act", [resume, lambda r, s: pause(r, s, TODAY + timedelta(days=5))])
def test_who_gets_no_digests_has_nothing_to_pause(
    registry: Registry, ada: Subscriber, act: Callable[[Registry, Subscriber], object]
) -> None:
    unsubscribe(registry, ada)
    with pytest.raises(SubscriptionError, match="nothing to pause"):
        act(registry, ada)
    with pytest.raises(SubscriptionError, match="nothing to pause"):
        act(registry, replace(ada, id=999))


def test_saving_other_wishes_keeps_the_pause_until_the_same_date(
    registry: Registry, ada: Subscriber
) -> None:
    pause(registry, ada, date(2026, 4, 1))
    honolulu = make_wishes(cadence=Cadence(Days.DAILY, time(8), "Pacific/Honolulu"))
    saved = save_preferences(registry, ada, honolulu)
    assert saved.paused_until == at("2026-04-01T00:00:00-10:00")
    assert saved.next_due_at == at("2026-04-01T08:00:00-10:00")


def test_a_pause_that_is_over_does_not_begin_again_in_a_zone_where_it_is_still_the_day_before(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    kiritimati = make_wishes(
        "graph neural networks", cadence=Cadence(Days.DAILY, time(7), "Pacific/Kiritimati")
    )
    reader = enrol(registry, "bob@example.org", kiritimati)
    pause(registry, reader, TODAY + timedelta(days=2))
    take("a.txt", numbered(GRAPHS))
    clock.now = at("2026-03-20T08:00:00+14:00")
    assert compose(registry) == ComposeReport(composed=1)
    honolulu = make_wishes(cadence=Cadence(Days.DAILY, time(8), "Pacific/Honolulu"))
    assert not is_paused(save_preferences(registry, reader, honolulu), clock())
    ledger = Ledger(registry.database, clock)
    mail = ledger.take()
    assert ledger.arm(mail) == {mail.id}


def test_a_pause_is_remembered_from_its_beginning_to_the_day_it_was_ended(
    registry: Registry, clock: HandClock, ada: Subscriber
) -> None:
    began_at = clock()
    pause(registry, ada, TODAY + timedelta(days=8))
    clock.advance(days=2)
    longer = pause(registry, ada, TODAY + timedelta(days=20))
    assert [was_paused(longer, began_at + timedelta(days=n)) for n in (-1, 0, 19, 20)] == [
        False,
        True,
        True,
        False,
    ]
    resumed = resume(registry, ada)
    assert was_paused(resumed, clock() - timedelta(days=1))
    assert not was_paused(resumed, clock())
    clock.advance(days=2)
    assert not was_paused(pause(registry, ada, TODAY + timedelta(days=8)), began_at)


def test_who_comes_back_in_a_pause_has_it_still(registry: Registry, ada: Subscriber) -> None:
    pause(registry, ada, date(2026, 4, 1))
    unsubscribe(registry, ada)
    back = enrol(registry, "ada@example.org", make_wishes())
    assert due(back) == "2026-04-01T05:00:00+00:00"


def test_a_mail_that_is_ready_goes_no_more_and_its_papers_catch_up(
    registry: Registry, take: Take, clock: HandClock, sink: Sink, renderer: MailRenderer
) -> None:
    ada = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS[:1]))
    clock.advance(days=1, hours=1)
    compose(registry)
    pause(registry, ada, TODAY + timedelta(days=8))
    with registry.database.reading() as connection:
        [expected] = outlook.count_due(connection, clock())
        assert outlook.unsent_mails(connection, clock()) == []
    assert not expected.may_go
    deliver_due(sender(registry, renderer, smtp(sink)))
    assert sink.mails == []
    [old] = mails(registry, ada)
    assert old.state is DeliveryState.SUPPRESSED
    changes = change(registry.database, Deed.REQUEUE, [old.id], clock)
    assert "has paused" in changes.refused[old.id]

    take("b.txt", numbered(GRAPHS[1:]))
    clock.advance(days=7)
    assert compose(registry) == ComposeReport(composed=1)
    deliver_due(sender(registry, renderer, smtp(sink)))
    assert len(sink.mails) == 1
    assert shown(registry, mails(registry, ada)[0]) == sorted(GRAPHS)


def test_a_mail_in_a_servers_hands_may_arrive_and_is_not_tried_again(
    registry: Registry, take: Take, clock: HandClock, ada: Subscriber
) -> None:
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)
    ledger = Ledger(registry.database, clock)
    mail = ledger.take()
    assert ledger.arm(mail) == {mail.id}
    pause(registry, ada, TODAY + timedelta(days=8))
    ledger.settle(deferred(mail, ledger))
    [again] = ledger.claim()
    assert ledger.arm(again) == set()


def test_who_resumes_before_the_mail_was_refused_gets_it_after_all(
    registry: Registry, take: Take, clock: HandClock, ada: Subscriber
) -> None:
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)
    pause(registry, ada, TODAY + timedelta(days=8))
    resume(registry, ada)
    ledger = Ledger(registry.database, clock)
    mail = ledger.take()
    assert ledger.arm(mail) == {mail.id}


def test_a_word_about_the_subscription_itself_goes_out_in_a_pause(
    registry: Registry, clock: HandClock, ada: Subscriber
) -> None:
    pause(registry, ada, TODAY + timedelta(days=8))
    subscribe(registry, "ada@example.org", make_wishes())
    ledger = Ledger(registry.database, clock)
    mail = ledger.take()
    assert mail.kind is MailKind.ALREADY
    assert ledger.arm(mail) == {mail.id}


def test_who_gathers_papers_hears_of_all_that_there_is_when_they_come_back(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    wishes = make_wishes("graph neural networks", quiet=QuietDays.ROLL_OVER)
    reader = enrol(registry, "bob@example.org", wishes)
    pause(registry, reader, TODAY + timedelta(days=3))
    take("a.txt", numbered(GRAPHS[:1]))
    clock.advance(days=3, hours=1)
    assert compose(registry) == ComposeReport(composed=1)
