"""Conditional requests for feeds, to the letter of RFC 9110: every kind of feed, GET and HEAD."""

import gzip
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from digest.app import build_app
from digest.web import build_web
from digest.web.conditional import accepts_gzip, is_unchanged
from digest.web.tagged import Tagged, answer
from tests.conftest import START, HandClock
from tests.web.client import Answer, Client
from tests.web.conftest import BASE_URL, NOW, settings_in

# The example dumps were taken in on 18 March 2026 at 06:00:00, the newest change of every feed.
SAME = "Wed, 18 Mar 2026 06:00:00 GMT"
BEFORE = "Wed, 18 Mar 2026 05:59:59 GMT"
LATER = "Sat, 01 Jan 2050 00:00:00 GMT"

FEEDS = {
    "trending": "/feeds/trending.rss",
    "day": "/feeds/daily.json",
    "archive": "/feeds/trending/2026-03.atom",
    "keywords": "/feeds/keywords.atom?q=graph+neural+networks",
    "count": "/feeds/trending.atom?count=5",
}


@dataclass(frozen=True)
class Case:
    """`{}` in `tag` stands for the tag of the feed without its quotes; None sends no header."""

    tag: str | None = None
    since: str | None = None
    encoding: str | None = None
    status: int = 200
    is_gzip: bool = False


CASES = {
    "nothing": Case(),
    "equal": Case('"{}"', status=304),
    "weak": Case('W/"{}"', status=304),
    "of the other encoding": Case('"{}-gzip"', status=304),
    "weak, of the other encoding": Case('W/"{}-gzip"', status=304),
    "with the suffix of Apache": Case('"{}--gzip"', status=304),
    "with the suffix of Jetty": Case('"{};gzip"', status=304),
    "with a short suffix": Case('"{}-gz"', status=304),
    "without quotes": Case("{}", status=304),
    "in a list": Case('"one", "{}", "three"', status=304),
    "in a list without spaces": Case('"one",W/"{}","three"', status=304),
    "in a list with a comma in a tag": Case('"o,ne", "{}"', status=304),
    "in a list after nothing": Case(', ,"{}"', status=304),
    "a star": Case("*", status=304),
    "a star with spaces": Case("  * ", status=304),
    "another": Case('"another"'),
    "a longer one": Case('"{}x"'),
    "the beginning of one": Case('"0123456789abcdef"'),
    "with other words in its quotes": Case('" {} "'),
    "a quoted star": Case('"*"'),
    "a quote left open": Case('"'),
    "only commas": Case(",,,"),
    "not a tag": Case('W/ "" \\ ;='),
    "Latin letters": Case('"\xe9\xff"'),
    "very long": Case('"' + "x" * 60_000 + '"'),
    "very many": Case(", ".join(f'"{n}"' for n in range(6000))),
    "very many, and it": Case(", ".join(f'"{n}"' for n in range(6000)) + ', "{}"', status=304),
    "very many quotes": Case('"' * 59_999),
    "unchanged since then": Case(since=SAME, status=304),
    "unchanged since later": Case(since=LATER, status=304),
    "changed since": Case(since=BEFORE),
    "since in the form of RFC 850": Case(since="Wednesday, 18-Mar-26 06:00:00 GMT", status=304),
    "since in the form of asctime": Case(since="Wed Mar 18 06:00:00 2026", status=304),
    "since in another zone": Case(since="Wed, 18 Mar 2026 08:00:00 +0200", status=304),
    "since no date": Case(since="yesterday"),
    "since an impossible day": Case(since="Wed, 99 Mar 2026 06:00:00 GMT"),
    "since a year too far": Case(since="Wed, 18 Mar 99999999999 06:00:00 GMT"),
    "since a number": Case(since="1773813600"),
    "equal, but changed since": Case('"{}"', BEFORE, status=304),
    "equal, since no date": Case('"{}"', "no date", status=304),
    "another, unchanged since": Case('"another"', LATER),
    "nothing readable, unchanged since": Case(",", LATER),
    "gzip": Case(encoding="gzip", is_gzip=True),
    "gzip among others": Case(encoding="br;q=1, GZip;q=0.5, *;q=0", is_gzip=True),
    "x-gzip": Case(encoding="x-gzip", is_gzip=True),
    "anything": Case(encoding="*", is_gzip=True),
    "anything but plain": Case(encoding="gzip, identity;q=0", is_gzip=True),
    "gzip refused": Case(encoding="gzip;q=0"),
    "gzip refused, anything else": Case(encoding="gzip;q=0.000, *"),
    "anything refused": Case(encoding="*;q=0"),
    "plain refused, nothing named": Case(encoding="identity;q=0"),
    "rather plain": Case(encoding="gzip;q=0.1, identity"),
    "another coding": Case(encoding="br, zstd"),
    "no weight": Case(encoding="gzip;q="),
    "no coding": Case(encoding=" , ;q=1"),
    "gzip, equal": Case('"{}"', encoding="gzip", status=304, is_gzip=True),
    "gzip, equal to its own": Case('"{}-gzip"', encoding="gzip", status=304, is_gzip=True),
    "gzip, unchanged since": Case(since=SAME, encoding="gzip", status=304, is_gzip=True),
    "gzip, another": Case('"another"', SAME, "gzip", is_gzip=True),
}


