"""What every answer says to browsers, and what no page has in it."""

from urllib.parse import urljoin, urlsplit

import pytest
from lxml import html

from digest.app import App
from digest.model.sessions import SessionKind
from digest.web import build_web
from tests.web.client import Answer, Client
from tests.web.conftest import BASE_URL, Visit
from tests.web.everywhere import Place

# By the letter: nothing inline, nothing from elsewhere, framed by nobody.
_POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}
_PRIVATE = (
    *("/account", "/admin", "/sign-in", "/confirm", "/preferences", "/unsubscribe", "/u/"),
    *("/steer", "/address", "/issues"),
)
# What browsers load or send forms to by themselves; an <a> is followed by a person.
_LOADED = (
    "//link[not(@rel='alternate' or @rel='outline' or @rel='canonical')]/@href | //*/@src | //*/@srcset"
    " | //form/@action | //*/@formaction | //*/@poster | //*/@background | //object/@data"
)
_FORBIDDEN = (
    "//script | //style | //iframe | //object | //embed | //base | //meta[@http-equiv] | //frame"
)


def check_headers(answer: Answer, url: str) -> None:
    assert "content-security-policy" in answer.headers, url
    policy = dict(
        each.strip().split(" ", 1) for each in answer.headers["content-security-policy"].split(";")
    )
    assert policy == _POLICY, url
    for name, value in _ALWAYS.items():
        assert answer.headers[name] == value, url
    assert answer.headers["referrer-policy"] in {"same-origin", "no-referrer"}, url
    assert "camera=()" in answer.headers["permissions-policy"], url
    assert "server" not in answer.headers
    names = [name for name, _ in answer.raw_headers]
    assert len(names) == len(set(names) - {"set-cookie"}) + names.count("set-cookie"), url
    if urlsplit(url).path.startswith(_PRIVATE):
        assert answer.headers["cache-control"] == "no-store", url
        assert answer.headers["x-robots-tag"] == "noindex, nofollow", url


def check_page(answer: Answer, url: str) -> None:
    """Nothing inline, nothing third-party, nothing that runs."""
    if not answer.headers.get("content-type", "").startswith("text/html") or not answer.body:
        return
    page = html.document_fromstring(answer.text)
    assert page.xpath(_FORBIDDEN) == [], url
    for element in page.iter():
        for name, value in element.items():
            assert name != "style", (url, element.tag)
            assert not name.startswith("on"), (url, element.tag, name)
            assert not value.strip().lower().startswith(("javascript:", "vbscript:")), url
            assert name == "src" or not value.startswith("data:"), url
    for target in map(str, page.xpath(_LOADED)):
        address = urlsplit(urljoin(BASE_URL + url, target))
        assert f"{address.scheme}://{address.netloc}" == BASE_URL, (url, target)
    for link in page.xpath("//a[@target]"):
        assert "noopener" in link.get("rel", ""), url


@pytest.mark.slow
def test_every_page_says_what_browsers_may_do_and_loads_nothing_from_elsewhere(
    place: Place,
) -> None:
    for url in place.everywhere("GET"):
        answer = place.get(url)
        check_headers(answer, url)
        check_page(answer, url)
        assert "set-cookie" not in answer.headers, url


@pytest.mark.slow
def test_every_page_is_the_same_for_everybody_or_says_that_it_is_not(place: Place) -> None:
    """Whoever stands between may keep them, unless they say that they differ."""
    for url in place.everywhere("GET"):
        plain = place.client.get(url)
        check_headers(plain, url)
        check_page(plain, url)
        assert "set-cookie" not in plain.headers, url
        if plain.status == 200 and not url.startswith(("/account", "/admin", "/sign-in")):
            given = place.client.get(url, cookie=place.cookie)
            if (given.status, given.body) != (plain.status, plain.body):
                assert "no-store" in given.headers["cache-control"], url
                is_kept = "no-store" not in plain.headers["cache-control"]
                assert not is_kept or "cookie" in plain.headers.get("vary", "").lower(), url


