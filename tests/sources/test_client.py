"""The client is polite: it says who it is, keeps its pace, and asks only for what is new."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.clock import steady
from digest.errors import SourceAwayError
from digest.sources.client.http import Client
from digest.sources.client.paces import pace_of
from digest.sources.client.waits import LONGEST, retry_after
from tests.sources.service import Asked, Reply, client_of, serving

NOW = datetime(2026, 3, 18, 6, 0, tzinfo=UTC)
URL = "https://rss.arxiv.org/rss/cs.CL"


class Turns:
    """Turns in the hand: who waits is let in after so many tries."""

    def __init__(self, tries: int = 0) -> None:
        self.tries = tries
        self.said: list[str] = []

    def take(self, host: str) -> float:
        self.said.append(f"take {host}")
        self.tries -= 1
        return 0.5 if self.tries >= 0 else 0.0

    def give_back(self, host: str, pace: float) -> None:
        self.said.append(f"give back {host} for {pace:g}")


def test_a_request_says_who_asks_and_whom_to_write_to() -> None:
    with serving(Reply("{}")) as service:
        client_of(service).get("any", URL, {"q": "a b", "of": "é&"})
    (asked,) = service.asked
    assert asked.headers["User-Agent"].startswith("Digest/")
    assert "mailto:digest@example.org" in asked.headers["User-Agent"]
    assert asked.headers["Host"] == service.url.removeprefix("http://")
    assert asked.headers["Accept-Encoding"] == "gzip"
    assert asked.query == {"q": "a b", "of": "é&"}


def test_a_name_of_the_site_beyond_ascii_is_sent_as_far_as_headers_can() -> None:
    with serving(Reply("{}")) as service:
        replace(client_of(service), agent="Dïgest/1 (mailto:ä@ö.example)").get("any", URL)
    assert service.asked[0].headers["User-Agent"] == "D?gest/1 (mailto:?@?.example)"


def test_cookies_are_not_kept() -> None:
    with serving(Reply("{}", headers={"Set-Cookie": "a=b"})) as service:
        client = client_of(service)
        client.get("any", URL)
        client.get("any", URL)
    assert "Cookie" not in service.asked[1].headers


def test_a_post_sends_json_once() -> None:
    with serving(Reply('{"ok": 1}')) as service:
        answer = client_of(service).post("any", URL, {"limit": "5"}, {"ids": ["é"]})
        assert answer.json("any") == {"ok": 1}
    (asked,) = service.asked
    assert asked.method == "POST"
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.body == b'{"ids": ["\\u00e9"]}'
    assert asked.query == {"limit": "5"}


def test_all_hosts_of_arxiv_share_their_turns() -> None:
    assert {pace_of(host) for host in ("arxiv.org", "export.arxiv.org", "RSS.arXiv.org.")} == {
        ("arxiv.org", 3.0)
    }
    assert pace_of("notarxiv.org") == ("notarxiv.org", 1.0)
    assert pace_of("api.semanticscholar.org") == ("api.semanticscholar.org", 1.0)


def test_a_turn_is_taken_under_the_own_name_of_a_mirrored_host_and_given_back() -> None:
    turns, waits = Turns(tries=2), list[float]()
    with serving(Reply("{}"), Reply(status=503)) as service:
        client = replace(client_of(service), turns=turns, wait=waits.append)
        client.get("any", URL)
        with pytest.raises(SourceAwayError):
            client.get("any", URL)
    round_trip = ["take arxiv.org", "give back arxiv.org for 3"]
    assert turns.said == ["take arxiv.org"] * 2 + round_trip * 2
    assert waits[:2] == [0.5, 0.5]


def test_who_waits_for_a_turn_is_told_to_stop() -> None:
    turns = Turns(tries=10**6)
    with serving(Reply("{}")) as service:
        client = replace(client_of(service), turns=turns, wait=lambda _seconds: True)
        with pytest.raises(SourceAwayError, match="told to stop"):
            client.get("any", URL)
    assert turns.said == ["take arxiv.org"]
    assert service.asked == []


def test_who_waits_for_an_answer_is_told_to_stop() -> None:
    stopping = Event()

    def behaviour(_asked: Asked) -> Reply:
        stopping.set()
        return Reply("x" * 1000, every=0.05)

    with serving(behaviour) as service:
        client = replace(client_of(service), wait=stopping.wait)
        with pytest.raises(SourceAwayError, match="told to stop"):
            client.get("any", URL)


def test_who_was_told_to_stop_asks_nobody() -> None:
    with serving(Reply("{}")) as service, pytest.raises(SourceAwayError):
        replace(client_of(service), wait=lambda _seconds: True).get("any", URL)
    assert service.asked == []


def test_who_waits_for_a_name_server_is_told_to_stop() -> None:
    asked, ended = Event(), Event()

    def resolving(_host: str, _port: int) -> list[str]:
        asked.set()
        ended.wait(60)
        return []

    client = Client("Digest", wait=asked.wait, resolving=resolving)
    began = steady()
    with pytest.raises(SourceAwayError):
        client.get("any", URL)
    ended.set()
    assert steady() - began < 5


def test_one_client_serves_many_threads() -> None:
    met, lock = list[object](), Lock()

    with serving(lambda asked: Reply(f'"{asked.query["n"]}"')) as service:
        client = client_of(service)

        def ask(number: int) -> None:
            found = client.get("any", URL, {"n": str(number)}).json("any")
            with lock:
                met.append((str(number), found))

        threads = [Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(met) == [(str(n), str(n)) for n in range(8)]  # type: ignore[type-var]  # all are texts


def revisable(asked: Asked) -> Reply:
    if asked.headers.get("If-None-Match") == '"1"':
        return Reply(status=304)
    headers = {"ETag": '"1"', "Last-Modified": "Wed, 18 Mar 2026 00:00:00 GMT"}
    return Reply("news", headers=headers)


def test_what_has_not_changed_is_not_sent_again() -> None:
    with serving(revisable) as service:
        client = client_of(service)
        first = client.get("any", URL)
        second = client.get("any", URL, validators=first.validators)
        assert first.body.read() == b"news"
        assert not first.is_unchanged
    assert second.is_unchanged
    assert second.body.read() == b""
    assert second.validators == first.validators
    assert service.asked[1].headers["If-Modified-Since"] == "Wed, 18 Mar 2026 00:00:00 GMT"


@pytest.mark.parametrize(
    "validators", ["nonsense", "[]", "3", '{"of": 3}', '{"ETag": "1"}', "[" * 9999, "\ud800"]
)
def test_validators_of_nobody_are_not_sent(validators: str) -> None:
    with serving(revisable) as service:
        assert client_of(service).get("any", URL, validators=validators).body.read() == b"news"
    assert "If-None-Match" not in service.asked[0].headers


def test_validators_are_for_the_address_they_came_from_alone() -> None:
    with serving(revisable) as service:
        client = client_of(service)
        validators = client.get("any", URL).validators
        client.get("any", URL, {"page": "2"}, validators=validators)
        client.get("any", "https://other.example/rss/cs.CL", validators=validators)
    assert all("If-None-Match" not in each.headers for each in service.asked)


def test_validators_that_no_header_holds_are_forgotten() -> None:
    with serving(Reply("a", headers={"ETag": "e" * 1000})) as service:
        assert client_of(service).get("any", URL).validators == ""


def test_unchanged_is_no_answer_to_whoever_has_nothing() -> None:
    with serving(Reply(status=304)) as service, pytest.raises(SourceAwayError, match="304"):
        client_of(service).get("any", URL)


@pytest.mark.parametrize("status", [429, 503, 500, 404, 403, 400, 206, 204, 599])
def test_every_other_status_is_told_with_the_wait_it_asks_for(status: int) -> None:
    with serving(Reply("x", status, {"Retry-After": "120"})) as service:
        with pytest.raises(SourceAwayError, match=f"answered {status}") as caught:
            client_of(service).get("any", URL)
        assert len(service.asked) == 1
    assert caught.value.wait == timedelta(minutes=2)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("0", timedelta(0)),
        (" 90 ", timedelta(seconds=90)),
        ("9" * 400, LONGEST),
        ("999999999", LONGEST),
        ("Wed, 18 Mar 2026 06:05:00 GMT", timedelta(minutes=5)),
        ("Wed, 18 Mar 2026 06:05:00 -0000", timedelta(minutes=5)),
        ("Wed, 18 Mar 2026 08:05:00 +0200", timedelta(minutes=5)),
        ("Wed, 18 Mar 2026 05:00:00 GMT", timedelta(0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
        ("Fri, 31 Dec 9999 23:59:59 -2300", None),
    ],
)
def test_a_wait_is_read_in_seconds_or_until_a_date(
    header: str | None, wait: timedelta | None
) -> None:
    assert retry_after(header, NOW) in (wait, LONGEST if header and "9999" in header else wait)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_any_wait_is_bounded_or_none(header: str) -> None:
    found = retry_after(header, NOW)
    assert found is None or timedelta(0) <= found <= LONGEST
