"""What a program may do for the reader whose token it has, and for nobody else."""

import json
from collections.abc import Iterator

import pytest

from digest.app import App
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.muting import MAX_MUTES
from digest.pipeline.sessions import Sessions
from digest.pipeline.subscribe import enrol, unsubscribe
from digest.web import build_web
from digest.web.api.endpoint import Call
from digest.web.api.me import change_me
from digest.web.api.table import ENDPOINTS
from digest.web.buckets import Buckets
from digest.web.security import masked
from digest.web.site import build_site
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.web.api_programs import Program, problem, token_of
from tests.web.api_programs import steady_program as steady_program  # noqa: PLC0414  the fixture
from tests.web.client import Client
from tests.web.conftest import BASE_URL
from tests.web.day_by_day import (
    ABOUT_CELLS,
    ABOUT_CITIES,
    ABOUT_ROADS,
    CELLS,
    CITIES,
    ROADS,
    Readers,
)

OWN = [each for each in ENDPOINTS if each.is_own]


@pytest.fixture
def mine(app: App, client: Client, ada: Subscriber) -> Program:
    return Program(client, token_of(app, ada))


def everything(program: Program) -> Iterator[object]:
    for path in ("/me", "/me/digests", "/me/feedback", "/me/mutes"):
        yield program.told(path)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic YTpi", "Bearer \xff\xfe", "Bearer a b"],
)
def test_without_a_good_token_nobody_comes_in(steady_program: Program, authorization: str) -> None:
    anybody = Program(steady_program.client)
    for endpoint in OWN:
        path = endpoint.path.replace("{key}", "a-paper").replace("{date}", "2026-03-17")
        answer = anybody.ask(endpoint.method, path, {}, authorization=authorization)
        assert problem(answer)["status"] == 401
        assert answer.headers["www-authenticate"].startswith('Bearer realm="Digest"')
        assert "access-control-allow-origin" not in answer.headers


def test_only_tokens_of_programs_are_tokens(app: App, client: Client, ada: Subscriber) -> None:
    sessions = Sessions(app.database, app.clock)
    for_browser = sessions.open(SessionKind.READER, ada.id, "Firefox")
    assert Program(client, for_browser).get("/me").status == 401
    token = token_of(app, ada)
    assert client.get(f"/api/v1/me?token={token}").status == 401
    assert client.get("/api/v1/me", cookie=f"__Host-digest={token}").status == 401
    assert client.get("/api/v1/me", authorization=f"bearer {token}").status == 200


def test_a_token_that_was_taken_away_is_none(app: App, mine: Program, ada: Subscriber) -> None:
    assert mine.get("/me").status == 200
    Sessions(app.database, app.clock).close_others(SessionKind.API, ada.id, None)
    answer = mine.get("/me")
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_what_is_ones_own_is_kept_nowhere(mine: Program) -> None:
    for path in ("/me", "/me/digests", "/me/feedback", "/me/mutes"):
        headers = mine.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "etag" not in headers
        assert "access-control-allow-origin" not in headers


def test_what_is_asked_of_ones_own_stays_out_of_the_log() -> None:
    line = "/api/v1/me/mutes?expression=my+illness"
    assert masked(line) == "/api/v1/me/********"


def test_wishes_change_in_part(mine: Program) -> None:
    before = mine.told("/me")
    assert before["interests"] == ["graph neural networks", "RAG"]
    sent = {
        "interests": ["diffusion  models", "-survey", "diffusion models"],
        "cadence": {"days": "weekly", "weekday": "Friday", "at": "06:30"},
        "papers": 5.0,
        "quiet": "rest",
        "language": "de",
    }
    after = json.loads(mine.ask("PATCH", "/me", sent).body)
    assert after == mine.told("/me")
    assert after["interests"] == ["diffusion models", "-survey"]
    assert after["cadence"] == {
        "days": "weekly",
        "weekday": "Friday",
        "at": "06:30",
        "zone": "Europe/Berlin",
    }
    assert (after["papers"], after["quiet"], after["language"]) == (5, "rest", "de")
    assert after["next_due_at"] == "2026-03-20T05:30:00Z"
    assert mine.ask("PATCH", "/me", {}).status == 200
    assert mine.told("/me") == after


def test_two_who_change_different_wishes_at_once_both_have_theirs(
    app: App, ada: Subscriber
) -> None:
    site = build_site(app)
    # Both have found the reader as they were before either changed anything.
    change_me(Call(site, {}, {"papers": 3}, ada))
    told = change_me(Call(site, {}, {"language": "de"}, ada))
    assert (told["papers"], told["language"]) == (3, "de")