def test_every_refusal_has_the_same_headers(place: Place) -> None:
    client, big = place.client, "9" * 9
    form = "application/x-www-form-urlencoded"
    refused = [
        client.get("/nothing"),
        client.get("/", host="evil.example"),
        client.get("/preferences/broken"),
        client.get("/f/broken.rss"),
        client.get("/feeds/trending.exe"),
        client.get("/api/v1/nothing"),
        client.post("/subscribe", {"address": "x"}, sec_fetch_site="cross-site"),
        client.ask("POST", "/subscribe", {"content-length": big}),
        client.ask("POST", "/feeds", {"content-type": form}),
        client.ask("TRACE", "/"),
        client.ask("BREW", "/"),
    ]
    for answer in refused:
        assert 400 <= answer.status < 500
        check_headers(answer, "/")
        check_page(answer, "/")


def test_a_session_cookie_goes_nowhere_else(place: Place) -> None:
    answer = place.client.post(f"/sign-in/{place.lived.tokens['sign-in']}")
    assert answer.status == 303
    (cookie,) = [value for name, value in answer.raw_headers if name == "set-cookie"]
    pair, *rest = cookie.split("; ")
    flags = {each.partition("=")[0].lower(): each.partition("=")[2] for each in rest}
    assert pair.startswith("__Host-digest=")
    assert flags.keys() >= {"secure", "httponly", "samesite", "path", "max-age"}
    assert (flags["path"], flags["samesite"].lower()) == ("/", "lax")
    # The database says until when it is good, and moves that on; the browser must not forget before.
    assert int(flags["max-age"]) > 300 * 24 * 60 * 60
    assert "domain" not in flags
    assert len(pair.partition("=")[2]) >= 43  # 256 bits


def test_without_https_a_cookie_is_still_the_servers_alone(app: App, visit: Visit) -> None:
    plain = visit(base_url="http://digest.lan:8321")
    name = "digest"
    out = plain.post("/sign-out", None, cookie=f"{name}=x", sec_fetch_site="same-origin")
    (cookie,) = [value for name, value in out.raw_headers if name == "set-cookie"]
    assert cookie.lower().startswith("digest=")
    assert "httponly" in cookie.lower()
    assert "secure" not in cookie.lower()
    del app


def test_an_answer_is_not_compressed_together_with_a_secret(place: Place) -> None:
    """Compressing what is typed beside what is secret tells the secret (BREACH)."""
    for url in place.everywhere("GET"):
        if url.startswith(("/account", "/admin", "/preferences", "/steer")):
            answer = place.get(url, accept_encoding="gzip, br")
            assert "content-encoding" not in answer.headers, url


def test_no_page_names_a_secret_of_another_kind(place: Place) -> None:
    """A session is shown by its browser alone; no page has the token of any, nor its digest."""
    digests = [str(row[1]) for row in place.contents()["sessions"]]
    for url in place.everywhere("GET"):
        text = place.get(url).text if not url.startswith("/static") else ""
        for secret in (*place.lived.cookies.values(), place.lived.bearer, *digests):
            assert secret not in text, url


def test_pages_of_operators_show_no_readers_links(place: Place) -> None:
    tokens = {name: token for name, token in place.lived.tokens.items() if name != "sign-in"}
    for url in place.everywhere("GET"):
        if url.startswith("/admin"):
            text = place.get(url).text
            for token in tokens.values():
                assert token not in text, url


def test_the_kinds_of_sessions_are_not_each_other(place: Place) -> None:
    reader = place.lived.cookies["__Host-digest"]
    operator = place.lived.cookies["__Host-digest-operator"]
    crossed = f"__Host-digest={operator}; __Host-digest-operator={reader}"
    key = place.app.operators.give_key("grace")
    client = Client(build_web(place.app), BASE_URL)
    for url in ("/account", "/admin"):
        assert client.get(url, cookie=place.cookie).status == 200
        others = [
            f"__Host-digest={each}; __Host-digest-operator={each}"
            for each in (place.lived.bearer, key)
        ]
        for cookie in (crossed, *others):
            assert client.get(url, cookie=cookie).status == 303
    for token in (reader, operator, key):
        answer = client.get("/api/v1/me", authorization=f"Bearer {token}")
        assert answer.status == 401
    for token in (reader, operator, place.lived.bearer):
        headers = {"authorization": f"Bearer {token}", "content_type": "text/plain"}
        assert client.ask("POST", "/api/v1/dumps", headers, b"x").status in {401, 403}
    assert set(SessionKind) == {"reader", "api", "operator", "key"}
