"""Who never confirmed is forgotten; nobody else is."""

from datetime import timedelta

from sqlalchemy import event, select, update

from digest.model.subscribers import Subscriber
from digest.pipeline import limits
from digest.pipeline.limits import Asked, Limits
from digest.pipeline.prune import KEPT_UNCONFIRMED, prune
from digest.pipeline.sign_ups import SignUps, Watch
from digest.pipeline.subscribe import Registry, activate, enrol, subscribe, unsubscribe
from digest.store import subscribers
from digest.store.account_tables import rate_buckets
from digest.store.engine import Database
from digest.store.erasing import OF_READERS
from digest.store.tables import deliveries, metadata
from tests.conftest import HandClock
from tests.factories import make_wishes


def addresses(database: Database) -> set[str]:
    with database.reading() as connection:
        return {each.address for each in subscribers.all_subscribers(connection)}


def ask(registry: Registry, name: str) -> Subscriber:
    return subscribe(registry, f"{name}@example.org", make_wishes("robots"))


def settle(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(update(deliveries).values(state="accepted"))


def test_who_never_confirmed_is_gone_after_a_week(registry: Registry, clock: HandClock) -> None:
    ask(registry, "ada")
    ask(registry, "bob")
    settle(registry.database)
    clock.now += KEPT_UNCONFIRMED
    assert prune(registry.database, clock) == 0
    clock.advance(seconds=1)
    ask(registry, "new")

    assert prune(registry.database, clock) == 2
    assert addresses(registry.database) == {"new@example.org"}
    assert prune(registry.database, clock) == 0


def test_nothing_of_theirs_is_left(registry: Registry, clock: HandClock) -> None:
    gone = ask(registry, "ada").id
    settle(registry.database)
    clock.advance(days=8)
    enrol(registry, "new@example.org", make_wishes("fog"), is_welcomed=True)
    prune(registry.database, clock)

    with registry.database.reading() as connection:
        for table in metadata.sorted_tables:
            if "subscriber_id" in table.c:
                found = select(table.c.subscriber_id).where(table.c.subscriber_id == gone)
                assert connection.execute(found).all() == [], table.name


def test_everything_that_is_a_readers_is_known(registry: Registry) -> None:
    del registry
    theirs = {
        table
        for table in metadata.sorted_tables
        if any(key.column.table.name == "subscribers" for key in table.foreign_keys)
    }
    assert theirs == set(OF_READERS)


def test_who_asked_again_lately_may_still_confirm(registry: Registry, clock: HandClock) -> None:
    ask(registry, "ada")
    clock.advance(days=6)
    ask(registry, "ada")
    ask(registry, "bob")
    settle(registry.database)
    clock.advance(days=2)
    assert prune(registry.database, clock) == 0


def test_who_ever_confirmed_stays(registry: Registry, clock: HandClock) -> None:
    active = activate(registry, ask(registry, "ada").id)
    left = activate(registry, ask(registry, "bob").id)
    back = activate(registry, ask(registry, "eve").id)
    for reader in (left, back):
        unsubscribe(registry, reader)
    ask(registry, "eve")  # and does not confirm this time
    settle(registry.database)
    clock.advance(days=100)
    ask(registry, "new")

    assert prune(registry.database, clock) == 0
    assert active.address in addresses(registry.database)


def test_a_mail_on_its_way_keeps_its_reader(registry: Registry, clock: HandClock) -> None:
    ask(registry, "ada")
    clock.advance(days=8)
    ask(registry, "new")
    assert prune(registry.database, clock) == 0


def test_no_number_is_given_twice(registry: Registry, clock: HandClock) -> None:
    """Links are signed of numbers: those of who is gone must open nobody else's pages."""
    first, last = ask(registry, "ada").id, ask(registry, "bob").id
    settle(registry.database)
    clock.advance(days=8)
    prune(registry.database, clock)
    assert addresses(registry.database) == set()
    assert ask(registry, "new").id not in {first, last}


def test_buckets_and_sessions_that_are_over_go_too(registry: Registry, clock: HandClock) -> None:
    counted = Limits(registry.database, registry.tokens, clock)
    counted.take(Asked(limits.MAILS_OF_SITE, ""))
    clock.now += timedelta(days=2)
    prune(registry.database, clock)
    with registry.database.reading() as connection:
        assert connection.execute(select(rate_buckets)).all() == []


def test_many_who_do_not_confirm_are_an_attack() -> None:
    assert SignUps(50, 0).is_attack
    assert not SignUps(49, 0).is_attack
    assert not SignUps(100, 25).is_attack


def test_an_attack_is_noticed_and_its_end_too(registry: Registry, clock: HandClock) -> None:
    times = [0.0]
    watch = Watch(registry.database, clock, lambda: times[0])
    assert watch.sign_ups() == SignUps(0, 0)
    for number in range(50):
        ask(registry, f"list-{number}")
    enrol(registry, "ada@example.org", make_wishes("fog"))
    assert watch.sign_ups() == SignUps(0, 0)
    times[0] += 31
    assert watch.sign_ups() == SignUps(50, 1)
    clock.advance(hours=1, seconds=1)
    times[0] += 31
    assert watch.sign_ups() == SignUps(0, 0)


def test_who_never_confirmed_is_found_among_many(registry: Registry, clock: HandClock) -> None:
    """By an index of those alone: an hourly look at every reader there is would be read in full."""
    statements: list[str] = []
    event.listen(
        registry.database.engine, "before_cursor_execute", lambda *a: statements.append(a[2])
    )
    prune(registry.database, clock)
    asked = next(each for each in statements if "ORDER BY subscribers.created_at" in each)
    assert "subscribers.state = 'unconfirmed' AND subscribers.confirmed_at IS NULL" in asked
    with registry.database.reading() as connection:
        if connection.dialect.name == "sqlite":
            marks = asked.count("?")
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", (0,) * marks).all()
            assert "ix_subscribers_never_confirmed" in str(plan)
            assert "SCAN" not in str(plan)
            assert "TEMP B-TREE" not in str(plan)
