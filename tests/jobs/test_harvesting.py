"""What asks the sources by itself: stopped in time, it keeps no failure and asks nobody too often."""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from digest.app import App, build_app
from digest.config import read_settings
from digest.jobs import Harvesting
from digest.model.sources import SourceState
from digest.sources.base import Batch, Listed, Source
from digest.sources.client.http import Client
from digest.sources.registry import KINDS, Kind
from digest.store.dumps import recent_dumps
from digest.store.sources import look_soon, source_states
from tests.factories import numbered
from tests.sources.service import Asked, Reply, Service, serving
from tests.waiting import eventually


@dataclass(frozen=True)
class Notices:
    """A service of titles, one a line; `name` is the address it is asked at."""

    client: Client
    name: str
    title: str = "Notices"
    every: timedelta = timedelta(hours=1)
    is_ranked: bool = False

    def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
        for number in range(int(cursor or 0), 2):
            url = f"https://notices.example/{self.name}/{number}"
            titles = self.client.get(self.name, url).body.read().decode().splitlines()
            yield Batch([Listed(today, each) for each in numbered(titles)], str(number + 1))


def open_notices(argument: str, client: Client, _keys: Mapping[str, str]) -> Source:
    return Notices(client, argument)


@pytest.fixture
def site(
    tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Service, str], App]]:
    """Opens the same site again and again, each time as another process would."""
    monkeypatch.setitem(KINDS, "notices", Kind(open_notices, "notices:a", "what is pinned up"))
    shutil.copy(migrated_sqlite, tmp_path / "digest.sqlite3")
    opened: list[App] = []

    def at(service: Service, sources: str) -> App:
        variables = {
            "DIGEST_DATA_DIR": str(tmp_path),
            "DIGEST_COMPILED": "off",
            "DIGEST_SOURCES": sources,
            "DIGEST_MIRRORS": f"notices.example={service.url}",
            "DIGEST_PRIVATE_HOSTS": "127.0.0.1",
        }
        opened.append(build_app(read_settings(variables)))
        return opened[-1]

    yield at
    for app in opened:
        app.database.dispose()


def state(app: App, name: str) -> SourceState:
    with app.database.reading() as connection:
        (found,) = source_states(connection, [name]) or (SourceState(name, ""),)
    return found


def lists(app: App) -> int:
    with app.database.reading() as connection:
        return len(recent_dumps(connection, 10))


def look_and_close(app: App, until: Callable[[], object]) -> None:
    harvesting = Harvesting(app)
    harvesting.look()
    eventually(until, "what was waited for")
    harvesting.close()


def test_a_slow_source_is_left_when_told_to_stop_and_goes_on_at_the_next_start(
    site: Callable[[Service, str], App],
) -> None:
    is_ended = Event()

    def answer(asked: Asked) -> Reply:
        if asked.path.endswith("/1") and len(service.asked) == 2:
            is_ended.wait(30)
        return Reply(f"Zebra Stripes {asked.path[-1]}\n")

    with serving(answer) as service:
        app = site(service, "notices:slow")
        harvesting = Harvesting(app)
        harvesting.look()
        eventually(lambda: len(service.asked) == 2, "the second answer asked for")
        began = time.monotonic()
        harvesting.close()
        assert time.monotonic() - began < 5
        is_ended.set()
        left = state(app, "slow")
        assert (left.cursor, left.failures, left.problem) == ("1", 0, "")
        again = site(service, "notices:slow")
        look_and_close(again, lambda: state(again, "slow").cursor == "2")
        assert [each.path for each in service.asked] == ["/slow/0", "/slow/1", "/slow/1"]


def test_what_is_wrong_with_a_source_is_said_once_an_hour_however_often_it_is_asked(
    site: Callable[[Service, str], App], caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Reply("", 503), Reply("", 500), Reply(b"\xff")) as service:
        app = site(service, "notices:ill")
        harvesting = Harvesting(app)

        def has_failed(times: int) -> bool:
            harvesting.look()
            return state(app, "ill").failures == times

        for failures in (1, 2, 3):  # the third is a fault of what reads it
            with app.database.writing() as connection:
                look_soon(connection, "ill", app.clock())
            eventually(partial(has_failed, failures), "asked")
        harvesting.close()
    assert "the log has it" in state(app, "ill").problem
    [said] = caplog.records
    assert "answered 503 Service Unavailable; it is asked again by itself" in said.getMessage()


def test_what_a_source_asked_for_is_kept_by_the_next_start_and_holds_up_no_other(
    site: Callable[[Service, str], App],
) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path.startswith("/busy"):
            return Reply("", 429, {"Retry-After": "7200"})
        return Reply("Zebra Stripes\n")

    with serving(answer) as service:
        app = site(service, "notices:busy notices:fine")
        look_and_close(
            app, lambda: state(app, "busy").failures and state(app, "fine").cursor == "2"
        )
        asked = len(service.asked)
        busy = state(app, "busy")
        assert busy.next_look_at
        assert busy.looked_at
        assert busy.next_look_at - busy.looked_at > timedelta(minutes=119)
        again = Harvesting(site(service, "notices:busy notices:fine"))
        again.look()
        again.close()
        assert len(service.asked) == asked
        assert lists(app) == 1
