"""Papers that come by themselves: real processes, killed half way, and a service."""

import json
import os
import shutil
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from threading import Event

import pytest

from tests.cli.test_processes import running
from tests.conftest import REPOSITORY
from tests.ports import free_port
from tests.sources.service import Asked, Reply, Service, serving
from tests.waiting import eventually

pytestmark = pytest.mark.slow

EACH_DAY = 3


def daily_list(day: str) -> str:
    """The list of a day as Hugging Face gives it."""
    number = int(day.replace("-", ""))
    return json.dumps(
        [
            {
                "title": f"Weighing the Moon from {place} Ponds on {day}",
                "publishedAt": f"{day}T01:02:03.000Z",
                "paper": {
                    "id": f"2603.{(number * 7 + place) % 100_000:05d}",
                    "title": f"Weighing the Moon from {place} Ponds on {day}",
                    "summary": f"We look at pond {place} of {day} until it tells what it saw. " * 4,
                    "publishedAt": f"{day}T00:00:00.000Z",
                    "authors": [{"name": "Ada Pond"}],
                    "upvotes": place,
                },
            }
            for place in range(EACH_DAY)
        ]
    )


@dataclass
class Pond:
    """The service: answers, but is silent from the `silent_from`-th request on until let go."""

    silent_from: int
    asked: int = 0
    is_let_go: Event = field(default_factory=Event)

    def answer(self, asked: Asked) -> Reply:
        self.asked += 1
        if self.asked >= self.silent_from:
            self.is_let_go.wait(60)
        return Reply(daily_list(asked.query["date"]))


def days(service: Service) -> Counter[str]:
    return Counter(each.query["date"] for each in service.asked)


@dataclass
class Site:
    folder: Path
    environment: dict[str, str]

    def start(self, *words: str) -> AbstractContextManager[Popen[bytes]]:
        command = [sys.executable, "-m", "digest", *words]
        return running(command, self.environment, self.folder)

    def told(self, question: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / "data" / "digest.sqlite3")) as connection:
            return connection.execute(question).fetchall()

    def let_time_go_by(self) -> None:
        """As if the minutes were over for which one that was killed has its turns."""
        with closing(sqlite3.connect(self.folder / "data" / "digest.sqlite3")) as connection:
            connection.execute("UPDATE sources SET next_look_at = looked_at")
            connection.execute("DELETE FROM turns")
            connection.commit()

    def is_finished(self) -> bool:
        [row] = self.told("SELECT cursor, failures FROM sources") or [("", 0)]
        return "finished" in str(row[0])


@pytest.fixture
def site(tmp_path: Path, migrated_sqlite: Path) -> Callable[[Service], Site]:
    (tmp_path / "data").mkdir()
    (tmp_path / "dumps").mkdir()
    shutil.copy(migrated_sqlite, tmp_path / "data" / "digest.sqlite3")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}

    def at(service: Service) -> Site:
        variables = {
            "PYTHONPATH": str(REPOSITORY),
            "DIGEST_DATA_DIR": str(tmp_path / "data"),
            "DIGEST_DUMPS_DIR": str(tmp_path / "dumps"),
            "DIGEST_PORT": str(free_port()),
            "DIGEST_COMPILED": "off",
            "DIGEST_SOURCES": "huggingface",
            "DIGEST_MIRRORS": f"huggingface.co={service.url}",
            "DIGEST_PRIVATE_HOSTS": "127.0.0.1",
        }
        return Site(tmp_path, {**kept, **variables})

    return at


def test_two_schedulers_killed_half_way_and_whoever_comes_next_list_every_paper_once(
    site: Callable[[Service], Site],
) -> None:
    pond = Pond(silent_from=3)
    with serving(pond.answer) as service:
        here = site(service)
        with here.start("scheduler") as one, here.start("scheduler") as other:
            eventually(lambda: pond.asked == 3, "the third day asked for")
            for each in (one, other):
                each.kill()
        first, second, third = sorted(days(service))
        # Two asked for no more than one does, and no day before the one that was read was kept.
        assert set(days(service).values()) == {1}
        assert here.told("SELECT count(*) FROM listings") == [(2 * EACH_DAY,)]
        pond.silent_from = 1000
        pond.is_let_go.set()
        here.let_time_go_by()
        with here.start("scheduler") as last:
            eventually(here.is_finished, "all days read")
            began = time.monotonic()
            last.terminate()
            last.wait(30)
            assert time.monotonic() - began < 15
        asked = days(service)
    assert [asked[each] for each in (first, second, third)] == [1, 1, 2]
    assert max(asked.values()) == 2
    listings = here.told("SELECT paper_id, count(*) FROM listings GROUP BY paper_id")
    assert len(listings) == EACH_DAY * len(asked)
    assert {count for _, count in listings} == {1}
