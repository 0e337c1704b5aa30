"""Papers, health, and the files beside the pages."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from digest.app import App
from digest.model.digests import Field, MatchKind, Reason
from digest.model.papers import Paper
from digest.pipeline.ingest import ingest
from digest.sources.base import Page
from digest.store.papers import newest_papers
from digest.web import build_web
from digest.web.site import build_site
from digest.web.words import masked_address, rest_of, summary
from tests.factories import make_dump, make_record
from tests.web.client import Client
from tests.web.conftest import Visit


def newest(app: App) -> Paper:
    with app.database.reading() as connection:
        return newest_papers(connection, 1)[0].paper


def test_a_paper_has_a_page(app: App, client: Client) -> None:
    paper = newest(app)
    page = client.get(app.links.paper(paper))
    assert page.status == 200
    assert paper.title in page.text
    assert "First listed on" in page.text
    assert "https://arxiv.org/search/?" in page.text
    assert "https://huggingface.co/papers?" in page.text


def test_a_paper_there_is_not_is_not_found(client: Client) -> None:
    answer = client.get("/papers/none")
    assert answer.status == 404
    assert "There is no paper at this address." in answer.text


def test_an_address_of_nothing_is_kind(client: Client) -> None:
    answer = client.get("/nothing/here")
    assert answer.status == 404
    assert 'href="/"' in answer.text


def test_health_tells_the_newest_list_and_its_age(client: Client) -> None:
    answer = client.get("/health")
    told = json.loads(answer.text)
    assert (answer.status, told["status"], told["schema"]) == (200, "ok", "current")
    assert told["newest_dump"]["age_hours"] == 0
    assert told["newest_dump"]["papers"] == 34


def test_health_of_an_empty_site_is_good(empty_app: App) -> None:
    client = Client(build_web(empty_app), empty_app.settings.public_url)
    assert json.loads(client.get("/health").text)["newest_dump"] is None


def test_health_is_bad_without_the_schema(empty_app: App) -> None:
    with empty_app.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
        connection.exec_driver_sql("DELETE FROM schema_fits")
    client = Client(build_web(empty_app), empty_app.settings.public_url)
    answer = client.get("/health")
    assert (answer.status, json.loads(answer.text)["schema"]) == (503, "not current")


def test_health_is_bad_without_the_database(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "broken.sqlite3").write_text(
        "this is no database, and long enough to be read as one"
    )
    answer = visit(database_url=f"sqlite:///{tmp_path / 'broken.sqlite3'}").get("/health")
    assert (answer.status, json.loads(answer.text)["database"]) == (503, "not reachable")


def test_robots_stay_away_from_tokens(client: Client) -> None:
    text = client.get("/robots.txt").text
    for place in ("confirm", "preferences", "unsubscribe", "u"):
        assert f"Disallow: /{place}/\n" in text


def test_the_style_sheet_is_kept_for_ever_under_an_address_that_changes(client: Client) -> None:
    found = re.search(r'href="(/static/style\.css\?v=\w+)"', client.get("/").text)
    assert found
    sheet = client.get(found[1])
    assert sheet.status == 200
    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["cache-control"]
    assert client.get(found[1], if_none_match=sheet.headers["etag"]).status == 304
    assert "immutable" not in client.get("/static/style.css?v=older").headers["cache-control"]


@pytest.mark.parametrize("name", ["other.css", "..%2f..%2fpyproject.toml", "%2fetc%2fpasswd"])
def test_no_other_file_is_served(client: Client, name: str) -> None:
    assert client.get(f"/static/{name}").status == 404


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("ada@example.org", "a\u2022\u2022\u2022@example.org"),
        ("x@b.example", "x\u2022\u2022\u2022@b.example"),
    ],
)
def test_an_address_is_known_to_its_owner_alone(address: str, masked: str) -> None:
    assert masked_address(address) == masked


def test_an_abstract_is_shown_once_in_two_parts(app: App) -> None:
    with app.database.reading() as connection:
        found = [each.paper for each in newest_papers(connection, 100)]
    for paper in found:
        whole = summary(paper).removesuffix("\u2026") + rest_of(paper)
        assert re.sub(r"[\s,;:.]", "", whole) == re.sub(r"[\s,;:.]", "", paper.abstract)


def test_links_with_ids_lead_there_directly(app: App, client: Client) -> None:
    paper = newest(app)
    with app.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO paper_ids (scheme, value, paper_id) VALUES ('arxiv', '2403.01234', ?)",
            (paper.id,),
        )
    page = client.get(app.links.paper(paper))
    assert "https://arxiv.org/abs/2403.01234" in page.text


def test_an_operator_puts_own_templates_in_the_place_of_ours(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "own" / "web").mkdir(parents=True)
    (tmp_path / "own" / "static").mkdir()
    (tmp_path / "own" / "web" / "sent.html").write_text("<p>Thanks, from {{ site_name }}</p>")
    (tmp_path / "own" / "static" / "style.css").write_text("p { color: red }")
    client = visit(templates_dir=str(tmp_path / "own"))
    assert client.get("/subscribe/sent").text == "<p>Thanks, from Digest</p>"
    assert client.get("/static/style.css").text == "p { color: red }"
    assert client.get("/").status == 200


def test_what_a_paper_is_shown_for_besides_goes_on_in_the_sentence(
    app: App, tmp_path: Path
) -> None:
    (tmp_path / "web").mkdir()
    own = '{% import "web/parts.html" as parts %}{{ parts.why(reasons|why) }}'
    (tmp_path / "web" / "own.html").write_text(own)
    site = build_site(replace(app, settings=replace(app.settings, templates_dir=str(tmp_path))))
    found = Reason("RAG", MatchKind.PHRASE, Field.ABSTRACT, "RAG is it.", ((0, 3),), 0.5)
    like = Reason("robots", MatchKind.RELATED, Field.ABSTRACT, "A robot.", (), 0.2)
    assert " Also related to <b" in site.render("web/own.html", {"reasons": [found, like]})
    assert ">Related to <b" in site.render("web/own.html", {"reasons": [like]})


@pytest.mark.parametrize("key", ["%00", "..%2F..%2Fetc", "a" * 200, "%F0%9F%A7%AA"])
def test_what_is_no_key_of_a_paper_is_not_found(client: Client, key: str) -> None:
    assert client.get(f"/papers/{key}").status == 404


def test_of_a_long_list_the_first_page_shows_the_beginning(app: App, client: Client) -> None:
    records = [
        make_record(f"Paper of number {number}", f"On {number}, {number + 1}. " * 99, number)
        for number in range(1, 121)
    ]
    ingest(
        app.database, Page(make_dump("long", dated_on=date(2030, 1, 1)), iter(records)), app.clock
    )
    page = client.get("/")
    titles = re.findall(r">(Paper of number \d+)</a>", page.text)
    assert titles == [record.title for record in records[: len(titles)]]
    assert f"The first {len(titles)} of 120 papers" in page.text
    assert len(page.body) < 30_000
