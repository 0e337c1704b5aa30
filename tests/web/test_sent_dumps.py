"""Lists of papers that operators send: by the form of their page, and by their programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from digest.app import App
from digest.model.feeds import FeedFormat
from digest.model.subscribers import Subscriber
from digest.store import feeds
from digest.store.account_tables import audit
from digest.store.dumps import recent_dumps
from digest.store.held_dumps import waiting_dumps
from digest.web import build_web
from digest.web.security import MAX_UPLOAD
from digest.web.uploads import LONGEST_NAME, plain_name
from tests.conftest import HandClock
from tests.sources.test_huggingface_page import PROPS, page_of
from tests.web.api_programs import Program, problem, token_of, with_file
from tests.web.client import Answer, Client
from tests.web.conftest import BASE_URL
from tests.web.operators import add_without_password, cookie_of

OWN = {"sec_fetch_site": "same-origin"}


@pytest.fixture
def app(empty_app: App) -> App:
    add_without_password(empty_app, "grace")
    return empty_app


@pytest.fixture
def client(app: App) -> Client:
    return Client(build_web(app), BASE_URL)


@pytest.fixture
def program(app: App, client: Client) -> Program:
    return Program(client, app.operators.give_key("grace", "the nightly job"))


@pytest.fixture
def cookie(app: App) -> str:
    return cookie_of(app, "grace")


def send(program: Program, body: bytes, query: str = "?name=monday.txt", **headers: str) -> Answer:
    return program.ask("POST", f"/dumps{query}", body, **{"content_type": "text/plain", **headers})


def post(client: Client, cookie: str, name: str, content: bytes, **fields: str) -> Answer:
    kind, body = with_file(name, content, **fields)
    headers = {"content_type": kind, "cookie": cookie, **OWN}
    return client.ask("POST", "/admin/dumps", headers, body)


def deeds(app: App) -> list[tuple[str, str, str]]:
    with app.database.reading() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.id)).all()
    return [(row.operator, row.deed, row.subject) for row in rows]


def beginning(example: Path) -> bytes:
    blocks = example.read_text().split("\n\n")
    return "\n\n".join(blocks[: max(8, len(blocks) // 12)]).encode()


def lists(app: App) -> int:
    with app.database.reading() as connection:
        return len(recent_dumps(connection, 10))


def test_a_program_sends_a_list_and_it_is_in_the_feed(
    app: App, program: Program, example_dumps: list[Path]
) -> None:
    content = example_dumps[0].read_bytes()
    answer = send(program, content, "?name=monday.txt&dated_on=2026-03-17")
    assert answer.status == 201, answer.text
    told = json.loads(answer.body)
    assert told["papers"] == told["new_papers"] == 34
    assert (told["name"], told["dated_on"]) == ("monday.txt", "2026-03-17")
    with app.database.reading() as connection:
        snapshot = feeds.read_snapshot(connection, "trending", FeedFormat.ATOM)
    assert snapshot
    assert b"<entry>" in snapshot.body
    again = send(program, content, "?name=other.txt")
    assert (again.status, json.loads(again.body)["is_known"]) == (200, True)
    assert lists(app) == 1
    assert [each[1:] for each in deeds(app)] == [
        ("give key", "grace"),
        ("upload dump", "monday.txt: 34 papers, 34 new"),
        ("upload dump", "other.txt: known, nothing changed"),
    ]
    assert {each[0] for each in deeds(app)[1:]} == {"grace"}


def test_a_page_of_daily_papers_is_known_by_what_is_in_it(app: App, program: Program) -> None:
    page = page_of(PROPS).encode()
    answer = send(program, page, "?name=page.txt", content_type="text/html")
    assert answer.status == 201, answer.text
    told = json.loads(answer.body)
    assert (told["papers"], told["dated_on"]) == (2, "2025-10-31")
    assert json.loads(send(program, page, "").body)["is_known"]
    told = problem(
        send(program, b"<!doctype html><title>Sign in</title>", content_type="text/html")
    )
    assert told["status"] == 422
    assert lists(app) == 1


def test_a_program_is_told_the_line_of_what_was_refused(app: App, program: Program) -> None:
    told = problem(send(program, b"Dear Ada,\nhow are you?\n"))
    assert told["status"] == 422
    assert told["errors"][0]["line"] == 1
    assert "layout Digest knows" in told["detail"]
    for body, words in ((b"", "s empty"), (b"\0\1", "binary"), (b"caf\xe9\n", "UTF-8")):
        assert words in problem(send(program, body))["detail"]
    assert lists(app) == 0


def test_a_program_is_told_where_to_decide_about_what_is_held(
    app: App, program: Program, example_dumps: list[Path]
) -> None:
    assert send(program, example_dumps[0].read_bytes()).status == 201
    told = problem(send(program, beginning(example_dumps[0]), "?name=short.txt"))
    with app.database.reading() as connection:
        [held] = waiting_dumps(connection)
    assert told["status"] == 409
    assert f"{BASE_URL}/admin/dumps/{held.id}" in told["detail"]
    assert deeds(app)[-1][2] == f"short.txt: held as {held.id}"


def test_nobody_sends_a_list_without_a_key_of_an_operator(
    app: App, client: Client, program: Program, ada: Subscriber, cookie: str
) -> None:
    assert problem(send(Program(client), b"x"))["status"] == 401
    assert problem(send(Program(client, "guessed"), b"x"))["status"] == 401
    assert problem(send(Program(client), b"x", cookie=cookie))["status"] == 401
    assert problem(send(Program(client, cookie.partition("=")[2]), b"x"))["status"] == 401
    told = problem(send(Program(client, token_of(app, ada)), b"x"))
    assert told["status"] == 403
    assert "digest operators key" in told["detail"]
    key = program.headers["authorization"].partition(" ")[2]
    assert problem(Program(client, key).get("/me"))["status"] == 401
    assert client.get("/admin", cookie=f"__Host-digest-operator={key}").status == 303


@pytest.mark.parametrize("way", ["revoked", "removed", "reset", "unused for a year"])
def test_a_key_is_good_until_it_is_taken_back(
    app: App, program: Program, clock: HandClock, way: str
) -> None:
    assert send(program, b"x").status == 422
    match way:
        case "revoked":
            app.operators.take_keys("grace")
        case "removed":
            app.operators.remove("grace")
        case "reset":
            app.operators.reset("grace", "a password of grace's own")
        case _:
            clock.advance(days=366)
    assert problem(send(program, b"x"))["status"] == 401


def test_what_a_program_sends_has_a_type_a_size_and_known_parameters(program: Program) -> None:
    for kind in ("application/json", "", "text/css"):
        assert problem(send(program, b"x", content_type=kind))["status"] == 415
    assert "not packed" in problem(send(program, b"x", content_encoding="gzip"))["detail"]
    assert send(program, b"x", content_type="Text/Plain; charset=utf-8").status == 422
    for query in ("?nom=a.txt", "?name=", f"?name={'a' * 300}", "?dated_on=yesterday"):
        told = problem(send(program, b"x", query))
        assert told["status"] == 422
        assert "parameter" in told["errors"][0]
    for has_length in (True, False):
        headers = {} if has_length else {"content_length": ""}
        answer = send(program, b"\n" * (MAX_UPLOAD + 1), **headers)
        assert answer.status == 413
        assert "16 MiB" in answer.text


def test_a_whole_body_of_blanks_is_read_and_refused(program: Program) -> None:
    assert problem(send(program, b"\n" * MAX_UPLOAD))["status"] == 422


def test_an_operator_sends_a_list_by_the_form(
    app: App, client: Client, cookie: str, example_dumps: list[Path]
) -> None:
    page = client.get("/admin/dumps", cookie=cookie).text
    assert 'enctype="multipart/form-data"' in page
    assert "16 MiB at most" in page
    content = example_dumps[0].read_bytes()
    answer = post(client, cookie, "C:\\papers\\<b>.txt", content, dated="2026-03-17")
    assert answer.status == 200
    assert "&lt;b&gt;.txt: 34 papers, 34 new, of" in answer.text
    assert lists(app) == 1
    assert "known, nothing changed" in post(client, cookie, "again.txt", content).text
    assert deeds(app)[0] == ("grace", "upload dump", "<b>.txt: 34 papers, 34 new")


def test_the_form_says_what_is_to_be_put_right(
    app: App, client: Client, cookie: str, example_dumps: list[Path]
) -> None:
    refused = post(client, cookie, "letter.txt", b"Dear Ada,\n")
    assert refused.status == 422
    assert "letter.txt, line 1" in refused.text
    assert "Choose a file" in post(client, cookie, "", b"").text
    dated = post(client, cookie, "a.txt", example_dumps[0].read_bytes(), dated="yesterday")
    assert (dated.status, "Write the day as" in dated.text) == (422, True)
    later = post(client, cookie, "a.txt", example_dumps[0].read_bytes(), dated="2999-01-01")
    assert (later.status, "later than tomorrow" in later.text) == (422, True)
    assert lists(app) == 0


def test_what_the_form_sent_and_is_held_is_led_to(
    client: Client, cookie: str, example_dumps: list[Path]
) -> None:
    post(client, cookie, "long.txt", example_dumps[0].read_bytes())
    answer = post(client, cookie, "short.txt", beginning(example_dumps[0]))
    assert answer.status == 303
    page = client.get(answer.headers["location"], cookie=cookie).text
    assert 'value="publish"' in page


# Of a form that is cut off, Starlette leaves the file to the collector, which closes it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_list_that_another_site_or_nobody_sends_is_not_read(
    app: App, client: Client, cookie: str, example_dumps: list[Path]
) -> None:
    kind, body = with_file("a.txt", example_dumps[0].read_bytes())
    sent: list[tuple[dict[str, Any], int]] = [
        ({"cookie": cookie, "sec_fetch_site": "cross-site"}, 403),
        ({"cookie": cookie, "origin": "https://evil.example"}, 403),
        ({"cookie": cookie}, 403),
        ({**OWN}, 303),
    ]
    for headers, status in sent:
        answer = client.ask("POST", "/admin/dumps", {"content_type": kind, **headers}, body)
        assert answer.status == status
    for broken in (b"", b"--edge", body[:200], body.replace(b'name="file"', b"")):
        headers = {"content_type": kind, "cookie": cookie, **OWN}
        assert client.ask("POST", "/admin/dumps", headers, broken).status in {400, 422}
    large = with_file("a.txt", b"\n" * MAX_UPLOAD)[1]
    headers = {"content_type": kind, "cookie": cookie, **OWN}
    assert client.ask("POST", "/admin/dumps", headers, large).status == 413
    assert lists(app) == 0
    assert deeds(app) == []


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_whatever_a_file_is_called_it_is_a_plain_name(name: str) -> None:
    plain = plain_name(name)
    assert plain not in {"", ".", ".."}
    assert not set(plain) & {"/", "\\", "\0", "\n"}
    assert len(plain.encode()) <= LONGEST_NAME
