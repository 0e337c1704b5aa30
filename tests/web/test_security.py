"""What stands before the pages."""

import logging

import pytest
from starlette.datastructures import Headers

from digest.app import App
from digest.model.subscribers import Subscriber
from digest.web import build_web
from digest.web.personal_paths import FEED, PURPOSES
from digest.web.security import MAX_BODY, is_own_form, mask_tokens, policy_of, without_prefix
from tests.web.client import Client
from tests.web.conftest import Visit

FORM = {"address": "eve@example.org", "keywords": "gnn"}
OURS = "https://digest.example.org"


@pytest.mark.parametrize("path", ["/", "/health", "/nothing", "/feeds/trending.rss", "/robots.txt"])
def test_every_answer_says_what_browsers_may_do(client: Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self' data:;")
    assert "script" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "permissions-policy" in headers
    assert headers["strict-transport-security"]
    assert "set-cookie" not in headers


def test_a_site_without_https_does_not_ask_for_it(visit: Visit) -> None:
    answer = visit(base_url="http://digest.lan:8321").get("/")
    assert "strict-transport-security" not in answer.headers


def test_pages_behind_a_token_are_kept_nowhere(app: App, client: Client, ada: Subscriber) -> None:
    links = app.links
    for url in (
        links.preferences(ada),
        links.unsubscribe(ada),
        links.one_click(ada),
        links.confirm(ada, app.clock()),
        "/confirm/nonsense",
    ):
        answer = client.get(url)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert '<meta name="robots" content="noindex">' in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "none"}, 303),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": OURS}, 403),
        ({"origin": OURS}, 303),
        ({"origin": "https://digest.example.org.evil.example"}, 403),
        ({"origin": "http://digest.example.org:81"}, 403),
        ({"origin": "http://digest.example.org"}, 403),  # whoever alters plain http on its way
        ({"origin": "http://digest.example.org", "host": "Digest.Example.org"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({}, 303),
    ],
)
def test_a_form_comes_from_a_page_of_ours(
    client: Client, headers: dict[str, str], status: int
) -> None:
    assert client.post("/subscribe", FORM, **headers).status == status


def test_a_page_opened_by_a_loopback_name_posts_to_it() -> None:
    headers = Headers({"origin": "http://127.0.0.1:8321", "host": "127.0.0.1:8321"})
    assert is_own_form(headers, OURS)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("digest.example.org", 200),
        ("Digest.Example.org:443", 200),
        ("localhost:8321", 200),
        ("[::1]:8321", 200),
        ("evil.example", 400),
        ("digest.example.org.evil.example", 400),
        ("evil.example:443@digest.example.org", 400),
        ("", 400),
    ],
)
def test_only_our_own_names_are_answered(client: Client, host: str, status: int) -> None:
    assert client.get("/", host=host).status == status


def test_health_is_answered_under_any_name(client: Client) -> None:
    assert client.get("/health", host="10.0.0.7:8321").status == 200


def test_addresses_come_from_the_settings_not_from_the_request(client: Client) -> None:
    page = client.get("/feeds/trending", host="localhost:9999")
    assert "localhost" not in page.text


def test_the_address_listened_on_is_one_of_ours() -> None:
    assert "192.0.2.7" in policy_of(OURS, "192.0.2.7").hosts
    assert "0.0.0.0" not in policy_of(OURS, "0.0.0.0").hosts  # noqa: S104  not bound to


@pytest.mark.parametrize("size", [MAX_BODY + 1, 10 * MAX_BODY])
@pytest.mark.parametrize("has_length", [True, False])
def test_a_form_has_a_size(client: Client, size: int, *, has_length: bool) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    if not has_length:
        headers["content-length"] = ""  # left out, as in chunks
    body = b"address=" + b"a" * size
    assert client.ask("POST", "/subscribe", headers, body).status == 413


@pytest.mark.parametrize("length", ["-1", "many", "1e9", "9" * 5000])
def test_a_length_that_is_none_is_refused(client: Client, length: str) -> None:
    assert client.ask("POST", "/subscribe", {"content-length": length}).status == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_a_page_that_takes_no_form_says_so(client: Client, method: str) -> None:
    assert client.ask(method, "/feeds").status == 405


def test_a_form_that_cannot_be_read_is_refused(client: Client) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert client.ask("POST", "/subscribe", headers, b"--x\r\nnonsense").status in {400, 422}


@pytest.mark.parametrize(
    "charset", ["undefined", "idna", "unicode_escape", "utf-7", "\0", "x" * 99]
)
def test_an_encoding_no_browser_names_is_no_fault_of_ours(client: Client, charset: str) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="address"\r\n\r\n\\ud800+2AA-\xff\r\n--x--'
    headers = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    assert client.ask("POST", "/subscribe", headers, part).status in {400, 422}


def test_tokens_stay_out_of_the_access_log(
    app: App, ada: Subscriber, caplog: pytest.LogCaptureFixture
) -> None:
    mask_tokens()
    mask_tokens()
    logger = logging.getLogger("uvicorn.access")
    assert len(logger.filters) == 1
    path = app.links.one_click(ada).removeprefix(OURS)
    with caplog.at_level(logging.INFO, "uvicorn.access"):
        logger.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1", "POST", path, "1.1", 200)
        logger.info("%s", "/unsubscribe/1-1.secret?x=1")
        logger.info("%s", "/digest/f/1-1.secret/digests.atom")
        logger.info("%s", "/steer/1-1.secret/a-paper/mute?muted=my+illness")
    assert caplog.messages == [
        '127.0.0.1 - "POST /u/******** HTTP/1.1" 200',
        "/unsubscribe/********",
        "/digest/f/********",
        "/steer/********",
    ]


def test_a_site_may_live_under_a_prefix(visit: Visit) -> None:
    under = visit(base_url="https://lab.example.org/digest/")
    for path in ("/digest/", "/digest", "/"):  # with the proxy's prefix, or without
        page = under.get(path)
        assert page.status == 200
        assert 'action="/digest/preview"' in page.text
        assert 'href="/digest/static/style.css?v=' in page.text
        assert 'href="https://lab.example.org/digest/feeds/trending.rss"' in page.text
    sent = under.post("/digest/subscribe", FORM)
    assert sent.headers["location"] == "/digest/subscribe/sent"
    assert "Disallow: /digest/u/" in under.get("/digest/robots.txt").text
    assert under.get("/digest/u/nonsense").headers["cache-control"] == "no-store"


def test_a_prefix_is_cut_at_a_slash() -> None:
    assert without_prefix("/digest/feeds", "/digest") == "/feeds"
    assert without_prefix("/digestive", "/digest") == "/digestive"
    assert without_prefix("/feeds", "") == "/feeds"


def test_a_fault_of_ours_shows_a_number_and_no_trace(
    app: App, client: Client, caplog: pytest.LogCaptureFixture, ada: Subscriber
) -> None:
    app.database.engine.dispose()
    with app.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE interests")
    link = app.links.preferences(ada)
    answer = client.get(link)
    assert answer.status == 500
    assert "The fault is ours" in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "content-security-policy" in answer.headers
    code = caplog.messages[-1].rpartition(" ")[2]
    assert code in answer.text
    assert link.rpartition("/")[2] not in caplog.text


def test_every_address_with_a_token_is_known_to_have_one(app: App) -> None:
    paths = [getattr(each, "path", "") for each in build_web(app).routes]
    before_a_token = {path.partition("{token}")[0] for path in paths if "{token}" in path}
    assert before_a_token == {f"/{step}/" for step in (*PURPOSES, FEED)}
