"""`digest sources` and what the doctor says of them: of a source on this machine."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from digest.sources.base import Batch, Listed, Source, SourceWarning
from digest.sources.client.http import Client
from digest.sources.registry import KINDS, Kind
from digest.store.dumps import recent_dumps
from digest.store.sources import look_soon, source_states
from tests.cli.conftest import Operator, on_both
from tests.factories import numbered
from tests.sources.service import Reply, Service, serving


@dataclass(frozen=True)
class Notices:
    """A service of titles, one a line, all of one day; each answer has them all."""

    client: Client
    name: str = "notices"
    title: str = "Notices"
    every: timedelta = timedelta(hours=1)
    is_ranked: bool = False

    def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
        answer = self.client.get(self.name, "https://notices.example/list", {"since": cursor})
        titles = answer.body.read().decode().splitlines()
        listed = [Listed(today, record) for record in numbered(titles)]
        yield Batch(listed, str(len(titles)), [SourceWarning(0, "a notice has no date")])


def open_notices(argument: str, client: Client, _keys: Mapping[str, str]) -> Source:
    if argument:
        raise ValueError("there is only one list")
    return Notices(client)


@pytest.fixture(autouse=True)
def _kind_of_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "notices", Kind(open_notices, "notices", "what is pinned up"))


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(Reply("Zebra Stripes\nQuark Stars\nBee Dances\nSnow Lines\n")) as running:
        yield running


def at(service: Service) -> dict[str, str]:
    return {
        "DIGEST_SOURCES": "notices",
        "DIGEST_MIRRORS": f"notices.example={service.url}",
        "DIGEST_PRIVATE_HOSTS": "127.0.0.1",
    }


def lists(operator: Operator) -> int:
    with operator.database.reading() as connection:
        return len(recent_dumps(connection, 10))


@on_both
def test_a_source_is_checked_and_nothing_is_stored(operator: Operator, service: Service) -> None:
    result = operator.says("sources", "check", **at(service))
    assert result.exit_code == 0, result.output
    assert "notices: 4 papers in 1 answers, the newest of " in result.output
    assert result.output.count("Zebra Stripes") == 1
    assert "Snow Lines" not in result.output
    assert "a notice has no date" in result.output
    assert lists(operator) == 0
    [told] = json.loads(operator.says("sources", "check", "--json", **at(service)).stdout)
    assert (told["papers"], told["is_good"]) == (4, True)
    [told] = json.loads(operator.says("sources", "--json", **at(service)).stdout)
    assert (told["name"], told["state"], told["answered_at"]) == ("notices", "not asked yet", None)


def test_a_check_goes_on_from_the_cursor_unless_told_otherwise(
    operator: Operator, service: Service
) -> None:
    operator.says("sources", "look", "notices", **at(service))
    operator.says("sources", "check", **at(service))
    operator.says("sources", "check", "--fresh", **at(service))
    assert [each.query["since"] for each in service.asked] == ["", "4", ""]


@on_both
def test_a_source_is_looked_at_at_once_and_shown(operator: Operator, service: Service) -> None:
    result = operator.says("sources", "look", "notices", **at(service))
    assert result.exit_code == 0, result.output
    assert "notices: 4 papers, 4 new, 0 completed" in result.output
    assert "0 papers, 0 new" in operator.says("sources", "look", "notices", **at(service)).output
    assert lists(operator) == 1
    [told] = json.loads(operator.says("sources", "--json", **at(service)).stdout)
    assert (told["state"], told["papers"]) == ("ok", 4)
    shown = operator.says("sources", **at(service)).output
    assert f"notices: ok, 4 papers of {told['newest_day']}\n    answered 20" in shown
    assert "good  source notices: answered at" in operator.says("doctor", **at(service)).output


def test_a_source_that_is_away_is_told_and_left_alone(operator: Operator) -> None:
    with serving(Reply("busy", 503, {"Retry-After": "3600"})) as service:
        result = operator.says("sources", "check", **at(service))
        assert result.exit_code == 1
        assert "BAD   notices" in result.output
        result = operator.says("sources", "look", "notices", **at(service))
        assert result.exit_code == 1
        # What it asked for is kept, whoever asks next.
        with operator.database.reading() as connection:
            [state] = source_states(connection, ["notices"])
        assert state.next_look_at
        assert state.next_look_at - datetime.now(UTC) > timedelta(minutes=55)
        asked = len(service.asked)
        result = operator.says("sources", "look", "notices", **at(service))
        assert "left alone until" in result.output
        assert len(service.asked) == asked
        operator.says("sources", "look", "--anyway", "notices", **at(service))
        assert len(service.asked) > asked
        shown = operator.says("sources", **at(service)).output
        assert "notices: failing\n    next look 20" in shown
        assert "answered 503 Service Unavailable, 2 times\n" in shown
        says = operator.says("doctor", **at(service)).output
        assert (
            "?     source notices: answered 503 Service Unavailable; it is asked again at" in says
        )
        with operator.database.writing() as connection:
            look_soon(connection, "notices", datetime(2026, 1, 1, tzinfo=UTC))
        says = operator.says("doctor", **at(service)).output
        assert "asked again once `digest serve` runs" in says


def test_kinds_and_names_that_do_not_exist_are_told(operator: Operator, service: Service) -> None:
    result = operator.says("sources", "kinds")
    assert "what is pinned up" in result.output
    kinds = json.loads(operator.says("sources", "kinds", "--json").stdout)
    assert {"kind": "notices", "example": "notices", "sentence": "what is pinned up"} in kinds
    result = operator.says("sources", "check", "notes", **at(service))
    assert (result.exit_code, "there is no source notes" in result.output) == (1, True)
    assert "none yet" in operator.says("sources").output
    assert operator.says("sources", "check").exit_code == 1
    says = operator.says("doctor", DIGEST_SOURCES="notices:all")
    assert "there is only one list" in says.output
    assert service.asked == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIGEST_MIRRORS", "arxiv.org"),
        ("DIGEST_MIRRORS", "arxiv.org=mirror.example"),
        ("DIGEST_MIRRORS", "arxiv.org=http://mirror.example:port"),
        ("DIGEST_SOURCE_KEYS", "semantic-scholar"),
        ("DIGEST_SOURCE_KEYS", "semantic_scholar=key"),
        ("DIGEST_CONTACT", "nobody"),
    ],
)
def test_a_setting_that_cannot_be_stops_with_its_name(
    operator: Operator, name: str, value: str
) -> None:
    assert name in str(operator.says("sources", **{name: value}).exception)
