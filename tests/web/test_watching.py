"""What somebody who watches over the site reads: health, readiness, metrics."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.app import App
from digest.model.subscribers import Subscriber
from digest.pipeline.stock import take_stock
from tests.web.client import Answer, Client
from tests.web.conftest import Visit


def read(answer: Answer) -> dict[str, float]:
    """The metrics of an answer, by name and labels."""
    assert answer.status == 200
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_health_says_how_fresh_lists_are_and_what_waits(client: Client) -> None:
    found = json.loads(client.get("/health").text)
    assert found["status"] == "ok"
    assert found["newest_dump"]["is_fresh"] is True
    assert found["newest_dump"]["usual_papers"] > 0
    for name in (
        "held_dumps",
        "oldest_due_minutes",
        "oldest_ready_minutes",
        "workers",
        "transports_down",
        "paused",
    ):
        assert found[name] == 0


def test_an_old_list_is_told_and_not_judged(client: Client, app: App) -> None:
    app.clock.advance(hours=30)  # type: ignore[attr-defined]
    answer = client.get("/health")
    assert answer.status == 200
    assert json.loads(answer.text)["newest_dump"]["is_fresh"] is False


def test_a_process_is_ready_when_the_schema_is_one_that_it_can_use(
    client: Client, app: App
) -> None:
    assert client.get("/ready", host="10.0.0.7:8321").status == 200
    with app.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    # A newer version is being rolled out, beside which this one may go on.
    assert client.get("/ready").status == 200
    assert client.get("/health").status == 200
    with app.database.writing() as connection:
        connection.execute(text("DELETE FROM schema_fits"))
    answer = client.get("/ready")
    assert answer.status == 503
    assert json.loads(answer.text) == {"ready": False}
    answer = client.get("/health")
    assert answer.status == 503
    assert json.loads(answer.text)["schema"] == "not current"


def test_a_database_that_is_away_is_no_reason_to_start_the_process_anew(
    client: Client, app: App
) -> None:
    app.database.dispose()
    assert app.database.url.database
    Path(app.database.url.database).write_bytes(b"no database" * 1000)

    # Who looks whether it lives asks by the number of its network.
    assert client.get("/robots.txt", host="10.0.0.7:8321").status == 200
    assert client.get("/ready").status == 503
    answer = client.get("/health")
    assert answer.status == 503
    assert json.loads(answer.text) == {"status": "failing", "database": "not reachable"}


def test_metrics_tell_of_the_database_and_of_requests(client: Client, app: App) -> None:
    take_stock(app.database, app.clock)
    client.get("/feeds/trending.rss")
    client.get("/nothing/at/all")
    found = read(client.get("/metrics", host="10.0.0.7:8321"))
    assert found["digest_database_up"] == 1
    assert found['digest_deliveries{state="ready"}'] == 0
    assert found['digest_readers{state="active"}'] == 0
    assert found["digest_dumps_held"] == 0
    assert found['digest_attempts_last_hour{outcome="failed"}'] == 0
    none = 'digest_http_requests_total{method="GET",route="none",status="404"}'
    assert found[none] == 1
    [feed] = [name for name in found if "requests_total" in name and "feeds" in name]
    assert "{" in feed.partition("route=")[2]
    assert any(name.startswith("digest_build_info{version=") for name in found)


def test_digests_that_nobody_composes_are_told(client: Client, app: App, ada: Subscriber) -> None:
    assert read(client.get("/metrics"))["digest_due_age_seconds"] == 0
    assert ada.next_due_at
    app.clock.now = ada.next_due_at + timedelta(minutes=20)  # type: ignore[attr-defined]

    assert read(client.get("/metrics"))["digest_due_age_seconds"] == 20 * 60
    assert json.loads(client.get("/health").text)["oldest_due_minutes"] == 20


def test_no_token_stands_in_a_label(client: Client, app: App, ada: Subscriber) -> None:
    links = app.links
    urls = [links.preferences(ada), links.unsubscribe(ada), links.one_click(ada)]
    for url in urls:
        client.get(url)
        client.post(url)
    page = client.get("/metrics").text
    for url in urls:
        assert url.rpartition("/")[2] not in page
    assert re.search(r'route="/preferences/\{token', page)


def test_an_odd_method_makes_no_label_of_its_own(client: Client) -> None:
    for number in range(5):
        client.ask(f"ODD{number}", "/")
    assert "ODD" not in client.get("/metrics").text


@pytest.mark.parametrize(
    ("setting", "headers", "status"),
    [
        ("loopback", {}, 200),
        ("loopback", {"x_forwarded_for": "192.0.2.1"}, 404),
        ("loopback", {"forwarded": "for=192.0.2.1"}, 404),
        ("public", {"x_forwarded_for": "192.0.2.1"}, 200),
        ("off", {}, 404),
    ],
)
def test_metrics_are_for_whom_the_settings_say(
    visit: Visit, setting: str, headers: dict[str, str], status: int
) -> None:
    assert visit(metrics=setting).get("/metrics", **headers).status == status


def test_each_application_counts_for_itself(visit: Visit) -> None:
    one, other = visit(), visit()
    one.get("/robots.txt")
    assert "robots" in one.get("/metrics").text
    assert "robots" not in other.get("/metrics").text


def test_a_database_that_is_away_is_told_and_does_not_hide_requests(
    client: Client, app: App
) -> None:
    client.get("/robots.txt")
    with app.database.writing() as connection:
        connection.execute(text("DROP TABLE workers"))
    found = read(client.get("/metrics"))
    assert found["digest_database_up"] == 0
    assert any("robots" in name for name in found)