def test_a_digest_that_is_due_stays_due_whatever_else_changes(
    mine: Program, clock: HandClock
) -> None:
    due = mine.told("/me")["next_due_at"]
    clock.advance(days=2)
    for wish in ({"papers": 3}, {"interests": ["gnn"]}, {"cadence": {"zone": "Europe/Berlin"}}):
        assert json.loads(mine.ask("PATCH", "/me", wish).body)["next_due_at"] == due


def test_a_program_that_asks_too_often_is_told_to_wait(app: App, ada: Subscriber) -> None:
    web = build_web(app)
    web.state.calls = Buckets(3, 300, now=lambda: 0.0)
    greedy, other = (Program(Client(web, BASE_URL), token_of(app, ada)) for _ in range(2))
    assert [greedy.get("/me").status for _ in range(2)] == [200] * 2
    assert greedy.ask("PATCH", "/me", b"nonsense").status == 400  # is counted, too
    for refused in (greedy.get("/me"), greedy.ask("PATCH", "/me", {"papers": 3})):
        assert problem(refused)["status"] == 429
        assert refused.headers["retry-after"] == "100"
        assert "access-control-allow-origin" not in refused.headers
    assert other.told("/me")["papers"] == 10


def test_a_pause_begins_and_ends(mine: Program) -> None:
    before = mine.told("/me")
    paused = json.loads(mine.ask("PUT", "/me/pause", {"until": "2026-04-01"}).body)
    assert paused["paused_until"] == "2026-03-31T22:00:00Z"
    assert paused["next_due_at"] > before["next_due_at"]
    for day in ("2026-03-18", "1999-01-01", "9999-12-31"):
        told = problem(mine.ask("PUT", "/me/pause", {"until": day}))
        assert told["status"] == 409
        assert told["errors"][0]["pointer"] == "#/until"
    assert mine.told("/me") == paused
    for _ in range(2):
        assert json.loads(mine.ask("DELETE", "/me/pause").body)["paused_until"] is None


def test_a_word_on_a_paper_stands_until_it_is_taken_back(mine: Program) -> None:
    paper = mine.told("/papers?limit=1")["items"][0]
    assert mine.told("/me/feedback")["items"] == []
    for kind in ("more", "less", "less"):
        said = json.loads(
            mine.ask("POST", "/me/feedback", {"paper": paper["key"], "kind": kind}).body
        )
        assert (said["paper"]["key"], said["kind"]) == (paper["key"], kind)
        assert mine.told("/me/feedback")["items"] == [said]
    assert mine.ask("POST", "/me/feedback", {"paper": paper["key"], "kind": "seen"}).status == 200
    for _ in range(2):
        gone = mine.ask("DELETE", f"/me/feedback/{paper['key']}")
        assert (gone.status, gone.body) == (204, b"")
    assert mine.told("/me/feedback")["items"] == []


def test_of_a_paper_that_is_not_there_nothing_is_said(mine: Program) -> None:
    told = problem(mine.ask("POST", "/me/feedback", {"paper": "no-such", "kind": "more"}))
    assert (told["status"], told["errors"][0]["pointer"]) == (404, "#/paper")
    assert problem(mine.ask("DELETE", "/me/feedback/no-such"))["status"] == 404
    told = problem(mine.ask("POST", "/me/feedback", {"paper": "a b", "kind": "most"}))
    assert {each["pointer"] for each in told["errors"]} == {"#/paper", "#/kind"}


def test_what_is_muted_is_muted_until_it_is_not(mine: Program) -> None:
    muted = json.loads(mine.ask("POST", "/me/mutes", {"expression": " case  study "}).body)
    assert muted == {"expression": "case study", "until": "2026-04-16T22:00:00Z"}
    mine.ask("POST", "/me/mutes", {"expression": "case study"})
    assert mine.told("/me/mutes")["items"] == [muted]
    for _ in range(2):
        assert mine.ask("DELETE", "/me/mutes?expression=case%20study").status == 204
    assert mine.told("/me/mutes")["items"] == []
    (error,) = problem(mine.ask("POST", "/me/mutes", {"expression": "a |"}))["errors"]
    assert (error["pointer"], error["position"]) == ("#/expression", 2)
    assert problem(mine.ask("POST", "/me/mutes", {"expression": "-a"}))["status"] == 422
    assert problem(mine.ask("POST", "/me/mutes", {"expression": "\x00"}))["status"] == 422
    assert problem(mine.ask("DELETE", "/me/mutes"))["errors"][0]["parameter"] == "expression"


