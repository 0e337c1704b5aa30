"""An answer is read as what it should be, or told for what it is."""

import json
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.clock import steady
from digest.errors import SourceAwayError
from digest.sources.client.answers import Answer

PORTAL = "<!DOCTYPE html><html><head><title>Sign in</title></head><body></body></html>"


def answer(body: bytes | str, content_type: str = "application/json") -> Answer:
    written = body.encode() if isinstance(body, str) else body
    return Answer("https://papers.example/", content_type, BytesIO(written))


@pytest.mark.parametrize(
    "page",
    [
        PORTAL,
        "\ufeff\n  " + PORTAL,
        "<HTML>",
        '<?xml version="1.0"?>\n<!-- a > b --><!doctype HTML PUBLIC "-//W3C//DTD XHTML">',
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
        "<script>location='https://portal.example'</script>",
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/xml", "text/html", ""])
def test_a_web_page_is_no_answer(page: str, content_type: str) -> None:
    with pytest.raises(SourceAwayError, match="answered with a web page instead of a feed: is"):
        answer(page, content_type).refuse_page("any", "a feed")


def test_many_comments_are_read_past_at_once() -> None:
    began = steady()
    answer("<!---->" * 280 + "<rss/>", "text/xml").refuse_page("any", "a feed")
    assert steady() - began < 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('<?xml version="1.0"?><rss/>', "text/html; charset=utf-8"),
        ("<feed/>", "text/html"),
        ("\ufeff{}", "text/html"),
        ("[]", "text/plain"),
        ('<?xml version="1.0"?><!-- <html> --><OAI-PMH/>', "text/xml"),
        ("<htmlish/>", "text/xml"),
    ],
)
def test_data_is_data_whatever_it_is_called(body: str, content_type: str) -> None:
    given = answer(body, content_type)
    given.refuse_page("any", "a feed")
    assert given.body.read() == body.encode()


@pytest.mark.parametrize("body", ["", " \r\n", "\ufeff"])
def test_nothing_is_no_answer(body: str) -> None:
    with pytest.raises(SourceAwayError, match="answered with nothing instead of JSON"):
        answer(body).json("any")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('["é"]'.encode(), "application/json"),
        ('["é"]'.encode("utf-8-sig"), "application/json"),
        ('["é"]'.encode("utf-16"), "application/json"),
        ('["é"]'.encode("utf-32"), "application/json"),
        ('["é"]'.encode("latin-1"), "application/json; charset=ISO-8859-1"),
        ('["é"]'.encode("cp1252"), 'application/json; a=b;charset="windows-1252"'),
        ('["é"]'.encode(), "application/json; charset=hex"),
        ('["é"]'.encode(), "application/json; charset=rot13"),
        ('["é"]'.encode(), "application/json; charset=unknown"),
    ],
)
def test_text_is_read_by_its_mark_its_charset_or_as_utf_8(body: bytes, content_type: str) -> None:
    assert answer(body, content_type).json("any") == ["é"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('["é"]'.encode("latin-1"), "application/json"),
        (b'["\xff"]', "application/json; charset=utf-8"),
        (b'["\xed\xa0\x80"]', "application/json"),
        ('["é"]'.encode("utf-16")[:-1], "application/json"),
        (b'["\xc3\xa9"]', "application/json; charset=us-ascii"),
        (b'["a"]', "application/json; charset=iso-8859-99"),
    ],
)
def test_bytes_that_are_no_text_are_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(SourceAwayError, match="answered with JSON that is not"):
        answer(body, content_type).json("any")


@pytest.mark.parametrize(
    "body",
    [
        "{",
        '{"a": 1',
        '["a"',
        "nothing",
        "[NaN]",
        "[-Infinity]",
        "[1e999]",
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" + "[]," * 500_000 + "[]]",
        "[" + "9" * 5000 + "]",
        "{}{}",
    ],
)
def test_what_is_no_json_is_told(body: str) -> None:
    with pytest.raises(SourceAwayError, match="did not answer with JSON"):
        answer(body).json("any")


def test_of_a_name_that_is_there_twice_the_last_counts() -> None:
    assert answer('{"a": 1, "a": 2}').json("any") == {"a": 2}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(values)
def test_any_json_is_read_back(value: Any) -> None:
    assert answer(json.dumps(value)).json("any") == value


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.text(max_size=30))
def test_any_bytes_are_json_or_told(body: bytes, content_type: str) -> None:
    with suppress(SourceAwayError):
        answer(body, content_type).json("any")
