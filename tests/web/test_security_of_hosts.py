"""Requests that name another host, and addresses that would lead elsewhere: over a real socket."""

import re
import socket
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from tests.web.everywhere import Place
from tests.web.server import serving

Ask = Callable[..., tuple[int, dict[str, str], str]]

HOST = "digest.example.org"
EVIL = (
    *("evil.example", "digest.example.org.evil.example", "digest.example.org@evil.example"),
    *("digest.example.org:80:evil.example", "127.0.0.1.evil.example", "[::1", "localhost.", "::1"),
    *("digest.example.org\\@evil.example", "digest.example.org/evil", "%64igest.example.org", "*"),
)
TARGETS = (
    *("//evil.example", "//evil.example/..", "/\\evil.example", "/\\/evil.example", "///evil"),
    *("/%2F%2Fevil.example", "/%5Cevil.example", "/..//evil.example", "/%2e%2e/%2e%2e/etc/passwd"),
    *("/feeds/..%2f..%2fetc%2fpasswd", "/static/..%2f..%2fsecret.key", "/static/%2e%2e/x"),
    *("/papers/%0d%0aSet-Cookie:x=1", "/subscribe?keywords=%0d%0aX:1", "/%00", "/\x7f", "/%ff%fe"),
    *("http://evil.example/", "http://evil.example/subscribe", "https://digest.example.org//evil"),
    *("/subscribe/?next=//evil.example", "/subscribe?next=https://evil.example", "/sign-in/?x=//e"),
    *("/preview//evil.example", "/account//evil.example", "/feeds//evil.example.rss", "*", "/."),
    *(
        "/unsubscribe/%2F%2Fevil.example/undo",
        "/unsubscribe/%0d%0aX:1/undo",
        "/unsubscribe/%5c/undo",
    ),
    *("/preferences/..%2f..%2f%2fevil.example/feed", "/papers?on=%0d%0aX:1", "/dumps/%2f%2fevil"),
)


@pytest.fixture
def ask(place: Place) -> Iterator[Ask]:
    """Send a request line as it is, and return status, headers and body of the answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening, serving(place.web, listening):
        address = listening.getsockname()

        def asked(
            target: str, host: str = HOST, method: str = "GET", **headers: str
        ) -> tuple[int, dict[str, str], str]:
            lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
            head = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *lines]
            with socket.create_connection(address, timeout=30) as connection:
                connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1"))
                received = b"".join(iter(lambda: connection.recv(65536), b""))
            start, _, body = received.decode("latin-1").partition("\r\n\r\n")
            status, *rest = start.split("\r\n")
            named = (line.partition(": ")[::2] for line in rest)
            return int(status.split()[1]), {n.lower(): value for n, value in named}, body

        yield asked


def is_ours(place: Place, target: str) -> bool:
    """Whether a redirect leads to a route of this site, as every browser reads it."""
    if not re.fullmatch(r"/[^/\\\s].*|/", target) or re.search(r"[\x00-\x20\x7f\\]", target):
        return False
    path = urlsplit(target).path
    return any(each.path_regex.fullmatch(path) for each in place.web.routes)  # type: ignore[attr-defined]


@pytest.mark.slow
def test_only_our_own_names_are_answered_whatever_else_is_said(ask: Ask) -> None:
    for evil in EVIL:
        status, _, body = ask("/", host=evil)
        assert status == 400, evil
        assert evil not in body
    usual = ask("/subscribe?keywords=gnn")
    for name in ("X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"):
        answer = ask("/subscribe?keywords=gnn", **{name: "host=evil.example"})
        assert (answer[0], answer[2]) == (usual[0], usual[2]), name


@pytest.mark.slow
def test_two_hosts_are_no_host(ask: Ask) -> None:
    status, _, body = ask("/", host=f"{HOST}\r\nHost: evil.example")
    assert status == 400
    assert "evil" not in body


@pytest.mark.slow
def test_no_strange_target_is_a_fault_or_leads_elsewhere(place: Place, ask: Ask) -> None:
    for target in TARGETS:
        for method in ("GET", "HEAD", "POST"):
            status, headers, body = ask(target, method=method, Sec_Fetch_Site="same-origin")
            assert status < 500, (target, status)
            assert "set-cookie" not in headers, target
            assert "root:" not in body
            assert not headers.keys() & {"x", "x-1"}, target
            if 300 <= status < 400:
                assert is_ours(place, headers["location"]), (target, headers["location"])


@pytest.mark.slow
def test_every_redirect_leads_to_a_route_of_ours(place: Place) -> None:
    """Whatever stands in a query or in a form: no field says where to go."""
    elsewhere = ("//evil.example", "https://evil.example", "/\\evil", "\r\nX: 1", "javascript:x")
    names = ("next", "back", "url", "to", "return", "was", "redirect", "act", "deed", "span", "q")
    seen = 0
    for route in place.routes("GET"):
        plain = place.addresses(route)[0].partition("?")[0]
        for evil in elsewhere[:3]:
            query = "&".join(f"{name}={evil}" for name in names)
            answer = place.get(f"{plain}?{query}")
            assert answer.status < 500, (plain, evil)
            if target := answer.headers.get("location"):
                assert is_ours(place, target), (plain, target)
                seen += 1
    assert seen
    for route in place.routes("POST"):
        for evil in elsewhere:
            url = place.addresses(route, token="broken")[0]  # noqa: S106  not one
            answer = place.client.post(url, dict.fromkeys(names, evil), sec_fetch_site="none")
            if target := answer.headers.get("location"):
                assert is_ours(place, target), (url, target)


def test_a_good_token_and_a_hostile_way_back_stay_here(place: Place) -> None:
    steer = f"/steer/{place.lived.tokens['steer']}"
    for back in ("//evil.example", "..//evil", "x\r\nSet-Cookie: a=b", "\\\\evil"):
        answer = place.post(steer, {"back": back, "unmute": "x"})
        assert answer.status == 303
        assert is_ours(place, answer.headers["location"])


@pytest.mark.parametrize("number", ["Host", "X-Forwarded-Proto", "X-Forwarded-Host"])
def test_addresses_on_pages_come_from_the_settings(place: Place, number: str) -> None:
    headers = {number: "localhost" if number == "Host" else "evil.example"}
    page = place.client.ask("GET", "/feeds/trending", headers)
    assert "evil" not in page.text
    assert "localhost" not in page.text
    assert "https://digest.example.org/feeds/trending.rss" in page.text