@pytest.fixture(scope="module")
def client(filled_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One site for all cases: nothing here changes it."""
    folder = tmp_path_factory.mktemp("asked") / "data"
    shutil.copytree(filled_folder, folder)
    app = build_app(settings_in(folder), HandClock(NOW))
    yield Client(build_web(app), BASE_URL)
    app.database.dispose()


@pytest.fixture(scope="module")
def seen(client: Client) -> dict[str, Answer]:
    return {name: client.get(address) for name, address in FEEDS.items()}


def test_there_are_at_least_forty_cases() -> None:
    assert len(CASES) * 2 >= 40


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_answered_to(
    client: Client, seen: dict[str, Answer], case: Case, method: str
) -> None:
    for name, address in FEEDS.items():
        plain = seen[name]
        tag = plain.headers["etag"].strip('"')
        asked = {
            "if-none-match": (case.tag or "").replace("{}", tag),
            "if-modified-since": case.since or "",
            "accept-encoding": case.encoding or "",
        }
        got = client.ask(method, address, asked)
        own = f'"{tag}-gzip"' if case.is_gzip else f'"{tag}"'
        assert (name, got.status) == (name, case.status)
        assert got.headers["etag"] == own
        assert got.headers["last-modified"] == SAME
        assert got.headers["vary"] == "Accept-Encoding"
        assert got.headers["cache-control"] == (
            "public, max-age=1800, stale-while-revalidate=86400, stale-if-error=432000"
        )
        assert got.headers["access-control-allow-origin"] == "*"
        assert got.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in got.headers
        assert len({each for each, _ in got.raw_headers}) == len(got.raw_headers)
        if case.status == 304:
            assert got.body == b""
            for absent in ("content-type", "content-length", "content-encoding"):
                assert absent not in got.headers
            continue
        assert got.headers["content-type"] == plain.headers["content-type"]
        assert got.headers.get("content-encoding") == ("gzip" if case.is_gzip else None)
        if method == "HEAD":
            assert got.body == b""
            whole = client.ask("GET", address, asked)
            assert whole.headers == got.headers
            got = whole
        assert got.headers["content-length"] == str(len(got.body))
        assert (gzip.decompress(got.body) if case.is_gzip else got.body) == plain.body


@pytest.mark.parametrize("address", FEEDS.values(), ids=FEEDS.keys())
def test_what_is_not_asked_for_changes_nothing(client: Client, address: str) -> None:
    joined = f"{address}{'&' if '?' in address else '?'}utm_source=x&cache=1"
    assert client.get(joined).headers["etag"] == client.get(address).headers["etag"]


def test_a_list_may_be_sent_in_several_lines() -> None:
    def asked(*lines: tuple[str, str]) -> Response:
        headers = [(name.encode(), value.encode()) for name, value in lines]
        feed = Tagged('"abc"', START, "application/rss+xml", lambda: (b"plain", b"packed"))
        return answer(Request({"type": "http", "method": "GET", "headers": headers}), feed)

    assert asked(("if-none-match", '"x"'), ("if-none-match", '"abc"')).status_code == 304
    assert asked(("if-none-match", '"x"'), ("if-none-match", '"y"')).status_code == 200
    assert asked(("accept-encoding", "br"), ("accept-encoding", "gzip")).body == b"packed"
    assert asked(("accept-encoding", "br"), ("accept-encoding", "zstd")).body == b"plain"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_feed_is_only_read(client: Client, method: str) -> None:
    assert client.ask(method, FEEDS["trending"]).status == 405


@given(st.text(), st.text(), st.text())
def test_no_header_is_ever_an_error(tag: str, since: str, encoding: str) -> None:
    assert not is_unchanged('"0123456789abcdef"', START, f'"-{tag}', since)
    assert is_unchanged('"abc"', START, None, since) in {True, False}
    assert accepts_gzip(encoding) in {True, False}
