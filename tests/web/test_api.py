"""The JSON API as anybody may use it, its description and its page."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from starlette.routing import Route

from digest.app import App
from digest.model.papers import PaperRecord
from digest.model.subscribers import Subscriber
from digest.pipeline.ingest import ingest
from digest.sources.base import Page
from digest.web import api, build_web
from digest.web.api.resource import Resource
from digest.web.api.table import ENDPOINTS, ROOT
from digest.web.buckets import Buckets
from tests.factories import make_dump, make_record
from tests.web.api_programs import Program, problem, token_of
from tests.web.api_programs import steady_program as steady_program  # noqa: PLC0414  the fixture
from tests.web.client import Client
from tests.web.conftest import BASE_URL, Visit


@pytest.fixture
def program(steady_program: Program) -> Program:
    return Program(steady_program.client)


def parts(program: Program, path: str, after: str = "") -> Iterator[list[Any]]:
    """Every part of a list, from its beginning or after a cursor to its end."""
    cursor = f"&cursor={after}" if after else ""
    while True:
        part = program.told(f"{path}{cursor}")
        yield part["items"]
        if part["next_cursor"] is None:
            return
        cursor = f"&cursor={part['next_cursor']}"


def test_a_list_comes_in_parts_that_leave_nothing_out(program: Program) -> None:
    whole = program.told("/papers?limit=100")["items"]
    assert len(whole) > 40
    in_parts = list(parts(program, "/papers?limit=7"))
    assert [len(part) for part in in_parts[:-1]] == [7] * (len(in_parts) - 1)
    assert [each for part in in_parts for each in part] == whole
    places = [(each["listed_at"], each["dump"]) for each in whole]
    assert places == sorted(places, reverse=True)


def test_papers_that_match_come_in_parts_too(program: Program) -> None:
    whole = program.told("/papers?q=graph&limit=100")["items"]
    assert len(whole) > 2
    assert all("graph" in (each["title"] + each["abstract"]).lower() for each in whole)
    in_parts = list(parts(program, "/papers?q=graph&limit=2"))
    assert [each for part in in_parts for each in part] == whole


def test_the_archive_is_searched_best_first(program: Program) -> None:
    whole = program.told("/search?q=graph&limit=100")
    assert whole["found"] == len(whole["items"]) > 2
    assert not whole["is_cut"]
    assert all(each["reason"]["expression"] == "graph" for each in whole["items"])
    in_parts = list(parts(program, "/search?q=graph&limit=2"))
    assert [each for part in in_parts for each in part] == whole["items"]
    assert program.told("/search?q=zzyzx")["items"] == []
    assert program.told("/search?q=graph&cursor=0.1")["items"] == []
    for query in ("", "?q=-survey", "?q=a%20|", "?q=%00"):
        (error,) = problem(program.get(f"/search{query}"))["errors"]
        assert error["parameter"] == "q"


def test_papers_of_a_day(program: Program) -> None:
    day = program.told("/papers?limit=1")["items"][0]["dated_on"]
    assert program.told(f"/papers?on={day}")["items"]
    assert program.told("/papers?on=1999-01-01")["items"] == []
    assert program.told(f"/papers?on={day}&q=graph")["items"]
    assert program.told("/papers?on=1999-01-01&q=graph")["items"] == []


def test_a_paper_is_found_by_its_key(program: Program) -> None:
    first = program.told("/papers?limit=1")["items"][0]
    known = program.told(f"/papers/{first['key']}")
    assert known == {**first, "same_as": None, "other_titles": [], "observations": []}
    assert program.client.get(first["url"]).status == 200


def test_a_list_has_its_papers_in_its_order(program: Program) -> None:
    newest, *_ = program.told("/dumps")["items"]
    whole = [each for part in parts(program, f"/dumps/{newest['id']}?limit=10") for each in part]
    assert len(whole) == newest["papers"]
    assert len({each["key"] for each in whole}) == len(whole)
    assert sum(each["dump"] == newest["id"] for each in whole) == newest["new_papers"]
    assert [len(part) for part in parts(program, "/dumps?limit=1")] == [1, 1]


def test_a_preview_says_what_keywords_find_and_why(program: Program) -> None:
    answer = program.ask("POST", "/preview", {"keywords": ["graph neural networks", "zzyzx"]})
    assert answer.headers["cache-control"] == "no-store"
    found, never = json.loads(answer.body)["items"]
    assert found["matched"] >= len(found["examples"]) > 0
    example = found["examples"][0]
    sentence, spans = example["reason"]["sentence"], example["reason"]["spans"]
    words = " ".join(sentence[start:end] for start, end in spans).lower()
    assert "graph" in words
    assert never["verdict"] == "never"
    assert never["matched"] == 0
    assert "zzyzx" in never["sentence"]


def test_feeds_are_where_the_list_says(program: Program) -> None:
    for feed in program.told("/feeds")["items"]:
        for name in ("page", "rss", "atom", "json"):
            assert program.client.get(feed[name]).status == 200


def test_who_has_the_bytes_is_told_so(program: Program) -> None:
    answer = program.get("/papers")
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["access-control-allow-origin"] == "*"
    again = program.get("/papers", if_none_match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    packed = program.get("/papers", accept_encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) < len(answer.body)


@pytest.mark.parametrize("path", ["/papers", "/papers?limit=0", "/me", "/papers/nothing"])
def test_a_head_is_a_get_without_its_body(program: Program, path: str) -> None:
    got, head = program.get(path), program.ask("HEAD", path)
    assert head.body == b""
    assert head.status == got.status
    assert head.headers == got.headers


def test_an_address_says_what_it_takes(program: Program) -> None:
    options = program.ask("OPTIONS", "/me")
    assert (options.status, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, PATCH")
    assert "access-control-allow-origin" not in options.headers
    for method in ("POST", "PUT", "DELETE", "TRACE", "BREW"):
        answer = program.ask(method, "/papers")
        assert problem(answer)["status"] == 405
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "path",
    [
        *("/papers/no-such-paper", "/papers/%00", "/papers/A+B", "/papers/a/b", "/dumps/0"),
        *("/dumps/99", "/dumps/-1", "/dumps/99999999999999999999", "/dumps/x", "/nothing", "", "/"),
        *("/papers/", "//papers", "/openapi.yaml"),
    ],
)
def test_nothing_is_a_problem_like_others(program: Program, path: str) -> None:
    assert problem(program.get(path))["status"] == 404


def test_beside_the_api_is_nothing_either(program: Program) -> None:
    assert problem(program.client.get("/api/v2/papers"))["status"] == 404
    assert problem(program.client.get("/api/"))["status"] == 404


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ("limit=0", "limit", "1 at least"),
        ("limit=101", "limit", "100 at most"),
        ("limit=ten", "limit", "a whole number"),
        ("limit=1e1", "limit", "a whole number"),
        ("limit=٣", "limit", "a whole number"),
        ("limit=999999999999999999999999", "limit", "a whole number"),
        ("limit=", "limit", "a whole number"),
        ("limit=1&limit=2", "limit", "twice"),
        ("on=yesterday", "on", "a date"),
        ("on=2026-02-30", "on", "a date"),
        ("on=20260217", "on", "a date"),
        ("on=2026-02-17T00:00:00Z", "on", "a date"),
        ("cursor=x", "cursor", "not as described"),
        ("cursor=1.1.1", "cursor", "not as described"),
        ("=2", "", 'no parameter "" here'),
        ("page=2", "page", "no parameter page here; there are q, on, cursor, limit"),
        ("q=", "q", "1 character at least"),
        ("q=%00", "q", "at least one keyword"),
        ("q=%20", "q", "at least one keyword"),
        ("q=-survey", "q", "only exclude"),
        (f"q={'a' * 81}", "q", "80 characters at most"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(
    program: Program, query: str, parameter: str, words: str
) -> None:
    told = problem(program.get(f"/papers?{query}"))
    assert told["status"] == 422
    (error,) = told["errors"]
    assert error["parameter"] == parameter
    assert words in error["detail"]
    assert error["detail"] == told["detail"]


def test_a_keyword_expression_that_cannot_be_read_is_pointed_into(program: Program) -> None:
    (error,) = problem(program.get('/papers?q=%20graph%20"neural'))["errors"]
    assert (error["parameter"], error["expression"]) == ("q", 'graph "neural')
    assert error["position"] == 6
    assert re.fullmatch(r"[A-Z].*[^.]\.", error["detail"])


def test_names_that_are_too_long_are_not_repeated_whole(program: Program) -> None:
    told = program.get(f"/papers?{'a' * 5000}=1")
    assert told.status == 422
    assert len(told.body) < 1000


def test_cookies_are_not_looked_at(program: Program) -> None:
    body = {"keywords": ["gnn"]}
    for headers in ({"cookie": "digest=1"}, {"cookie": "a=b", "origin": "https://evil.example"}):
        assert program.ask("POST", "/preview", body, **headers).status == 200
        assert program.get("/me", **headers).status == 401
        assert "set-cookie" not in program.get("/papers", **headers).headers


def test_what_is_described_is_what_there_is(app: App, client: Client) -> None:
    described = Program(client).told("/openapi.json")["paths"]
    routed = {
        (route.path.removeprefix(ROOT), method)
        for route in build_web(app).routes
        if isinstance(route, Route) and route.path.startswith("/api/")
        if isinstance(route.endpoint, Resource)
        for method in route.endpoint.methods
    }
    assert routed == {
        (path, method.upper()) for path, operations in described.items() for method in operations
    }
    assert routed == {(each.path, each.method) for each in ENDPOINTS}
    # No page of an operator's is among them, and nothing else hides under /api.
    others = {each.path for each in api.ROUTES} - {f"{ROOT}{path}" for path, _ in routed}
    assert others == {"/api", "/api/{rest:path}"}
    assert not any("admin" in path for path, _ in routed)


def test_every_path_names_its_parameters() -> None:
    for each in ENDPOINTS:
        in_path = {parameter.name for parameter in each.parameters if parameter.is_path}
        assert in_path == set(re.findall(r"{(\w+)}", each.path)), each.name
        assert each.is_own == each.path.startswith("/me"), each.name
    assert len({each.name for each in ENDPOINTS}) == len(ENDPOINTS)


def test_every_schema_is_one_and_every_example_fits(program: Program) -> None:
    described = program.told("/openapi.json")
    for schema in described["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for each in ENDPOINTS:
        for parameter in each.parameters:
            jsonschema.Draft202012Validator.check_schema(dict(parameter.schema))
        if each.body:
            jsonschema.Draft202012Validator.check_schema(dict(each.body.schema))
            jsonschema.validate(each.body.example, dict(each.body.schema))
        for schema in (each.answer,):
            assert schema is None or "$ref" not in schema or _is_there(schema["$ref"], described)
    references = re.findall(r'"\$ref": ?"([^"]+)"', json.dumps(described))
    assert all(_is_there(each, described) for each in references)


def test_answers_hold_nothing_that_is_not_described(
    app: App, client: Client, ada: Subscriber
) -> None:
    mine = Program(client, token_of(app, ada))
    described = mine.told("/openapi.json")
    paper = mine.told("/papers?limit=1")["items"][0]["key"]
    assert mine.ask("POST", "/me/feedback", {"paper": paper, "kind": "more"}).status == 200
    assert mine.ask("POST", "/me/mutes", {"expression": "case study"}).status == 200
    examples = {"{key}": paper, "{id}": "1"}
    closed = {"components": _closed(described["components"])}
    looked_at = 0
    for each in ENDPOINTS:
        path = each.path
        for name, value in examples.items():
            path = path.replace(name, value)
        needed = "&".join(f"{one.name}=graph" for one in each.parameters if one.is_required)
        if each.method == "GET" and "{" not in path and each.answer and "$ref" in each.answer:
            told = mine.told(f"{path}?{needed}")
            jsonschema.validate(told, {**each.answer, **closed})
            looked_at += bool(told)
    assert looked_at == 10
    previews = mine.ask("POST", "/preview", {"keywords": ["graph -survey", "graff"]})
    closed["$ref"] = "#/components/schemas/Previews"
    jsonschema.validate(json.loads(previews.body), closed)


def _closed(schema: Any) -> Any:
    """A schema whose objects hold what it names and nothing else."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _closed(each) for name, each in schema.items()}
    if found.get("type") == "object" and "properties" in found:
        found["additionalProperties"] = False
    return found


