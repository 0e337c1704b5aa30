"""The power fails: what was armed and settled is on the disk, and with `synchronous=NORMAL` it is not.

The database is on a file system of its own in a file. What that file holds at some moment is what
a disk would: nothing of what is only in the system's memory until somebody says fsync. So a copy
of it, taken at any moment, is the disk after a power cut at that moment.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from digest.delivery.sink import Received, Rule, Sink, Step
from digest.model.deliveries import DeliveryState
from digest.store.engine import Database
from tests.conftest import open_database
from tests.faults.disks import mounted
from tests.faults.ends import flagged
from tests.faults.invariants import check
from tests.faults.site import Site, smtp

pytestmark = pytest.mark.slow

READERS = 6


class Power:
    """A disk in a file: `cut` keeps what is on it by then, and what the server had received."""

    def __init__(self, folder: Path, image: Path, sink: Sink) -> None:
        self.folder = folder
        self.kept = image.with_suffix(".kept")
        self.received: list[Received] = []
        self._image = image
        self._sink = sink

    def cut(self) -> None:
        shutil.copyfile(self._image, self.kept)
        self.received = list(self._sink.mails)


@pytest.fixture
def power(tmp_path: Path, sink: Sink) -> Iterator[Power]:
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(24 * 2**20)
    mkfs = shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:/usr/bin")
    if mkfs is None:
        pytest.skip("a disk in a file takes mkfs.ext4, of e2fsprogs")
    subprocess.run([mkfs, "-q", "-F", image], check=True)
    # Its journal is not written by itself while a test runs.
    with mounted(tmp_path / "disk", "-o", "loop,commit=600", str(image)) as folder:
        yield Power(folder, image, sink)


@pytest.fixture
def database(request: pytest.FixtureRequest, power: Power) -> Iterator[Database]:
    opened = open_database(request, power.folder, "sqlite")
    yield opened
    opened.dispose()


CUTS = {
    "B5 before it is armed": (Rule(Step.DATA, times=1), 0),
    "B5 before the reply": (Rule(Step.END, recipient="reader3@", times=1), 1),
}


@pytest.mark.parametrize("name", CUTS)
def test_after_a_power_cut_no_mail_is_lost_and_no_copy_unflagged(
    site: Site, power: Power, sink: Sink, name: str, tmp_path: Path
) -> None:
    """What was settled before it is; what was on the wire is found armed, and flagged."""
    rule, in_doubt = CUTS[name]
    deliver_until_the_cut(site, power, sink, rule)
    with mounted(tmp_path / "again", "-o", "loop", str(power.kept)) as folder:
        after, received = deliver_the_rest(site, power, folder)

        assert after.states() == {DeliveryState.ACCEPTED: READERS}
        assert len(received) == READERS + in_doubt
        assert flagged(after) == in_doubt
        check(after, received)
        after.database.dispose()


def test_with_less_care_about_the_disk_a_power_cut_makes_copies_that_nobody_knows_of(
    site: Site, power: Power, sink: Sink, tmp_path: Path
) -> None:
    """B5: `synchronous=NORMAL` breaks an invariant, which shows that these tests can tell."""
    event.listen(site.database.engine, "connect", _careless)
    deliver_until_the_cut(site, power, sink, CUTS["B5 before the reply"][0])
    with mounted(tmp_path / "again", "-o", "loop", str(power.kept)) as folder:
        after, received = deliver_the_rest(site, power, folder)
        with pytest.raises(AssertionError, match="I3"):
            check(after, received)
        after.database.dispose()


def _careless(connection: sqlite3.Connection, _entry: object) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")


def deliver_until_the_cut(site: Site, power: Power, sink: Sink, rule: Rule) -> None:
    site.make_due(READERS)
    site.database.dispose()
    os.sync()  # the plan is on the disk
    sink.play(replace(rule, hook=power.cut))
    site.deliver(smtp(sink, name="relay"), connections=1)
    assert power.kept.exists()


def deliver_the_rest(site: Site, power: Power, folder: Path) -> tuple[Site, list[Received]]:
    """Return the site as it is found on the disk, when all is sent, and all that was received."""
    after = Site(Database(f"sqlite:///{folder}/digest.sqlite3"), site.clock, READERS)
    with Sink() as another:
        after.deliver(smtp(another, name="relay"))
        return after, power.received + another.mails