def test_there_is_an_end_to_mutes(mine: Program) -> None:
    for number in range(MAX_MUTES):
        assert mine.ask("POST", "/me/mutes", {"expression": f"word{number}"}).status == 200
    told = problem(mine.ask("POST", "/me/mutes", {"expression": "one more"}))
    assert told["status"] == 409
    assert "unmute one first" in told["detail"]


def test_who_has_left_steers_nothing(app: App, mine: Program, ada: Subscriber) -> None:
    paper = mine.told("/papers?limit=1")["items"][0]
    unsubscribe(app.registry, ada)
    assert mine.told("/me")["state"] == "unsubscribed"
    for method, path, body in (
        ("POST", "/me/feedback", {"paper": paper["key"], "kind": "more"}),
        ("POST", "/me/mutes", {"expression": "case study"}),
        ("PUT", "/me/pause", {"until": "2026-04-01"}),
        ("DELETE", "/me/pause", None),
    ):
        assert problem(mine.ask(method, path, body))["status"] == 409


def test_nobody_sees_or_changes_what_is_anothers(
    app: App, client: Client, mine: Program, ada: Subscriber
) -> None:
    del ada
    eve = enrol(app.registry, "eve@example.org", make_wishes("diffusion models"))
    hers = Program(client, token_of(app, eve))
    paper = mine.told("/papers?limit=1")["items"][0]["key"]
    mine.ask("POST", "/me/feedback", {"paper": paper, "kind": "more"})
    mine.ask("POST", "/me/mutes", {"expression": "case study"})
    before = list(everything(mine))
    assert "ada" not in str(list(everything(hers)))
    assert hers.told("/me/feedback")["items"] == hers.told("/me/mutes")["items"] == []
    hers.ask("DELETE", f"/me/feedback/{paper}")
    hers.ask("DELETE", "/me/mutes?expression=case%20study")
    hers.ask("PATCH", "/me", {"papers": 1})
    hers.ask("PUT", "/me/pause", {"until": "2026-04-01"})
    assert list(everything(mine)) == before


@pytest.mark.slow
def test_digests_are_read_back_with_their_reasons(readers: Readers) -> None:
    mine = Program(readers.client, token_of(readers.app, readers.ada))
    first = readers.next_day((ROADS, ABOUT_ROADS))
    second = readers.next_day((CITIES, ABOUT_CITIES), (CELLS, ABOUT_CELLS))
    newest, older = mine.told("/me/digests")["items"]
    assert newest["date"] > older["date"]
    assert (older["papers"], newest["papers"]) == (1, 2)
    assert newest["mail"] == "accepted"
    assert readers.client.get(newest["url"]).status == 200
    part = mine.told("/me/digests?limit=1")
    assert part["items"] == [newest]
    assert mine.told(f"/me/digests?cursor={part['next_cursor']}")["items"] == [older]

    for summary, titles in ((older, first), (newest, second)):
        digest = mine.told(f"/me/digests/{summary['date']}")
        assert {name: digest[name] for name in summary} == summary
        shown = [
            paper["title"]
            for entry in digest["entries"]
            for paper in (entry["paper"], *entry["folded"])
        ]
        assert shown == titles
        for entry in digest["entries"]:
            reason = entry["reasons"][0]
            assert reason["expression"] == "graph neural networks"
            start, end = reason["spans"][0]
            assert reason["sentence"][start:end].lower().startswith("graph")
    for day in ("1999-01-01", "tomorrow", "2026-13-01", "20260318"):
        assert problem(mine.get(f"/me/digests/{day}"))["status"] == 404

    with readers.app.database.writing() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET state = 'planned'")
    held = mine.told("/me/digests?limit=1")["items"][0]
    assert (held["mail"], held["url"]) == ("planned", None)
    assert problem(mine.get(f"/me/digests/{newest['date']}"))["status"] == 404

    eve = enrol(readers.app.registry, "eve@example.org", make_wishes("diffusion models"))
    hers = Program(readers.client, token_of(readers.app, eve))
    assert problem(hers.get(f"/me/digests/{newest['date']}"))["status"] == 404
    assert hers.told("/me/digests")["items"] == []

    paper = mine.told("/papers?limit=1")["items"][0]["key"]
    mine.ask("POST", "/me/feedback", {"paper": paper, "kind": "more"})
    assert len(mine.told("/me/feedback")["items"]) == 1
    assert mine.ask("POST", "/me/mutes", {"expression": "a\x00b"}).status == 200
    assert mine.ask("PATCH", "/me", {"quiet": "roll-over", "papers": 3}).status == 200
    assert mine.ask("PUT", "/me/pause", {"until": "2026-05-01"}).status == 200