def _is_there(reference: str, described: Any) -> bool:
    found = described
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return bool(found)


def test_the_page_shows_every_endpoint_with_a_command(program: Program) -> None:
    page = program.client.get("/api")
    assert page.status == 200
    assert len(page.body) < 30_000
    assert page.text.count("curl ") == len(ENDPOINTS)
    for each in ENDPOINTS:
        assert f"<code>{each.method} {each.path}</code>" in page.text
    assert 'href="/api/v1/openapi.json"' in page.text
    assert 'id="invalid"' in page.text


def test_commands_of_the_page_work_as_they_stand(program: Program) -> None:
    for each in ENDPOINTS:
        if each.is_public_read and "{" not in each.path:
            query = [f"{one.name}={one.example}" for one in each.parameters if one.name != "on"]
            path = f"{each.path}?{'&'.join(query)}".replace(" ", "+")
            assert program.get(path).status == 200, path


def test_a_fault_of_ours_is_a_problem_too(
    app: App, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with app.database.writing() as connection:
        connection.exec_driver_sql("UPDATE papers SET links = '[{}]'")
    told = problem(Program(client).get("/papers"))
    assert told["status"] == 500
    assert "The fault is ours" in told["detail"]
    assert "kind" not in told["detail"]
    assert caplog.messages[-1].rpartition(" ")[2] in told["detail"]


def test_a_database_that_is_away_is_to_be_asked_later(
    app: App, client: Client, ada: Subscriber, caplog: pytest.LogCaptureFixture
) -> None:
    mine = Program(client, token_of(app, ada))
    for path in ("/papers", "/me"):
        assert mine.get(path).status == 200
    app.database.dispose()
    file = Path(app.settings.data_dir, "digest.sqlite3")
    file.rename(file.with_suffix(".away"))
    file.mkdir()
    for path in ("/papers", "/search?q=gnn", "/me"):
        answer = mine.get(path)
        told = problem(answer)
        assert (told["status"], answer.headers["retry-after"]) == (503, "60")
        assert "database" in told["detail"]
        assert "sqlite" not in answer.text
    assert "unable to open" in caplog.text


def test_a_realm_is_fit_for_its_header(visit: Visit) -> None:
    named = visit(site_name='Caf\u00e9 "P" \\')
    realm = named.get("/api/v1/me").headers["www-authenticate"]
    assert realm == 'Bearer realm="Caf? ?P? ?"'


def list_again(app: App, *records: PaperRecord) -> None:
    """Take in a list of the next day."""
    dump = make_dump("again.txt", date(2026, 3, 19), checksum=records[0].title)
    ingest(app.database, Page(dump, iter(records)), app.clock, anyway=True)


def test_a_day_has_the_papers_that_its_page_has(app: App, client: Client) -> None:
    program = Program(client)
    old = program.told("/papers?limit=1")["items"][0]
    list_again(
        app,
        make_record(old["title"], old["abstract"]),
        make_record("Graph Neural Networks of the Day", position=2),
        make_record("Weather", position=3),
    )
    whole: list[Any] = []
    for day in ("2026-03-18", "2026-03-19"):
        whole = program.told(f"/papers?on={day}&limit=100")["items"]
        pages = [client.get(f"/papers?on={day}&page={number}").text for number in (1, 2, 3, 4)]
        shown = set(re.findall(r'href="/papers/([a-z0-9-]+)"', " ".join(pages)))
        assert {each["key"] for each in whole} == shown
        in_parts = list(parts(program, f"/papers?on={day}&limit=2"))
        assert [each for part in in_parts for each in part] == whole
    assert len(whole) == 3
    assert old["key"] in {each["key"] for each in whole}
    matching = program.told("/papers?on=2026-03-19&q=graph")["items"]
    assert [each["title"] for each in matching] == ["Graph Neural Networks of the Day"]
    word = old["title"].split()[0].strip(":,")
    found = program.told(f"/papers?on=2026-03-19&q=%3D%22{word}%22")["items"]
    assert old["key"] in {each["key"] for each in found}


def test_what_comes_meanwhile_repeats_nothing_in_later_parts(app: App, client: Client) -> None:
    program = Program(client)
    for path in ("/papers?limit=2", "/papers?limit=2&q=graph", "/search?limit=2&q=graph"):
        before = [
            each for part in parts(program, path.replace("=2", "=100")) for each in key_of(part)
        ]
        first = program.told(path)
        list_again(app, make_record(f"Graph, Graphs, and Graph Neural Networks, {len(path)}"))
        rest = parts(program, path, first["next_cursor"])
        after = [each for part in rest for each in key_of(part)]
        assert [*key_of(first["items"]), *after] == before


def key_of(items: list[Any]) -> list[str]:
    return [each.get("paper", each)["key"] for each in items]


def test_a_site_may_live_under_a_prefix(visit: Visit) -> None:
    under = visit(base_url="https://lab.example.org/digest/")
    for path in ("/digest/api/v1/openapi.json", "/api/v1/openapi.json"):
        described = json.loads(under.get(path).body)
        assert described["servers"] == [{"url": "https://lab.example.org/digest/api/v1"}]
    told = problem(under.get("/digest/api/v1/nothing"))
    assert told["type"] == "https://lab.example.org/digest/api#not-found"
    assert 'href="/digest/api/v1/openapi.json"' in under.get("/digest/api").text


def test_who_fetches_the_same_again_and_again_is_told_to_wait(visit: Visit) -> None:
    client = visit(trusted_proxies="1")
    answers = [client.get("/api/v1/feeds", x_forwarded_for="192.0.2.7") for _ in range(61)]
    assert [each.status for each in answers[:60]] == [200] * 60
    assert problem(answers[60])["status"] == 429
    assert int(answers[60].headers["retry-after"]) > 0
    assert client.get("/api/v1/feeds", x_forwarded_for="192.0.2.8").status == 200


def test_a_network_that_asks_too_often_is_told_to_wait(app: App) -> None:
    web = build_web(app)
    web.state.calls = Buckets(5, 300, now=lambda: 0.0)
    web.state.questions = Buckets(2, 300, now=lambda: 0.0)
    here, there = (Program(Client(web, BASE_URL, peer)) for peer in ("192.0.2.7", "192.0.2.8"))
    tried = {"keywords": ["gnn"]}
    assert {here.ask("POST", "/preview", tried).status for _ in range(2)} == {200}
    # What is much work is refused first, the rest a little later.
    for refused in (here.ask("POST", "/preview", tried), here.get("/search?q=gnn")):
        assert problem(refused)["status"] == 429
        assert refused.headers["retry-after"] == "150"
    assert here.get("/papers").status == 200
    assert problem(here.get("/papers"))["status"] == 429
    assert there.get("/papers").status == there.get("/search?q=gnn").status == 200
