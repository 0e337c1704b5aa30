"""How sources are, as operators, machines and readers are told."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import update

from digest.app import App
from digest.pipeline.watched import watch
from digest.store import dumps, sources
from digest.store.account_tables import audit
from digest.store.tables import sources as table
from digest.web import build_web
from digest.web.metrics import Meter
from tests.factories import make_dump
from tests.web.client import Client
from tests.web.conftest import BASE_URL
from tests.web.operators import add_without_password, cookie_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECRET = "https://me:hunter2@api.example.org/list?key=hunter3"  # noqa: S105  of the tests
OWN = {"sec_fetch_site": "same-origin"}


@dataclass(frozen=True)
class Named:
    """A source as the settings name it."""

    name: str
    title: str
    every: timedelta = HOUR


ASKED = (Named("arxiv:cs.LG", "arXiv <b>cs.LG</b> & more"), Named("quiet", "A quiet one"))


@pytest.fixture
def client(app: App) -> Client:
    """A site whose first source fell silent after six weeks, yesterday at eight."""
    now = app.clock()
    silent_since = now - 22 * HOUR
    with app.database.ingesting() as connection:
        sources.know_sources(connection, [(each.name, each.title) for each in ASKED])
        failed = {
            "failures": 9,
            "failing_since": silent_since + HOUR,
            "answered_at": silent_since,
            "problem": f"GET {SECRET} was refused",
            "next_look_at": now + HOUR,
        }
        connection.execute(update(table).where(table.c.name == "arxiv:cs.LG").values(failed))
        for back in range(42, 0, -1):
            day = (now - back * DAY).date()
            if day.weekday() < 5:
                given = replace(make_dump(f"of {day}"), dated_on=day, source="arxiv:cs.LG")
                number = dumps.add_dump(connection, given, now - back * DAY - 3 * HOUR)
                assert number is not None
                papers = 190 if back == 3 else 880 + 9 * (back % 7)
                dumps.count_dump(connection, number, papers, papers)
    assert watch(app.database, ASKED, app.clock)
    web = build_web(app)
    web.state.sources = list(ASKED)
    web.state.meter = Meter(app, ASKED)
    return Client(web, BASE_URL)


@pytest.fixture
def cookie(app: App) -> str:
    add_without_password(app, "grace")
    return cookie_of(app, "grace")


def test_operators_see_how_each_source_is_and_what_it_usually_gives(
    client: Client, cookie: str
) -> None:
    page = client.get("/admin/sources", cookie=cookie)
    assert page.status == 200
    assert "ArXiv &lt;b&gt;cs.LG&lt;/b&gt; &amp; more has not answered since 17 March" in page.text
    assert "It was not asked yet." in page.text
    assert "hunter" not in page.text
    assert 'value="arxiv:cs.LG"' in page.text
    assert '<path class="s2"' in page.text
    overview = client.get("/admin", cookie=cookie)
    assert "/admin/sources" in overview.text
    assert "has not answered since" in overview.text


def test_a_source_is_asked_soon_when_an_operator_wants_it(
    client: Client, app: App, cookie: str
) -> None:
    for name, status in (("arxiv:cs.LG", 303), ("elsewhere", 404)):
        form = {"source": name}
        assert client.post("/admin/sources", form, cookie=cookie, **OWN).status == status
    with app.database.reading() as connection:
        assert sources.sources_due(connection, ["arxiv:cs.LG"], app.clock()) == ["arxiv:cs.LG"]
        assert [each.deed for each in connection.execute(audit.select())] == ["look now"]
    assert "within seconds" in client.get("/admin/sources?asked=yes", cookie=cookie).text
    assert client.get("/admin/sources").status == 303


def test_health_tells_each_source_without_secrets_and_stays_well(client: Client) -> None:
    answer = client.get("/health")
    assert answer.status == 200
    assert "hunter" not in answer.text
    found = json.loads(answer.text)
    assert found["incomplete"].startswith("Incomplete so far: arXiv <b>cs.LG</b> & more has not")
    silent, unasked = found["sources"]
    assert (silent["name"], silent["state"]) == ("arxiv:cs.LG", "silent")
    assert silent["problem"] == "GET api.example.org was refused"
    assert silent["newest_day"] == "2026-03-17"
    assert silent["usual_papers"] > 800
    assert unasked["state"] == "not asked yet"


def test_pages_for_readers_say_that_they_are_incomplete(client: Client) -> None:
    for path in ("/", "/papers"):
        assert "Incomplete so far: arXiv &lt;b&gt;cs.LG" in client.get(path).text
    feed = client.get("/feeds/keywords.atom?q=graph+neural+networks").text
    assert "Incomplete so far: arXiv &lt;b&gt;cs.LG" in feed


@pytest.mark.parametrize(
    "path", ["/feeds/keywords.atom?q=graph+neural+networks", "/feeds/trending.atom?count=5"]
)
def test_who_asks_by_a_date_is_told_all_the_same(client: Client, app: App, path: str) -> None:
    told = client.get(path)
    assert "last-modified" not in told.headers
    assert client.get(path, if_none_match=told.headers["etag"]).status == 304
    now = format_datetime(app.clock() + DAY, usegmt=True)
    assert client.get(path, if_modified_since=now).status == 200
    assert watch(app.database, [], app.clock)
    quiet = Client(build_web(app), BASE_URL).get(path)
    assert "Incomplete so far" not in quiet.text
    assert quiet.headers["last-modified"]


def test_metrics_have_a_line_a_source(client: Client, cookie: str) -> None:
    told = client.get("/metrics", cookie=cookie).text
    assert 'digest_source_answer_age_seconds{source="arxiv:cs.LG"} 79200.0' in told
    assert 'digest_source_lacking{source="arxiv:cs.LG"} 1.0' in told
    assert 'digest_source_lacking{source="quiet"} 0.0' in told
    assert 'digest_source_failures{source="arxiv:cs.LG"} 9.0' in told
