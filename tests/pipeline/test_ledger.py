"""A worker's ledger: what an earlier process left is written down, and nothing waits for ever."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.app import build_app
from digest.config import read_settings
from digest.delivery.owner import this_owner
from digest.delivery.spill import Spill
from digest.errors import ConfigError, StoreAwayError
from digest.model.deliveries import (
    Arming,
    Delivery,
    DeliveryState,
    Outcome,
    Settled,
    Settlement,
    Stage,
    TransportHealth,
    Verdict,
)
from digest.pipeline import ledger as ledger_module
from digest.pipeline.bounced import count_refusals
from digest.pipeline.ledger import Ledger
from digest.store import claims, suppressions, throttles, workers
from digest.store.engine import Connection, Database
from tests.conftest import HandClock
from tests.faults.site import Site


@pytest.fixture
def site(database: Database, clock: HandClock) -> Site:
    return Site(database, clock)


def claim(site: Site, owner: str) -> list[Delivery]:
    with site.database.writing() as connection:
        workers.hold_lease(connection, owner, 900, site.clock())
        return claims.claim_deliveries(connection, owner, site.clock(), ["example.org"], 9, 9)


def failed(mail: Delivery) -> Settled:
    verdict = Verdict(Outcome.FAILED, "550 no", 550, None, Stage.RCPT)
    return Settled(mail, Settlement(DeliveryState.FAILED), verdict, "relay")


def begin_and_end(site: Site, **changes: Any) -> int:
    async def work() -> int:
        async with Ledger(site.sender(**changes)) as ledger:
            return ledger.recovered

    return asyncio.run(work())


def test_a_spilled_verdict_is_of_its_own_mail_and_of_no_other(site: Site, tmp_path: Path) -> None:
    site.make_due(2)
    ours, theirs = claim(site, "before")
    gone, other = replace(ours, id=999), replace(theirs, key="of another database")
    Spill(tmp_path / "spill").keep([failed(gone), failed(other), failed(ours)])
    begin_and_end(site, spill=tmp_path / "spill")

    assert site.states() == {DeliveryState.FAILED: 1, DeliveryState.LEASED: 1}
    assert list((tmp_path / "spill").iterdir()) == []


def test_a_spilled_verdict_that_cannot_be_written_is_put_aside_and_costs_no_other(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.make_due(2)
    bad, good = claim(site, "before")
    Spill(tmp_path / "spill").keep([failed(bad), failed(good)])

    def choke(connection: Connection, settled: list[Settled], now: Any) -> None:
        if settled[0].delivery.id == bad.id:
            raise ValueError("no such thing")
        count_refusals(connection, settled, now)

    monkeypatch.setattr(ledger_module, "count_refusals", choke)
    begin_and_end(site, spill=tmp_path / "spill")

    assert site.states() == {DeliveryState.FAILED: 1, DeliveryState.LEASED: 1}
    assert [path.suffix for path in (tmp_path / "spill").iterdir()] == [".bad"]


def test_a_refusal_whose_commit_had_no_answer_counts_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.make_due()
    real = Database.try_write
    lost: list[int] = []

    def lose(self: Database, work: Callable[[Connection], Any]) -> Any:
        found = real(self, work)
        if DeliveryState.FAILED in site.states() and not lost:
            lost.append(1)
            raise StoreAwayError("the server closed the connection")
        return found

    async def work() -> None:
        async with Ledger(site.sender()) as ledger:
            [mail] = claim(site, "test")
            monkeypatch.setattr(Database, "try_write", lose)
            ledger.settle(failed(mail))

    asyncio.run(work())
    once = failed(site.mails()[0])
    with site.database.reading() as connection:
        score = suppressions.score_of(connection, once.delivery.address)
    assert (lost, score) == ([1], 1.0)


def test_a_thread_that_hangs_is_left_behind_and_its_verdicts_are_kept(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_GRACE", 0.2)
    site.make_due(2)
    hangs, goes_on = threading.Event(), threading.Event()
    real = Database.try_write

    def hang(self: Database, work: Callable[[Connection], Any]) -> Any:
        hangs.set()
        goes_on.wait(30)
        return real(self, work)

    async def work() -> None:
        async with Ledger(site.sender(spill=tmp_path / "spill", patience=0.1)) as ledger:
            first, second = claim(site, "test")
            monkeypatch.setattr(Database, "try_write", hang)
            ledger.settle(failed(first))
            await asyncio.to_thread(hangs.wait)
            ledger.settle(failed(second))

    asyncio.run(work())
    is_over_before_the_thread = not goes_on.is_set()
    goes_on.set()
    for thread in threading.enumerate():
        if thread.name.startswith("ledger"):
            thread.join(10)  # it has a connection of its own
    [kept] = Spill(tmp_path / "spill").take()
    assert is_over_before_the_thread
    assert len(kept.settled) == 2


def test_a_host_that_was_cut_off_tells_nobody_that_the_mail_server_is_away(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reached neither that nor the database, and the others reach both."""
    real = Database.try_write
    away = threading.Event()
    down = TransportHealth(1, site.clock() + timedelta(minutes=1), "no route to host")

    def be_away(*_: object) -> None:
        monkeypatch.setattr(Database, "try_write", real)
        away.set()
        raise StoreAwayError("no route to host")

    async def work() -> None:
        async with Ledger(site.sender()) as ledger:
            ledger.note_transport("backup", down)
            await ledger.arm(Arming(mail, "hash", "backup"))
            monkeypatch.setattr(Database, "try_write", be_away)
            ledger.note_transport("relay", down)
            await asyncio.to_thread(away.wait)

    site.make_due()
    [mail] = claim(site, "test")
    asyncio.run(work())
    with site.database.reading() as connection:
        found = [throttles.load_transport(connection, name) for name in ("backup", "relay")]
    assert found == [down, TransportHealth()]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_held_mails_when_the_machine_went_down_is_dead_on_sqlite(site: Site) -> None:
    site.make_due()
    host, boot, rest = this_owner().split(":", 2)
    claim(site, f"{host}:{boot[::-1]}x:{rest}")

    assert begin_and_end(site) == 1


def test_two_ways_of_one_name_are_refused(tmp_path: Path) -> None:
    said = {"DIGEST_DATA_DIR": str(tmp_path), "DIGEST_MAIL": "smtp://a:25 file:x smtp://me@a"}

    with pytest.raises(ConfigError, match=r"routes 1 and 3 are both a:25"):
        build_app(read_settings(said)).transports()
