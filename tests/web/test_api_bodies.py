"""What programs may send, and what they may not: never a fault of ours."""

import json
from time import process_time

import pytest

from digest.web.security import MAX_BODY
from tests.web.api_programs import Program, problem
from tests.web.api_programs import steady_program as steady_program  # noqa: PLC0414  the fixture


@pytest.fixture
def program(steady_program: Program) -> Program:
    return steady_program


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b" ", "empty"),
        (b"{", "line 1, column 2"),
        (b"{'a': 1}", "not JSON"),
        (b'{"papers": 1,}', "not JSON"),
        (b'{"papers": 01}', "not JSON"),
        (b'{"papers": 1} x', "not JSON"),
        (b'\xef\xbb\xbf{"papers": 1}', "not JSON"),
        (b'{"papers": NaN}', "NaN"),
        (b'{"papers": -Infinity}', "-Infinity"),
        (b'{"papers": 1e999}', "too large"),
        (b'{"papers": %s}' % (b"9" * 5000), "15 digits"),
        (b'{"papers": -%s}' % (b"9" * 16), "15 digits"),
        (b'{"papers": 1, "papers": 2}', '"papers" stands twice'),
        (b'{"cadence": {"at": "07:00", "at": "08:00"}}', '"at" stands twice'),
        (b'{"papers": "\xff"}', "UTF-8; byte 12"),
        (b'{"interests": ["\\ud800"]}', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b'{"interests": ["a\x00b"]}', "not JSON"),
        (b"[" * 60_000, "16 deep"),
        (b'{"a":' * 10_000, "16 deep"),
        (b"[" * 17 + b"]" * 17, "16 deep"),
    ],
)
def test_what_cannot_be_read_is_refused(program: Program, body: bytes, words: str) -> None:
    told = problem(program.ask("PATCH", "/me", body))
    assert told["status"] == 400
    assert words in told["detail"]
    assert len(told["detail"]) < 200


@pytest.mark.parametrize(
    "body", [b"[]", b"1", b"null", b'"a"', b"true", b"[" * 16 + b"]" * 16, b'"[[[[[[[[[[[[[[[[["']
)
def test_a_body_is_an_object(program: Program, body: bytes) -> None:
    told = problem(program.ask("PATCH", "/me", body))
    assert told["status"] == 422
    assert told["errors"] == [{"detail": "This should be an object.", "pointer": "#"}]


@pytest.mark.parametrize(
    ("sent", "pointer", "words"),
    [
        ({"colour": "red"}, "#/colour", "no field colour here; there are interests"),
        ({"a/b~c": 1}, "#/a~1b~0c", "no field a/b~c"),
        ({"papers": 0}, "#/papers", "1 at least"),
        ({"papers": 31}, "#/papers", "30 at most"),
        ({"papers": "ten"}, "#/papers", "a whole number"),
        ({"papers": True}, "#/papers", "a whole number"),
        ({"papers": None}, "#/papers", "a whole number"),
        ({"papers": 2.5}, "#/papers", "a whole number"),
        ({"interests": []}, "#/interests", "Name 1 at least"),
        ({"interests": ["a"] * 51}, "#/interests", "50 at most"),
        ({"interests": "a"}, "#/interests", "a list"),
        ({"interests": ["a", 1]}, "#/interests/1", "a string"),
        ({"interests": ["a", "b" * 81]}, "#/interests/1", "80 characters at most"),
        ({"interests": ["-survey"]}, "#/interests", "only exclude"),
        ({"interests": ["\x00"]}, "#/interests", "at least one keyword"),
        ({"cadence": "daily"}, "#/cadence", "an object"),
        ({"cadence": {"days": "hourly"}}, "#/cadence/days", '"daily", "weekdays" or "weekly"'),
        ({"cadence": {"weekday": 1}}, "#/cadence/weekday", "a string"),
        ({"cadence": {"at": "25:00"}}, "#/cadence/at", '"07:00"'),
        ({"cadence": {"at": "7:00"}}, "#/cadence/at", '"07:00"'),
        ({"cadence": {"zone": "Mars/Base"}}, "#/cadence/zone", "not a time zone"),
        ({"cadence": {"zone": "../../etc/passwd"}}, "#/cadence/zone", "not a time zone"),
        ({"cadence": {"when": 1}}, "#/cadence/when", "no field when"),
        ({"quiet": "silence"}, "#/quiet", '"skip"'),
        ({"language": "tlh"}, "#/language", '"en"'),
    ],
)
def test_what_is_to_be_put_right_is_named_with_its_place(
    program: Program, sent: object, pointer: str, words: str
) -> None:
    before = program.told("/me")
    told = problem(program.ask("PATCH", "/me", sent))
    assert told["status"] == 422
    (error,) = told["errors"]
    assert error["pointer"] == pointer
    assert words in error["detail"]
    assert program.told("/me") == before


