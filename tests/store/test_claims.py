"""Claims: each mail is one worker's, and a closed group's queue costs the others nothing."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from digest.model.deliveries import DeliveryState
from digest.store import claims
from digest.store.engine import Database
from tests.conftest import START, HandClock
from tests.store.costs import rows_touched, steps_of
from tests.store.ledger import Ledger, ended

MANY = 20_000


def plan_many(ledger: Ledger, groups: dict[str, int]) -> None:
    for group, count in groups.items():
        for n in range(count):
            ledger.plan(ledger.add_reader(f"{group}{n}"), domain_group=group)
            ledger.clock.advance(seconds=1)


def due(ledger: Ledger) -> list[str]:
    with ledger.database.reading() as connection:
        return claims.groups_due(connection, ledger.clock())


def test_a_claimed_mail_is_nobody_elses(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())

    [mail] = ledger.claim("one")
    assert (mail.state, mail.fence) == (DeliveryState.LEASED, 1)
    assert ledger.claim("two") == []


def test_groups_with_mails_that_are_due_are_found_whatever_they_are_called(ledger: Ledger) -> None:
    plan_many(ledger, {"gmail": 3, "": 1, "example.org": 2, "bücher.example": 1})
    ledger.plan(
        ledger.add_reader("late"), domain_group="later", planned_at=START + timedelta(days=1)
    )

    assert sorted(due(ledger)) == ["", "bücher.example", "example.org", "gmail"]


def test_a_group_whose_mails_are_all_claimed_is_not_due(ledger: Ledger) -> None:
    assert due(ledger) == []
    plan_many(ledger, {"gmail": 1})
    ledger.claim(groups=["gmail"])
    assert due(ledger) == []


def test_the_earliest_of_each_group_are_claimed_and_of_no_other_group(ledger: Ledger) -> None:
    plan_many(ledger, {"a": 3, "b": 3, "closed": 3})

    mails = ledger.claim(groups=["b", "a", "b-has-nothing"], per_group=2)
    assert [(mail.domain_group, mail.id) for mail in mails] == [
        ("a", 1),
        ("a", 2),
        ("b", 4),
        ("b", 5),
    ]
    assert ledger.states() == {DeliveryState.LEASED: 4, DeliveryState.READY: 5}


def test_a_claim_ends_at_its_limit(ledger: Ledger) -> None:
    plan_many(ledger, {"a": 3, "b": 3})

    assert [mail.domain_group for mail in ledger.claim(groups=["b", "a"], limit=4)] == list("abbb")


def test_nothing_is_claimed_of_no_groups(ledger: Ledger) -> None:
    plan_many(ledger, {"a": 1})

    assert ledger.claim(groups=[]) == []


def test_a_mail_that_is_tried_again_later_is_not_due(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())
    later = ledger.clock() + timedelta(minutes=5)
    ledger.settle(ended(ledger.take(), DeliveryState.READY, next_at=later))

    assert ledger.claim() == []
    assert due(ledger) == []
    ledger.clock.advance(minutes=5)
    assert due(ledger) == ["example.org"]
    assert len(ledger.claim()) == 1


def test_eight_workers_claim_each_mail_once(ledger: Ledger) -> None:
    plan_many(ledger, {"a": 20, "b": 20})
    claimed: list[int] = []

    def work(name: str) -> None:
        while mails := ledger.claim(name, ["a", "b"], per_group=2, limit=3):
            claimed.extend(mail.id for mail in mails)

    workers = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(claimed) == list(range(1, 41))


def test_a_claim_goes_past_mails_another_is_claiming(postgres_ledger: Ledger) -> None:
    plan_many(postgres_ledger, {"a": 2})
    now = postgres_ledger.clock()
    with postgres_ledger.database.writing() as connection:
        [first] = claims.claim_deliveries(connection, "one", now, ["a"], 1, 1)
        [second] = postgres_ledger.claim("two", ["a"], 1)

    assert (first.id, second.id) == (1, 2)


def flood(database: Database) -> None:
    """Put very many mails of a closed group before a few of open ones, as if planned one by one."""
    rows = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) "  # noqa: S608  our own
        "INSERT INTO deliveries (subscriber_id, kind, period, address, key, state, attempts, fence, "
        "planned_at, next_at, deadline_at, is_maybe_duplicate, text, domain_group) "
        "SELECT 1, 'digest', 'p' || i, 'a@example.org', 'k' || i, 'ready', 0, 0, "
        "'{start}', '{start}', '{end}', {false}, '', "
        f"CASE WHEN i <= {MANY} - 20 THEN 'closed' ELSE 'open' || (i % 2) END FROM n"
    ).format(
        start="2026-03-18 05:00:00.000000" + ("" if database.is_sqlite else "+00"),
        end="2026-03-19 05:00:00.000000" + ("" if database.is_sqlite else "+00"),
        false="0" if database.is_sqlite else "false",
    )
    with database.writing() as connection:
        connection.execute(text(rows))


def steps(database: Database, work: Any) -> int:
    """Return how many steps of SQLite's machine some work takes, in thousands."""
    with database.writing() as connection:
        return steps_of(connection, lambda: work(connection), 1000)


@pytest.mark.parametrize("is_analyzed", [False, True], ids=["fresh", "analyzed"])
@pytest.mark.parametrize("what", ["claim", "groups"])
def test_mails_of_a_closed_group_cost_the_others_nothing(
    database: Database, clock: HandClock, what: str, *, is_analyzed: bool
) -> None:
    Ledger(database, clock).add_reader()
    flood(database)
    if is_analyzed:
        with database.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as connection:
            connection.execute(text("ANALYZE"))

    def work(connection: Any) -> None:
        if what == "claim":
            found: list[Any] = claims.claim_deliveries(
                connection, "me", clock(), ["open0", "open1"], 5, 50
            )
            assert len(found) == 10
        else:
            assert claims.groups_due(connection, clock()) == ["closed", "open0", "open1"]

    if database.is_sqlite:
        assert steps(database, work) < 10
        return
    statement = claims._CLAIM_POSTGRESQL if what == "claim" else claims._GROUPS_DUE  # noqa: SLF001
    values = {
        "owner_is": "me",
        "now": clock(),
        "groups": ["open0", "open1"],
        "per_group": 5,
        "limit": 50,
    }
    with database.writing() as connection:
        compiled = statement.compile(dialect=connection.dialect)
        wanted = {name: values.get(name, compiled.params[name]) for name in compiled.params}
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}"
        [[found]] = connection.exec_driver_sql(explain, wanted).all()
        plan = found if isinstance(found, list) else json.loads(found)
        assert rows_touched(plan[0]["Plan"]) < 300
        work(connection)
