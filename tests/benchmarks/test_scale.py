"""The pieces of benchmarks/scale.py, over a few readers: that it measures what it says it does."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks import ranking_load, scale_rivals
from benchmarks import scale_sites as sites
from benchmarks import scale_stages as stages
from benchmarks.scale_hosts import Host, open_host
from benchmarks.scale_meter import Meter, Taken, cpu_of_family, exponent, middle, parent_of
from digest.store.engine import Database
from digest.store.schema import upgrade

pytestmark = pytest.mark.slow

MOMENT = datetime(2026, 3, 18, 6, 0, tzinfo=UTC)
READERS, PAPERS = 40, 30


@pytest.fixture(params=["sqlite", "postgresql"])
def host(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Host]:
    if problem := ranking_load.missing():
        pytest.skip(problem)
    if request.param == "postgresql":
        monkeypatch.setenv("DIGEST_TEST_PG_URL", request.getfixturevalue("postgres_server"))
    with open_host(request.param, tmp_path) as opened:
        yield opened
        for name in ("scale_made", "scale_copied"):
            opened.drop(name)


def test_readers_are_planned_and_composed_on_a_copy(host: Host) -> None:
    url = host.make("scale_made")
    database = Database(url)
    upgrade(database)
    database.dispose()
    sites.add_papers(url, MOMENT, PAPERS, PAPERS)
    sites.add_readers(url, MOMENT, READERS)
    host.tidy("scale_made")
    copied = host.copy("scale_made", "scale_copied")

    assert stages.plan(copied, host.process, MOMENT, 2).done == {"readers": READERS}
    stages.keep_all_wishes(copied, MOMENT)
    composed = stages.compose(copied, host.process, MOMENT)
    assert sum(composed.done.values()) == READERS
    assert composed.done["composed"] > READERS / 4
    assert composed.megabytes > 10
    sizes = host.sizes("scale_copied")
    assert {"subscribers", "interests", "wishes", "digests", "deliveries"} < set(sizes)
    assert stages.plan(copied, host.process, MOMENT, 1).done == {"readers": 0}
    assert stages.plan(url, host.process, MOMENT, 1).done == {"readers": READERS}


def test_ranking_and_its_rivals_serve_the_same_readers() -> None:
    if problem := ranking_load.missing():
        pytest.skip(problem)
    ranked = stages.rank(READERS, MOMENT, PAPERS, PAPERS)
    assert ranked.done["readers"] == READERS
    assert ranked.done["entries"] > READERS
    assert scale_rivals.fts5(READERS, MOMENT, PAPERS).done == {"readers": READERS}
    assert scale_rivals.bm25s(READERS, MOMENT, PAPERS).done == {"readers": READERS}


def test_a_meter_runs_while_work_is_done_and_knows_its_family() -> None:
    meter = Meter(parent_of(os.getpid()))
    with meter.running():
        until = time.process_time() + 0.1
        while time.process_time() < until:
            pass
    taken = meter.taken(rounds=1)
    assert 0.08 < taken.cpu < 0.5
    assert taken.seconds >= taken.cpu / 2
    assert taken.server >= 0.05  # this process is of that family
    assert cpu_of_family(os.getpid()) > 0


def test_the_growth_of_what_costs_twice_as_much_for_twice_as_many_is_one() -> None:
    assert exponent([10, 20, 40], [1.0, 9.0, 4.0]) == pytest.approx(1)
    assert exponent([10, 40], [1.0, 8.0]) == pytest.approx(1.5)
    rounds = [Taken(seconds, 1, 0, seconds, {}) for seconds in (3, 1, 2)]
    assert middle(rounds) == Taken(2, 1, 0, 3, {})
