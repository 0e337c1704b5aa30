"""The disk runs full at every moment: mail stops before its end of data, and goes on by itself."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.errors import StoreAwayError
from digest.model.deliveries import DeliveryState
from digest.pipeline.claiming import Claiming
from digest.store.engine import Database
from tests.conftest import open_database
from tests.factories import numbered
from tests.faults.at_work import at_work
from tests.faults.disks import Disk, SmallDisk, ToldFull, is_full, mounted
from tests.faults.ends import all_is_well, copies, flagged
from tests.faults.invariants import check
from tests.faults.matter import TITLES
from tests.faults.processes import Process, orders
from tests.faults.site import Site, smtp
from tests.postgres import process_wait

pytestmark = pytest.mark.slow

READERS = 6
CONNECTIONS = 2


@pytest.fixture(params=["sqlite", "postgresql"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    if request.param == "postgresql":
        database = open_database(request, tmp_path, "postgresql")
        yield ToldFull(database)
        database.dispose()
        return
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=8m", "tmpfs") as folder:
        database = open_database(request, folder, "sqlite")
        yield SmallDisk(folder, database)
        database.dispose()


@pytest.fixture
def database(disk: Disk) -> Database:
    return disk.database


def test_full_at_the_plan_nothing_is_half_planned(disk: Disk, site: Site, sink: Sink) -> None:
    """B4: the readers stay due."""
    site.enrol([f"reader{n}@example.org" for n in range(READERS)])
    site.take_in(numbered(TITLES))
    site.clock.advance(days=1, hours=1)
    disk.fill()
    with pytest.raises(StoreAwayError):
        site.compose()
    assert site.mails() == []
    disk.free()

    assert site.compose().composed == READERS
    site.deliver(smtp(sink))
    all_is_well(site, sink)


def test_full_at_the_start_nothing_is_begun(disk: Disk, site: Site, sink: Sink) -> None:
    """B4: the next tick tries again."""
    site.make_due(READERS)
    disk.fill()
    if isinstance(disk, SmallDisk):
        with pytest.raises(StoreAwayError):
            site.deliver(smtp(sink))
    disk.free()
    site.deliver(smtp(sink))

    all_is_well(site, sink)


def test_full_at_the_claim_it_goes_on_when_there_is_space(
    disk: Disk, site: Site, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B4: by itself, at the next tick at the latest."""
    site.make_due(READERS)
    claim, space = Claiming.claim, threading.Timer(0.5, disk.free)

    def fill_and_claim(claiming: Claiming, *arguments: object) -> object:
        monkeypatch.setattr(Claiming, "claim", claim)
        disk.fill()
        space.start()
        return claim(claiming, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Claiming, "claim", fill_and_claim)
    site.deliver(smtp(sink))
    space.join()
    site.deliver(smtp(sink))

    all_is_well(site, sink)


@pytest.mark.parametrize(
    ("step", "sent"), [(Step.DATA, 0), (Step.END, 1)], ids=["B4 at the arming", "B4 at the result"]
)
def test_full_in_the_midst_no_mail_is_ended_until_there_is_space(
    disk: Disk, site: Site, sink: Sink, step: Step, sent: int
) -> None:
    """The connections wait, and then go on where they were."""
    site.make_due(READERS)
    filled = threading.Event()
    sink.play(Rule(step, times=1, hook=disk.fill, then=filled.set))
    with at_work(site.sender(smtp(sink), connections=1)) as report:
        filled.wait(10)
        process_wait(1)
        assert len(sink.mails) == sent
        disk.free()
        assert report.result(60).states[DeliveryState.ACCEPTED] == READERS

    all_is_well(site, sink)


def test_full_for_longer_than_a_connection_is_held_the_mail_is_withdrawn(
    disk: Disk, site: Site, sink: Sink
) -> None:
    """B4: it was not sent, so it is due again, unflagged."""
    site.make_due(READERS)
    filled = threading.Event()
    sink.play(Rule(Step.DATA, times=1, hook=disk.fill, then=filled.set))
    with at_work(site.sender(smtp(sink), connections=1, patience=0.5)) as report:
        filled.wait(10)
        process_wait(1.5)
        assert sink.mails == []
        disk.free()
        report.result(60)
    site.deliver(smtp(sink))

    all_is_well(site, sink)


@pytest.mark.parametrize("disk", ["sqlite"], indirect=True)  # which does not matter for a file
def test_full_where_the_verdicts_would_be_kept_costs_a_copy_at_most(
    disk: SmallDisk, site: Site, sink: Sink
) -> None:
    """B4 at the spill: nobody can write down the 250 any more, so the mail goes out once more."""
    site.make_due(READERS)
    sink.play(Rule(Step.END, times=1, hook=disk.fill))
    with Process() as worker:
        spill = str(disk.folder / "spill")
        worker.begin(orders(site, sink, spill=spill, patience=0.5))
        sink.wait_for(1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait() == 0
    assert is_full(disk.folder)
    disk.free()
    site.deliver(smtp(sink), spill=Path(spill))
    site.clock.advance(minutes=5)
    site.deliver(smtp(sink), spill=Path(spill))

    assert site.states() == {DeliveryState.ACCEPTED: READERS}
    assert copies(sink) == flagged(site) == 1
    check(site, sink.mails)