def test_everything_that_is_wrong_is_told_at_once(program: Program) -> None:
    sent = {"interests": ["a |", "ok", 'b "'], "cadence": {"zone": "Nowhere"}, "papers": 5}
    errors = problem(program.ask("PATCH", "/me", sent))["errors"]
    assert [each["pointer"] for each in errors] == [
        "#/interests/0",
        "#/interests/2",
        "#/cadence/zone",
    ]
    assert (errors[0]["expression"], errors[0]["position"]) == ("a |", 2)


def test_a_thousand_faults_are_twenty(program: Program) -> None:
    told = problem(program.ask("PATCH", "/me", {f"x{n}": n for n in range(1000)}))
    assert len(told["errors"]) == 20


@pytest.mark.parametrize("path", ["/preview", "/me/feedback", "/me/mutes"])
def test_what_is_missing_is_named(program: Program, path: str) -> None:
    told = problem(program.ask("POST", path, {}))
    assert told["status"] == 422
    assert all("is missing" in each["detail"] for each in told["errors"])
    assert told["errors"][0]["pointer"] in {"#/keywords", "#/paper", "#/expression"}


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "text/json", "", "application/jsonx"],
)
def test_only_json_is_taken(program: Program, content_type: str) -> None:
    body = json.dumps({"papers": 5}).encode()
    answer = program.ask("PATCH", "/me", body, content_type=content_type)
    assert problem(answer)["status"] == 415


def test_json_may_name_its_character_set(program: Program) -> None:
    kind = "Application/JSON; charset=utf-8"
    assert program.ask("PATCH", "/me", {"papers": 5}, content_type=kind).status == 200


@pytest.mark.parametrize("has_length", [True, False])
def test_a_body_has_a_size(program: Program, *, has_length: bool) -> None:
    body = b'{"interests": ["' + b"a" * MAX_BODY + b'"]}'
    headers = {} if has_length else {"content_length": ""}
    answer = program.ask("PATCH", "/me", body, **headers)
    assert answer.status == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert "64 kB" in json.loads(answer.body)["detail"]


def test_a_body_that_nobody_asked_for_is_left_alone(program: Program) -> None:
    assert program.ask("GET", "/me", b"\xff" * 100).status == 200


def test_a_string_without_an_end_is_refused_at_once(program: Program) -> None:
    began = process_time()
    told = problem(program.ask("PATCH", "/me", b'"' + b'\\"' * 32_000))
    assert "Unterminated string" in told["detail"]
    assert process_time() - began < 2  # it was twelve seconds of the whole process


def test_brackets_in_strings_nest_nothing(program: Program) -> None:
    sent = {"keywords": ['"[[[[[[[[ {{{{{{{{{{{{{" \\ ']}
    assert program.ask("POST", "/preview", sent).status in {200, 422}
    assert program.ask("POST", "/preview", {"keywords": ["a \\" + "[" * 40]}).status != 400
